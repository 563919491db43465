#pragma once

#include <chrono>
#include <filesystem>
#include <string>

namespace expunge::test {

/// Gives a file , or every file below a directory, a last change that long ago.
inline void age(const std::string& path, std::chrono::seconds by) {
  namespace fs = std::filesystem;
  const auto then = fs::file_time_type::clock::now() - by;
  if (!fs::is_directory(path)) return fs::last_write_time(path, then);
  for (const auto& each : fs::recursive_directory_iterator(path)) {
    if (fs::is_regular_file(each.symlink_status())) fs::last_write_time(each.path(), then);
  }
}

}  // namespace expunge::test
