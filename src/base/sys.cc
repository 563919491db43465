#include "base/sys.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace expunge::base {
namespace {

template <typename T>
T result(T value) {
  return value < 0 ? static_cast<T>(-errno) : value;
}

}  // namespace

int Sys::openat(int dirfd, const char* path, int flags, mode_t mode) {
  return result(::openat(dirfd, path, flags | O_CLOEXEC, mode));
}

int Sys::openat2(int dirfd, const char* path, const open_how& how) {
  // glibc has no wrapper for openat2 (Linux 5.6).
  return static_cast<int>(result(::syscall(SYS_openat2, dirfd, path, &how, sizeof how)));
}

ssize_t Sys::pread(int fd, void* buffer, std::size_t bytes, off_t offset_bytes) {
  return result(::pread(fd, buffer, bytes, offset_bytes));
}

ssize_t Sys::pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset_bytes) {
  return result(::pwrite(fd, buffer, bytes, offset_bytes));
}

int Sys::ftruncate(int fd, off_t length_bytes) {
  return result(::ftruncate(fd, length_bytes));
}
int Sys::fsync(int fd) {
  return result(::fsync(fd));
}
int Sys::fdatasync(int fd) {
  return result(::fdatasync(fd));
}
int Sys::syncfs(int fd) {
  return result(::syncfs(fd));
}

int Sys::statx(int dirfd, const char* path, int flags, unsigned mask, struct statx& out) {
  return result(::statx(dirfd, path, flags, mask, &out));
}

int Sys::fstatfs(int fd, struct statfs& out) {
  return result(::fstatfs(fd, &out));
}

int Sys::fcntl(int fd, int command, long argument) {
  return result(::fcntl(fd, command, argument));
}

int Sys::flock(int fd, int operation) {
  return result(::flock(fd, operation));
}

int Sys::fchown(int fd, uid_t owner, gid_t group) {
  return result(::fchown(fd, owner, group));
}
int Sys::fchmod(int fd, mode_t mode) {
  return result(::fchmod(fd, mode));
}

int Sys::ioctl(int fd, unsigned long request, void* argument) {
  return result(::ioctl(fd, request, argument));
}

ssize_t Sys::flistxattr(int fd, char* list, std::size_t bytes) {
  return result(::flistxattr(fd, list, bytes));
}

ssize_t Sys::fgetxattr(int fd, const char* name, void* value, std::size_t bytes) {
  return result(::fgetxattr(fd, name, value, bytes));
}

int Sys::fsetxattr(int fd, const char* name, const void* value, std::size_t bytes, int flags) {
  return result(::fsetxattr(fd, name, value, bytes, flags));
}

int Sys::fremovexattr(int fd, const char* name) {
  return result(::fremovexattr(fd, name));
}

int Sys::mkdirat(int dirfd, const char* path, mode_t mode) {
  return result(::mkdirat(dirfd, path, mode));
}

int Sys::renameat2(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                   unsigned flags) {
  return result(::renameat2(old_dirfd, old_path, new_dirfd, new_path, flags));
}

int Sys::linkat(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                int flags) {
  return result(::linkat(old_dirfd, old_path, new_dirfd, new_path, flags));
}

int Sys::unlinkat(int dirfd, const char* path, int flags) {
  return result(::unlinkat(dirfd, path, flags));
}

Sys& real_sys() {
  static Sys sys;
  return sys;
}

}  // namespace expunge::base
