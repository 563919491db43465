#pragma once

#include <filesystem>
#include <system_error>
#include <vector>

namespace expunge::cli {

/// Removes what was made, newest first, unless everything was: all or nothing.
class Made {
 public:
  Made() = default;
  Made(const Made&) = delete;
  Made& operator=(const Made&) = delete;
  ~Made() {
    std::error_code ignored;
    for (auto path = paths_.rbegin(); path != paths_.rend(); ++path) {
      std::filesystem::remove_all(*path, ignored);
    }
    // If nobody put anything into it.
    if (!directory_.empty()) std::filesystem::remove(directory_, ignored);
  }
  void directory(const std::filesystem::path& path) { directory_ = path; }
  /// What is nobody else's: made, or about to be made by the one who has made the key.
  void add(const std::filesystem::path& path) { paths_.push_back(path); }
  void keep() {
    paths_.clear();
    directory_.clear();
  }

 private:
  std::vector<std::filesystem::path> paths_;
  std::filesystem::path directory_;
};

}  // namespace expunge::cli
