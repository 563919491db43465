#include "audit/frozen.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "base/text.h"

namespace expunge::audit {
namespace {

constexpr std::string_view kCheckpointEnding = ".ckpt";
constexpr std::string_view kTimestampEnding = ".tsr";

std::string path_of(const std::string& directory, std::uint64_t size, std::string_view ending) {
  return directory + "/checkpoints/" + std::to_string(size) + std::string(ending);
}

void take(std::string_view name, std::string_view ending, std::vector<std::uint64_t>& sizes) {
  if (!name.ends_with(ending)) return;
  const auto size = base::parse_number(name.substr(0, name.size() - ending.size()));
  if (size) sizes.push_back(*size);
}

}  // namespace

std::string frozen_path(const std::string& directory, std::uint64_t size) {
  return path_of(directory, size, kCheckpointEnding);
}

std::string timestamp_path(const std::string& directory, std::uint64_t size) {
  return path_of(directory, size, kTimestampEnding);
}

Frozen list_frozen(const std::string& directory) {
  const std::string path = directory + "/checkpoints";
  Frozen frozen;
  std::error_code error;
  for (std::filesystem::directory_iterator at(path, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    take(name, kCheckpointEnding, frozen.checkpoints);
    take(name, kTimestampEnding, frozen.timestamps);
  }
  if (error == std::errc::no_such_file_or_directory) return {};
  if (error) base::fail_errno(base::ExitStatus::usage, path, error.value());
  std::sort(frozen.checkpoints.begin(), frozen.checkpoints.end());
  std::sort(frozen.timestamps.begin(), frozen.timestamps.end());
  return frozen;
}

}  // namespace expunge::audit
