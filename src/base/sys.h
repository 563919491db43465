#pragma once

#include <sys/types.h>

#include <sys/stat.h>
#include <cstddef>
#include <cstdint>

struct open_how;
struct statfs;
struct statx;

namespace expunge::base {

/// The system calls that touch recordings and the log, one virtual each, so that a test can make
/// any of them fail. Arguments and meaning are those of the manual page; the result is the call's
/// own, or -errno. No retries here: those lie above, where a test reaches them.
class Sys {
 public:
  Sys() = default;
  Sys(const Sys&) = delete;
  Sys& operator=(const Sys&) = delete;
  virtual ~Sys() = default;

  virtual int openat(int dirfd, const char* path, int flags, mode_t mode);
  virtual int openat2(int dirfd, const char* path, const open_how& how);
  virtual ssize_t pread(int fd, void* buffer, std::size_t bytes, off_t offset_bytes);
  virtual ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset_bytes);
  virtual int ftruncate(int fd, off_t length_bytes);
  virtual int fsync(int fd);
  virtual int fdatasync(int fd);
  virtual int syncfs(int fd);
  virtual int statx(int dirfd, const char* path, int flags, unsigned mask, struct statx& out);
  virtual int fstatfs(int fd, struct statfs& out);
  virtual int fcntl(int fd, int command, long argument);
  virtual int flock(int fd, int operation);
  virtual int fchown(int fd, uid_t owner, gid_t group);
  virtual int fchmod(int fd, mode_t mode);
  virtual int ioctl(int fd, unsigned long request, void* argument);
  virtual ssize_t flistxattr(int fd, char* list, std::size_t bytes);
  virtual ssize_t fgetxattr(int fd, const char* name, void* value, std::size_t bytes);
  virtual int fsetxattr(int fd, const char* name, const void* value, std::size_t bytes, int flags);
  virtual int fremovexattr(int fd, const char* name);
  virtual int mkdirat(int dirfd, const char* path, mode_t mode);
  virtual int renameat2(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                        unsigned flags);
  virtual int linkat(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                     int flags);
  virtual int unlinkat(int dirfd, const char* path, int flags);
};

/// The kernel's own calls; one object for the whole process, without state.
[[nodiscard]] Sys& real_sys();

}  // namespace expunge::base
