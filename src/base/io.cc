#include "base/io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/path.h"

namespace expunge::base {
namespace {

/// Writes and fsyncs a new file with settle_in(); 0 or an errno value, and then it is gone again.
int write_new(Sys& sys, const std::string& path, std::string_view data, unsigned mode) {
  const int raw = sys.openat(AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_EXCL, mode);
  if (raw < 0) return -raw;
  const Fd fd(raw);
  int error = settle_in(sys, fd.get(), path, mode);
  if (error == 0) error = pwrite_all(sys, fd.get(), as_bytes(data), 0);
  if (error == 0) error = -sys.fsync(fd.get());
  // On a full disk what is left of it would take the room that the next attempt needs.
  if (error != 0) static_cast<void>(sys.unlinkat(AT_FDCWD, path.c_str(), 0));
  return error;
}

}  // namespace

int settle_in(Sys& sys, int fd, const std::string& path, unsigned mode) {
  if (const int error = sys.fchmod(fd, mode); error != 0) return -error;
  if (::geteuid() != 0) return 0;
  struct statx directory {};
  const int error =
      sys.statx(AT_FDCWD, parent_of(path).c_str(), 0, STATX_UID | STATX_GID, directory);
  if (error != 0) return -error;
  const int denied = sys.fchown(fd, directory.stx_uid, directory.stx_gid);
  // A service without CAP_CHOWN: the file is in its place, and its owner's alone.
  return denied == -EPERM ? 0 : -denied;
}

int pread_exactly(Sys& sys, int fd, std::span<std::byte> out, std::uint64_t offset_bytes) {
  while (!out.empty()) {
    const ssize_t got = sys.pread(fd, out.data(), out.size(), static_cast<off_t>(offset_bytes));
    if (got == -EINTR) continue;
    if (got < 0) return static_cast<int>(-got);
    if (got == 0) return ENODATA;
    out = out.subspan(static_cast<std::size_t>(got));
    offset_bytes += static_cast<std::uint64_t>(got);
  }
  return 0;
}

int pwrite_all(Sys& sys, int fd, std::span<const std::byte> data, std::uint64_t offset_bytes) {
  while (!data.empty()) {
    const ssize_t put = sys.pwrite(fd, data.data(), data.size(), static_cast<off_t>(offset_bytes));
    if (put == -EINTR) continue;
    if (put < 0) return static_cast<int>(-put);
    if (put == 0) return EIO;
    data = data.subspan(static_cast<std::size_t>(put));
    offset_bytes += static_cast<std::uint64_t>(put);
  }
  return 0;
}

Fd open_or_fail(Sys& sys, const std::string& path, int flags, int mode) {
  const int raw = sys.openat(AT_FDCWD, path.c_str(), flags, static_cast<mode_t>(mode));
  if (raw < 0) fail_errno(ExitStatus::usage, path, -raw);
  return Fd(raw);
}

std::string read_file(Sys& sys, const std::string& path, std::uint64_t limit_bytes) {
  const Fd fd = open_or_fail(sys, path, O_RDONLY);
  std::string text;
  std::byte block[8192];
  for (;;) {
    const ssize_t got = sys.pread(fd.get(), block, sizeof block, static_cast<off_t>(text.size()));
    if (got == -EINTR) continue;
    if (got < 0) fail_errno(ExitStatus::usage, path, static_cast<int>(-got));
    if (got == 0) return text;
    text.append(reinterpret_cast<const char*>(block), static_cast<std::size_t>(got));
    if (text.size() > limit_bytes) {
      throw Failure(ExitStatus::usage,
                    path + ": larger than " + std::to_string(limit_bytes) + " bytes");
    }
  }
}

void replace_file(Sys& sys, const std::string& path, std::string_view data, unsigned mode) {
  const std::string beside = path + ".new";
  // Left by an earlier crash: nobody reads it under this name.
  if (const int gone = sys.unlinkat(AT_FDCWD, beside.c_str(), 0); gone != 0 && gone != -ENOENT) {
    fail_errno(ExitStatus::needs_person, beside, -gone);
  }
  if (const int error = write_new(sys, beside, data, mode); error != 0) {
    fail_errno(ExitStatus::needs_person, beside, error);
  }
  if (const int error = sys.renameat2(AT_FDCWD, beside.c_str(), AT_FDCWD, path.c_str(), 0);
      error != 0) {
    fail_errno(ExitStatus::needs_person, path, -error);
  }
  sync_directory(sys, parent_of(path));
}

void create_file(Sys& sys, const std::string& path, std::string_view data, unsigned mode) {
  const int error = write_new(sys, path, data, mode);
  if (error == EEXIST) {
    throw Failure(ExitStatus::usage, path + " exists already; nothing was overwritten");
  }
  if (error != 0) fail_errno(ExitStatus::usage, path, error);
  try {
    sync_directory(sys, parent_of(path));
  } catch (const Failure&) {
    static_cast<void>(sys.unlinkat(AT_FDCWD, path.c_str(), 0));
    throw;
  }
}

void sync_directory(Sys& sys, const std::string& path) {
  const Fd fd = open_or_fail(sys, path, O_RDONLY | O_DIRECTORY);
  if (const int error = sys.fsync(fd.get()); error != 0) {
    fail_errno(ExitStatus::needs_person, path, -error);
  }
}

}  // namespace expunge::base
