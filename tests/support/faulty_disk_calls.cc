// The C library's functions that change files, for the whole process: what is here takes the
// place of what is in libc, for SQLite's library too, as the linker finds it first.

#include "support/faulty_disk_calls.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>

namespace expunge::test {

FaultyDisk* DiskCalls::disk = nullptr;

namespace {

/// EXT4_IOC_CHECKPOINT
constexpr unsigned long kCheckpoint = _IOW('f', 43, std::uint32_t);
constexpr std::uint32_t kDryRun = 4;

/// O_TMPFILE has O_DIRECTORY in it.
bool creates(int flags) {
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

template <typename T>
long word(T value) {
  return (long)value;  // NOLINT: a register's worth, of whatever kind
}

}  // namespace

long DiskCalls::open(int dirfd, const char* path, int flags, mode_t mode) {
  const auto call = [&] {
    return raw_call(SYS_openat, dirfd, word(path), flags, static_cast<long>(mode));
  };
  if (disk == nullptr || !creates(flags)) return call();
  const std::scoped_lock lock(disk->mutex_);
  const bool is_nameless = (flags & O_TMPFILE) == O_TMPFILE;
  const Place place = place_of(dirfd, path);
  if (!place.directory || !disk->is_here(place.directory.get())) return call();
  const auto whole = [&]() -> long {
    struct stat status {};
    const bool was_there =
        ::fstatat(place.directory.get(), place.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
    const long fd = call();
    if (fd < 0 || (was_there && !is_nameless)) return fd;
    disk->files_.created(*inode_of(static_cast<int>(fd)));
    if (!is_nameless) disk->names_.created(dirfd, path);
    return fd;
  };
  // An open that failed with effect gives no descriptor.
  long opened = -1;
  const long result = disk->make({Kind::create,
                                  place.directory.get(),
                                  place.name,
                                  [&] { return opened = whole(); },
                                  {},
                                  true});
  if (opened >= 0 && result != opened) ::close(static_cast<int>(opened));
  return result;
}

long DiskCalls::read(int fd, void* out, std::size_t bytes, off_t at) {
  if (disk == nullptr) return raw_call(SYS_pread64, fd, word(out), word(bytes), at);
  const std::scoped_lock lock(disk->mutex_);
  return disk->files_.read(fd, out, bytes, at);
}

long DiskCalls::write(int fd, const void* data, std::size_t bytes, off_t at) {
  if (disk == nullptr) return raw_call(SYS_pwrite64, fd, word(data), word(bytes), at);
  const std::scoped_lock lock(disk->mutex_);
  if (!disk->is_here(fd)) return raw_call(SYS_pwrite64, fd, word(data), word(bytes), at);
  constexpr std::size_t kSector = 512;
  const bool is_direct = (::fcntl(fd, F_GETFL) & O_DIRECT) != 0;
  std::size_t half = bytes / 2;
  if (is_direct) half = half / kSector * kSector;
  struct stat status {};
  const bool grows = ::fstat(fd, &status) == 0 && !is_direct &&
                     static_cast<off_t>(at) + static_cast<off_t>(bytes) > status.st_size;
  return disk->make(
      {Kind::write, fd, "", [&] { return disk->files_.write(fd, data, bytes, at); },
       [&]() -> long { return half == 0 ? 0 : disk->files_.write(fd, data, half, at); }, grows,
       is_direct ? word(bytes) : 0});
}

long DiskCalls::truncate(int fd, off_t length) {
  if (disk == nullptr) return raw_call(SYS_ftruncate, fd, length);
  const std::scoped_lock lock(disk->mutex_);
  if (!disk->is_here(fd)) return raw_call(SYS_ftruncate, fd, length);
  return disk->make({Kind::truncate, fd, "", [&] { return disk->files_.truncate(fd, length); }});
}

long DiskCalls::flush(int fd, Kind kind) {
  const long number = kind == Kind::flush        ? SYS_fsync
                      : kind == Kind::flush_data ? SYS_fdatasync
                                                 : SYS_syncfs;
  if (disk == nullptr) return raw_call(number, fd);
  const std::scoped_lock lock(disk->mutex_);
  if (!disk->is_here(fd)) return raw_call(number, fd);
  return disk->make({kind, fd, "", [&] { return disk->flush(fd, kind); }});
}

long DiskCalls::change_owner(int fd, uid_t owner, gid_t group) {
  if (disk == nullptr) return raw_call(SYS_fchown, fd, owner, group);
  const std::scoped_lock lock(disk->mutex_);
  if (!disk->is_here(fd)) return raw_call(SYS_fchown, fd, owner, group);
  return disk->make(
      {Kind::owner, fd, "", [&] { return disk->files_.change_owner(fd, owner, group); }});
}

long DiskCalls::change_mode(int fd, mode_t mode) {
  if (disk == nullptr) return raw_call(SYS_fchmod, fd, mode);
  const std::scoped_lock lock(disk->mutex_);
  if (!disk->is_here(fd)) return raw_call(SYS_fchmod, fd, mode);
  return disk->make({Kind::mode, fd, "", [&] { return disk->files_.change_mode(fd, mode); }});
}

long DiskCalls::set_attribute(int fd, const char* name, const void* value, std::size_t bytes,
                              int flags) {
  const auto call = [&] {
    return raw_call(SYS_fsetxattr, fd, word(name), word(value), word(bytes), flags);
  };
  if (disk == nullptr) return call();
  const std::scoped_lock lock(disk->mutex_);
  if (!disk->is_here(fd)) return call();
  return disk->make({Kind::set_attribute,
                     fd,
                     name,
                     [&] { return disk->files_.set_attribute(fd, name, value, bytes, flags); },
                     {},
                     true});
}

long DiskCalls::remove_attribute(int fd, const char* name) {
  if (disk == nullptr) return raw_call(SYS_fremovexattr, fd, word(name));
  const std::scoped_lock lock(disk->mutex_);
  if (!disk->is_here(fd)) return raw_call(SYS_fremovexattr, fd, word(name));
  return disk->make(
      {Kind::remove_attribute, fd, name, [&] { return disk->files_.remove_attribute(fd, name); }});
}

long DiskCalls::make_directory(int dirfd, const char* path, mode_t mode) {
  if (disk == nullptr) return raw_call(SYS_mkdirat, dirfd, word(path), word(mode));
  const std::scoped_lock lock(disk->mutex_);
  const Place place = place_of(dirfd, path);
  if (!place.directory || !disk->is_here(place.directory.get())) {
    return raw_call(SYS_mkdirat, dirfd, word(path), word(mode));
  }
  return disk->make({Kind::directory,
                     place.directory.get(),
                     place.name,
                     [&] { return disk->names_.make_directory(dirfd, path, mode); },
                     {},
                     true});
}

long DiskCalls::rename(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                       unsigned flags) {
  const auto call = [&] {
    return raw_call(SYS_renameat2, old_dirfd, word(old_path), new_dirfd, word(new_path),
                    word(flags));
  };
  if (disk == nullptr) return call();
  const std::scoped_lock lock(disk->mutex_);
  const Place place = place_of(new_dirfd, new_path);
  if (!place.directory || !disk->is_here(place.directory.get())) return call();
  return disk->make({Kind::rename, place.directory.get(), place.name, [&] {
                       return disk->names_.rename(old_dirfd, old_path, new_dirfd, new_path, flags);
                     }});
}

long DiskCalls::link(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                     int flags) {
  const auto call = [&] {
    return raw_call(SYS_linkat, old_dirfd, word(old_path), new_dirfd, word(new_path), flags);
  };
  if (disk == nullptr) return call();
  const std::scoped_lock lock(disk->mutex_);
  const Place place = place_of(new_dirfd, new_path);
  if (!place.directory || !disk->is_here(place.directory.get())) return call();
  return disk->make(
      {Kind::link,
       place.directory.get(),
       place.name,
       [&] { return disk->names_.link(old_dirfd, old_path, new_dirfd, new_path, flags); },
       {},
       true});
}

long DiskCalls::unlink(int dirfd, const char* path, int flags) {
  if (disk == nullptr) return raw_call(SYS_unlinkat, dirfd, word(path), flags);
  const std::scoped_lock lock(disk->mutex_);
  const Place place = place_of(dirfd, path);
  if (!place.directory || !disk->is_here(place.directory.get())) {
    return raw_call(SYS_unlinkat, dirfd, word(path), flags);
  }
  return disk->make({Kind::unlink, place.directory.get(), place.name,
                     [&] { return disk->names_.unlink(dirfd, path, flags); }});
}

long DiskCalls::control(int fd, unsigned long request, void* argument) {
  const auto call = [&] { return raw_call(SYS_ioctl, fd, word(request), word(argument)); };
  if (disk == nullptr || request != kCheckpoint) return call();
  auto* const flags = static_cast<std::uint32_t*>(argument);
  if ((*flags & kDryRun) != 0) return call();
  const std::scoped_lock lock(disk->mutex_);
  if (!disk->is_here(fd)) return call();
  std::uint32_t dry = *flags | kDryRun;
  const long can = raw_call(SYS_ioctl, fd, word(request), word(&dry));
  if (can != 0) return can;
  return disk->make({Kind::control, fd, "", [&] {
                       // Not made: it takes long, and nobody here reads the journal.
                       const dev_t device = inode_of(fd)->device;
                       disk->names_.flush_all(device);
                       disk->files_.flush_metadata(device);
                       return 0L;
                     }});
}

long DiskCalls::status(int dirfd, const char* path, int flags, unsigned mask, struct statx* out) {
  const long result = raw_call(SYS_statx, dirfd, word(path), flags, word(mask), word(out));
  if (result != 0 || disk == nullptr || !S_ISREG(out->stx_mode)) return result;
  const std::scoped_lock lock(disk->mutex_);
  const InodeId id{makedev(out->stx_dev_major, out->stx_dev_minor), out->stx_ino};
  out->stx_nlink -= std::min(out->stx_nlink, disk->names_.removed_names(id));
  return result;
}

namespace {

/// As the C library returns it.
template <typename T = int>
T returned(long result) {
  if (result >= 0) return static_cast<T>(result);
  errno = static_cast<int>(-result);
  return -1;
}

mode_t mode_in(int flags, va_list arguments) {
  return creates(flags) ? va_arg(arguments, mode_t) : 0;
}

}  // namespace
}  // namespace expunge::test

using expunge::test::DiskCalls;
using expunge::test::Kind;
using expunge::test::mode_in;
using expunge::test::returned;

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name,cert-dcl50-cpp)
extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_in(flags, arguments);
  va_end(arguments);
  return returned(DiskCalls::open(AT_FDCWD, path, flags, mode));
}
int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_in(flags, arguments);
  va_end(arguments);
  return returned(DiskCalls::open(AT_FDCWD, path, flags, mode));
}
int openat(int dirfd, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_in(flags, arguments);
  va_end(arguments);
  return returned(DiskCalls::open(dirfd, path, flags, mode));
}
ssize_t pread(int fd, void* out, size_t bytes, off_t at) {
  return returned<ssize_t>(DiskCalls::read(fd, out, bytes, at));
}
ssize_t pread64(int fd, void* out, size_t bytes, off64_t at) {
  return returned<ssize_t>(DiskCalls::read(fd, out, bytes, at));
}
ssize_t pwrite(int fd, const void* data, size_t bytes, off_t at) {
  return returned<ssize_t>(DiskCalls::write(fd, data, bytes, at));
}
ssize_t pwrite64(int fd, const void* data, size_t bytes, off64_t at) {
  return returned<ssize_t>(DiskCalls::write(fd, data, bytes, at));
}
int ftruncate(int fd, off_t length) noexcept {
  return returned(DiskCalls::truncate(fd, length));
}
int ftruncate64(int fd, off64_t length) noexcept {
  return returned(DiskCalls::truncate(fd, length));
}
int fsync(int fd) {
  return returned(DiskCalls::flush(fd, Kind::flush));
}
int fdatasync(int fd) {
  return returned(DiskCalls::flush(fd, Kind::flush_data));
}
int syncfs(int fd) noexcept {
  return returned(DiskCalls::flush(fd, Kind::flush_all));
}
int fchown(int fd, uid_t owner, gid_t group) noexcept {
  return returned(DiskCalls::change_owner(fd, owner, group));
}
int fchmod(int fd, mode_t mode) noexcept {
  return returned(DiskCalls::change_mode(fd, mode));
}
int fsetxattr(int fd, const char* name, const void* value, size_t bytes, int flags) noexcept {
  return returned(DiskCalls::set_attribute(fd, name, value, bytes, flags));
}
int fremovexattr(int fd, const char* name) noexcept {
  return returned(DiskCalls::remove_attribute(fd, name));
}
int mkdir(const char* path, mode_t mode) noexcept {
  return returned(DiskCalls::make_directory(AT_FDCWD, path, mode));
}
int mkdirat(int dirfd, const char* path, mode_t mode) noexcept {
  return returned(DiskCalls::make_directory(dirfd, path, mode));
}
int renameat2(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
              unsigned flags) noexcept {
  return returned(DiskCalls::rename(old_dirfd, old_path, new_dirfd, new_path, flags));
}
int linkat(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
           int flags) noexcept {
  return returned(DiskCalls::link(old_dirfd, old_path, new_dirfd, new_path, flags));
}
int unlink(const char* path) noexcept {
  return returned(DiskCalls::unlink(AT_FDCWD, path, 0));
}
int unlinkat(int dirfd, const char* path, int flags) noexcept {
  return returned(DiskCalls::unlink(dirfd, path, flags));
}
int ioctl(int fd, unsigned long request, ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  return returned(DiskCalls::control(fd, request, argument));
}
int statx(int dirfd, const char* path, int flags, unsigned mask, struct statx* out) noexcept {
  return returned(DiskCalls::status(dirfd, path, flags, mask, out));
}

}  // extern "C"
// NOLINTEND(readability-inconsistent-declaration-parameter-name,cert-dcl50-cpp)
