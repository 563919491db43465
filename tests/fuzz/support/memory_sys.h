#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/sys.h"

namespace expunge::fuzz {

/// Files that exist in memory alone. Paths that were not put here do not exist, and nothing can be
/// made, written or removed.
class MemorySys : public base::Sys {
 public:
  /// A regular file of mode 0600.
  void put(const std::string& path, std::string_view content) { files_[path] = content; }

  int openat(int dirfd, const char* path, int flags, mode_t mode) override;
  int openat2(int dirfd, const char* path, const open_how& how) override;
  ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset_bytes) override;
  int ftruncate(int fd, off_t length_bytes) override;
  int mkdirat(int dirfd, const char* path, mode_t mode) override;
  int renameat2(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                unsigned flags) override;
  int linkat(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
             int flags) override;
  int unlinkat(int dirfd, const char* path, int flags) override;

 protected:
  [[nodiscard]] const std::string* find(const std::string& path) const;
  /// A descriptor of a file with this content, or -errno.
  [[nodiscard]] static int file_of(std::string_view content);

 private:
  std::map<std::string, std::string> files_;
};

}  // namespace expunge::fuzz
