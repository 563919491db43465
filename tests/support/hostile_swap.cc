#include "support/hostile_swap.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>

#include "support/loop_image.h"

namespace expunge::test {
namespace {

constexpr int kWriting = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;

std::string path_of(int fd) {
  char path[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t length = ::readlink(link.c_str(), path, sizeof path);
  return {path, length < 0 ? 0 : static_cast<std::size_t>(length)};
}

}  // namespace

InMemory::InMemory() : before_(std::filesystem::temp_directory_path()) {
  enter_mount_namespace();
  shell("mount -t tmpfs -o size=2G none " + quoted(scratch_.path()));
  ::setenv("TMPDIR", scratch_.path().c_str(), 1);
}

InMemory::~InMemory() {
  ::setenv("TMPDIR", before_.c_str(), 1);
  ::umount2(scratch_.path().c_str(), MNT_DETACH);
}

void SwapSys::tick(const char* name, const char* path) {
  const std::lock_guard lock(mutex_);
  ++calls_;
  if (left_ < 0 || left_-- != 0) return;
  call_ = std::string(name) + " " + path;
  swapped_ = true;
  swap_();
}

void SwapSys::note(int fd) {
  if (fd < 0) return;
  const std::lock_guard lock(mutex_);
  written_.push_back(path_of(fd));
}

void SwapSys::note(int dirfd, const char* path) {
  const std::lock_guard lock(mutex_);
  written_.push_back(*path == '/' ? path : (dirfd == AT_FDCWD ? "." : path_of(dirfd)) + "/" + path);
}

int SwapSys::openat(int dirfd, const char* path, int flags, mode_t mode) {
  tick("openat", path);
  const int fd = Sys::openat(dirfd, path, flags, mode);
  if ((flags & kWriting) != 0) note(fd);
  return fd;
}

int SwapSys::openat2(int dirfd, const char* path, const open_how& how) {
  tick("openat2", path);
  const int fd = Sys::openat2(dirfd, path, how);
  if ((how.flags & kWriting) != 0) note(fd);
  return fd;
}

ssize_t SwapSys::pread(int fd, void* buffer, std::size_t bytes, off_t offset) {
  tick("pread");
  return Sys::pread(fd, buffer, bytes, offset);
}

ssize_t SwapSys::pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset) {
  tick("pwrite");
  return Sys::pwrite(fd, buffer, bytes, offset);
}

int SwapSys::ftruncate(int fd, off_t length) {
  tick("ftruncate");
  return Sys::ftruncate(fd, length);
}

int SwapSys::fsync(int fd) {
  tick("fsync");
  return Sys::fsync(fd);
}

int SwapSys::fdatasync(int fd) {
  tick("fdatasync");
  return Sys::fdatasync(fd);
}

int SwapSys::syncfs(int fd) {
  tick("syncfs");
  return Sys::syncfs(fd);
}

int SwapSys::statx(int dirfd, const char* path, int flags, unsigned mask, struct statx& out) {
  tick("statx", path);
  return Sys::statx(dirfd, path, flags, mask, out);
}

int SwapSys::fcntl(int fd, int command, long argument) {
  tick("fcntl");
  return Sys::fcntl(fd, command, argument);
}

int SwapSys::ioctl(int fd, unsigned long request, void* argument) {
  tick("ioctl");
  return Sys::ioctl(fd, request, argument);
}

ssize_t SwapSys::flistxattr(int fd, char* list, std::size_t bytes) {
  tick("flistxattr");
  return Sys::flistxattr(fd, list, bytes);
}

int SwapSys::mkdirat(int dirfd, const char* path, mode_t mode) {
  tick("mkdirat", path);
  note(dirfd, path);
  return Sys::mkdirat(dirfd, path, mode);
}

int SwapSys::renameat2(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                       unsigned flags) {
  tick("renameat2", old_path);
  note(old_dirfd, old_path);
  note(new_dirfd, new_path);
  return Sys::renameat2(old_dirfd, old_path, new_dirfd, new_path, flags);
}

int SwapSys::linkat(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                    int flags) {
  tick("linkat", new_path);
  note(new_dirfd, new_path);
  return Sys::linkat(old_dirfd, old_path, new_dirfd, new_path, flags);
}

int SwapSys::unlinkat(int dirfd, const char* path, int flags) {
  tick("unlinkat", path);
  note(dirfd, path);
  return Sys::unlinkat(dirfd, path, flags);
}

}  // namespace expunge::test
