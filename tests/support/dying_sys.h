#pragma once

#include <fcntl.h>

#include <atomic>

#include "base/sys.h"

namespace expunge::test {

/// Thrown in place of a system call: nothing catches it, as nothing survives a kill.
struct Death {};

/// Dies at the n-th call that changes anything; every later one dies too.
class DyingSys : public base::Sys {
 public:
  explicit DyingSys(int calls_to_live) : left_(calls_to_live) {}

  [[nodiscard]] bool died() const { return died_; }

  int openat(int dirfd, const char* path, int flags, mode_t mode) override {
    if ((flags & O_CREAT) != 0) live();
    return Sys::openat(dirfd, path, flags, mode);
  }
  ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset) override {
    live();
    return Sys::pwrite(fd, buffer, bytes, offset);
  }
  int ftruncate(int fd, off_t length) override {
    live();
    return Sys::ftruncate(fd, length);
  }
  int fsync(int fd) override {
    live();
    return Sys::fsync(fd);
  }
  int fdatasync(int fd) override {
    live();
    return Sys::fdatasync(fd);
  }
  int fsetxattr(int fd, const char* name, const void* value, std::size_t bytes,
                int flags) override {
    live();
    return Sys::fsetxattr(fd, name, value, bytes, flags);
  }
  int fremovexattr(int fd, const char* name) override {
    live();
    return Sys::fremovexattr(fd, name);
  }
  int renameat2(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                unsigned flags) override {
    live();
    return Sys::renameat2(old_dirfd, old_path, new_dirfd, new_path, flags);
  }
  int linkat(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
             int flags) override {
    live();
    return Sys::linkat(old_dirfd, old_path, new_dirfd, new_path, flags);
  }
  int unlinkat(int dirfd, const char* path, int flags) override {
    live();
    return Sys::unlinkat(dirfd, path, flags);
  }

 private:
  void live() {
    if (left_.fetch_sub(1) > 0) return;
    died_ = true;
    throw Death();
  }

  std::atomic<int> left_;
  std::atomic<bool> died_{false};
};

}  // namespace expunge::test
