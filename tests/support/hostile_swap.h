#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/sys.h"
#include "support/scratch.h"

namespace expunge::test {

/// While it lives, temporary files are made in memory, images of file systems too: for tests of
/// thousands of runs. Needs root.
class InMemory {
 public:
  InMemory();
  InMemory(const InMemory&) = delete;
  InMemory& operator=(const InMemory&) = delete;
  ~InMemory();

 private:
  Scratch scratch_;
  std::string before_;
};

/// Calls back once, before the n-th call; keeps where every file that was opened for writing stood
/// right after its open, and every name that was made or removed.
class SwapSys : public base::Sys {
 public:
  SwapSys() = default;
  SwapSys(int before_call, std::function<void()> swap)
      : left_(before_call), swap_(std::move(swap)) {}

  /// Whether there was such a call.
  [[nodiscard]] bool swapped() const { return swapped_; }
  /// Which it was: `unlinkat a.wav`.
  [[nodiscard]] const std::string& call() const { return call_; }
  [[nodiscard]] int calls() const { return calls_; }
  /// What was opened for writing, made, renamed or removed: absolute paths.
  [[nodiscard]] const std::vector<std::string>& written() const { return written_; }

  int openat(int dirfd, const char* path, int flags, mode_t mode) override;
  int openat2(int dirfd, const char* path, const open_how& how) override;
  ssize_t pread(int fd, void* buffer, std::size_t bytes, off_t offset) override;
  ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset) override;
  int ftruncate(int fd, off_t length) override;
  int fsync(int fd) override;
  int fdatasync(int fd) override;
  int syncfs(int fd) override;
  int statx(int dirfd, const char* path, int flags, unsigned mask, struct statx& out) override;
  int fcntl(int fd, int command, long argument) override;
  int ioctl(int fd, unsigned long request, void* argument) override;
  ssize_t flistxattr(int fd, char* list, std::size_t bytes) override;
  int mkdirat(int dirfd, const char* path, mode_t mode) override;
  int renameat2(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                unsigned flags) override;
  int linkat(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
             int flags) override;
  int unlinkat(int dirfd, const char* path, int flags) override;

 private:
  void tick(const char* name, const char* path = "");
  void note(int fd);
  void note(int dirfd, const char* path);

  std::mutex mutex_;
  int left_ = -1;
  std::function<void()> swap_;
  bool swapped_ = false;
  std::string call_;
  int calls_ = 0;
  std::vector<std::string> written_;
};

}  // namespace expunge::test
