#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/key_history.h"
#include "run/key_rotation.h"
#include "run/tools.h"

namespace expunge::report {

/// Which keys sign a log.
struct Keys {
  std::string log_directory;
  std::vector<audit::PastKey> entries;         ///< the oldest first; the last is in force
  std::optional<std::string> checkpoint_vkey;  ///< unset: those in force sign the checkpoints
  run::Rotate rotate;
};

/// The keys in force, each with its verifier key and public file, and how many are retired.
[[nodiscard]] std::string keys_text(const Keys& keys);

/// All of them, as one JSON object, `expunge-keys/1` (expunge(1)).
[[nodiscard]] std::string keys_json(const Keys& keys);

/// What a rotation did; the log has `size` entries now.
[[nodiscard]] std::string rotation_text(const run::Rotated& rotated, std::uint64_t size);

}  // namespace expunge::report
