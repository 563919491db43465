#pragma once

#include <cstdint>
#include <string>
#include <vector>

// The checkpoints that runs froze, and their time stamps, beside a log.
namespace expunge::audit {

/// checkpoints/SIZE.ckpt of a log's directory.
[[nodiscard]] std::string frozen_path(const std::string& directory, std::uint64_t size);
/// checkpoints/SIZE.tsr of a log's directory.
[[nodiscard]] std::string timestamp_path(const std::string& directory, std::uint64_t size);

/// The sizes of which there is one, ascending.
struct Frozen {
  std::vector<std::uint64_t> checkpoints;
  std::vector<std::uint64_t> timestamps;
};

/// By their names alone; none where there is no such directory. Throws Failure(usage) when it
/// cannot be read.
[[nodiscard]] Frozen list_frozen(const std::string& directory);

}  // namespace expunge::audit
