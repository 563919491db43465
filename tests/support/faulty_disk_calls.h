#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "support/faulty_disk.h"

struct statx;

namespace expunge::test {

struct FaultyDisk::Deed {
  Kind kind;
  int fd;            ///< what it is done to, or in
  std::string name;  ///< in that directory
  std::function<long()> whole;
  std::function<long()> half = {};
  bool needs_space = false;
  long direct_bytes = 0;  ///< to be written past the page cache
};

/// The C library's functions, as faulty_disk_calls.cc defines them, end here; each returns what the
/// system call would: a value or -errno.
struct DiskCalls {
  static FaultyDisk* disk;

  static long open(int dirfd, const char* path, int flags, mode_t mode);
  static long read(int fd, void* out, std::size_t bytes, off_t at);
  static long write(int fd, const void* data, std::size_t bytes, off_t at);
  static long truncate(int fd, off_t length);
  static long flush(int fd, Kind kind);
  static long change_owner(int fd, uid_t owner, gid_t group);
  static long change_mode(int fd, mode_t mode);
  static long set_attribute(int fd, const char* name, const void* value, std::size_t bytes,
                            int flags);
  static long remove_attribute(int fd, const char* name);
  static long make_directory(int dirfd, const char* path, mode_t mode);
  static long rename(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                     unsigned flags);
  static long link(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                   int flags);
  static long unlink(int dirfd, const char* path, int flags);
  static long control(int fd, unsigned long request, void* argument);
  static long status(int dirfd, const char* path, int flags, unsigned mask, struct statx* out);
};

}  // namespace expunge::test
