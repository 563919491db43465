#include "support/faulty_disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <filesystem>
#include <random>
#include <stdexcept>

#include "support/dying_sys.h"
#include "support/faulty_disk_calls.h"

namespace expunge::test {
namespace {

bool is_flush(Kind kind) {
  return kind == Kind::flush || kind == Kind::flush_data || kind == Kind::flush_all;
}

std::map<InodeId, std::string> files_below(const std::vector<std::string>& tops) {
  std::map<InodeId, std::string> paths;
  for (const std::string& top : tops) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(top)) {
      struct stat status {};
      if (::lstat(entry.path().c_str(), &status) == 0) {
        paths[{status.st_dev, status.st_ino}] = entry.path();
      }
    }
  }
  return paths;
}

}  // namespace

std::string_view words(Way way) {
  switch (way) {
    case Way::error:
      return "error";
    case Way::refused:
      return "refused";
    case Way::no_space:
      return "no space";
    case Way::effected:
      return "effected";
    case Way::torn:
      return "torn";
    case Way::cut_short:
      return "short";
    case Way::short_then_error:
      return "short, then error";
    case Way::unwritten:
      return "unwritten";
    case Way::broken:
      return "broken";
    case Way::full:
      return "full";
    case Way::death:
      return "death";
    case Way::death_torn:
      break;
  }
  return "torn death";
}

std::string_view words(Unflushed unflushed) {
  switch (unflushed) {
    case Unflushed::lost:
      return "all lost";
    case Unflushed::kept:
      return "all kept";
    case Unflushed::some:
      return "some lost";
    case Unflushed::lost_archive:
      return "archive lost";
    case Unflushed::lost_books:
      break;
  }
  return "books lost";
}

std::string_view words(Kind kind) {
  static constexpr std::string_view kWords[] = {
      "create",   "write",       "truncate", "fsync",  "fdatasync", "syncfs", "chown", "chmod",
      "setxattr", "removexattr", "mkdir",    "rename", "link",      "unlink", "ioctl", "fallocate"};
  return kWords[static_cast<std::size_t>(kind)];
}

bool applies(Way way, Kind kind) {
  switch (way) {
    case Way::refused:
      return is_flush(kind);
    case Way::no_space:
      return is_flush(kind) || kind == Kind::create || kind == Kind::write ||
             kind == Kind::directory || kind == Kind::link || kind == Kind::rename ||
             kind == Kind::set_attribute || kind == Kind::allocate;
    case Way::full:
      return kind == Kind::create || kind == Kind::write || kind == Kind::directory ||
             kind == Kind::link || kind == Kind::set_attribute || kind == Kind::allocate;
    case Way::torn:
    case Way::cut_short:
    case Way::short_then_error:
    case Way::unwritten:
    case Way::death_torn:
      return kind == Kind::write;
    default:
      return true;
  }
}

FaultyDisk::FaultyDisk(const std::vector<std::string>& graveyards)
    : names_(graveyards, [this](InodeId id) { files_.removed(id); }) {
  for (const std::string& graveyard : graveyards) {
    struct stat status {};
    if (::stat(graveyard.c_str(), &status) != 0) throw std::runtime_error("no " + graveyard);
    devices_.push_back(status.st_dev);
  }
  DiskCalls::disk = this;
}

FaultyDisk::~FaultyDisk() {
  DiskCalls::disk = nullptr;
}

void FaultyDisk::arm(std::uint64_t call, Way way) {
  armed_ = true;
  tripped_ = dead_ = next_fails_ = false;
  fault_at_ = call;
  way_ = way;
  calls_.clear();
  failed_call_.clear();
}

void FaultyDisk::disarm() {
  armed_ = dead_ = next_fails_ = false;
}

bool FaultyDisk::is_here(int fd) const {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) &&
         std::find(devices_.begin(), devices_.end(), status.st_dev) != devices_.end();
}

std::string FaultyDisk::where(const Deed& deed) const {
  std::error_code ignored;
  const auto path =
      std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(deed.fd), ignored);
  return deed.name.empty() ? path.filename().string() : deed.name;
}

long FaultyDisk::make(const Deed& deed) {
  if (dead_) return -EIO;
  if (!armed_) return deed.whole();
  const std::uint64_t call = calls_.size();
  const bool is_archive = inode_of(deed.fd)->device == devices_.front();
  calls_.push_back({deed.kind, is_archive ? "archive" : where(deed)});
  if (next_fails_) {
    next_fails_ = false;
    return fail(deed, Way::error);
  }
  if (tripped_ && way_ == Way::broken) return -EIO;
  if (tripped_ && way_ == Way::full && deed.needs_space) return -ENOSPC;
  const bool can_fail = applies(way_, deed.kind) && (way_ != Way::full || deed.needs_space) &&
                        (way_ != Way::unwritten || deed.direct_bytes > 0);
  if (tripped_ || call != fault_at_ || !can_fail) return deed.whole();
  tripped_ = true;
  failed_call_ = std::string(words(deed.kind)) + " " + where(deed);
  return fail(deed, way_);
}

long FaultyDisk::fail(const Deed& deed, Way way) {
  switch (way) {
    case Way::error:
    case Way::no_space:
      if (is_flush(deed.kind)) lose(deed.fd, deed.kind);
      return way == Way::error ? -EIO : -ENOSPC;
    case Way::refused:
    case Way::broken:
      return -EIO;
    case Way::full:
      return -ENOSPC;
    case Way::unwritten:
      return deed.direct_bytes;
    case Way::effected:
      deed.whole();
      return -EIO;
    case Way::torn:
      deed.half();
      return -EIO;
    case Way::cut_short:
      return deed.half();
    case Way::short_then_error:
      next_fails_ = true;
      return deed.half();
    case Way::death_torn:
      deed.half();
      break;
    case Way::death:
      break;
  }
  dead_ = true;
  return -EIO;
}

long FaultyDisk::flush(int fd, Kind kind) {
  const InodeId id = *inode_of(fd);
  if (kind == Kind::flush_all) {
    files_.flush_all_buffered(id.device);
    names_.flush_all(id.device);
    return raw_call(SYS_syncfs, fd);
  }
  files_.flush(id, kind == Kind::flush);
  files_.flush_device(id.device);
  if (kind == Kind::flush) names_.flush(id);
  return 0;
}

void FaultyDisk::lose(int fd, Kind kind) {
  const InodeId id = *inode_of(fd);
  if (kind == Kind::flush_all) {
    files_.lose_all(id.device);
  } else {
    files_.lose(id);
  }
}

void FaultyDisk::power_cut(Unflushed unflushed, std::uint32_t seed,
                           const std::vector<std::string>& tops) {
  const std::scoped_lock lock(mutex_);
  disarm();
  std::mt19937 random(seed);
  const auto chosen = [&](dev_t device) -> Chosen {
    const bool is_archive = device == devices_.front();
    switch (unflushed) {
      case Unflushed::lost:
        return {Chosen::Part::none, {}};
      case Unflushed::kept:
        return {Chosen::Part::all, {}};
      case Unflushed::lost_archive:
        return {is_archive ? Chosen::Part::none : Chosen::Part::all, {}};
      case Unflushed::lost_books:
        return {is_archive ? Chosen::Part::all : Chosen::Part::none, {}};
      case Unflushed::some:
        break;
    }
    const auto part = static_cast<Chosen::Part>(random() % 3);
    return {part, [&random] { return random() % 2 == 0; }};
  };
  names_.cut(chosen);
  files_.cut(files_below(tops), chosen);
}

void FaultyDisk::evict(const std::vector<std::string>& tops) {
  const std::scoped_lock lock(mutex_);
  files_.evict(files_below(tops));
}

void FaultyDisk::settle() {
  const std::scoped_lock lock(mutex_);
  names_.settle();
  files_.settle();
}

template <typename T>
T MortalSys::alive(T result) const {
  if (disk_.dead() && std::uncaught_exceptions() == 0) throw Death();
  return result;
}

int MortalSys::openat(int dirfd, const char* path, int flags, mode_t mode) {
  const int before = alive(0);  // who dies has no descriptor to close
  return before != 0 ? before : alive(Sys::openat(dirfd, path, flags, mode));
}
ssize_t MortalSys::pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset_bytes) {
  return alive(Sys::pwrite(fd, buffer, bytes, offset_bytes));
}
int MortalSys::ftruncate(int fd, off_t length_bytes) {
  return alive(Sys::ftruncate(fd, length_bytes));
}
int MortalSys::fsync(int fd) {
  return alive(Sys::fsync(fd));
}
int MortalSys::fdatasync(int fd) {
  return alive(Sys::fdatasync(fd));
}
int MortalSys::syncfs(int fd) {
  return alive(Sys::syncfs(fd));
}
int MortalSys::fsetxattr(int fd, const char* name, const void* value, std::size_t bytes,
                         int flags) {
  return alive(Sys::fsetxattr(fd, name, value, bytes, flags));
}
int MortalSys::fremovexattr(int fd, const char* name) {
  return alive(Sys::fremovexattr(fd, name));
}
int MortalSys::renameat2(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                         unsigned flags) {
  return alive(Sys::renameat2(old_dirfd, old_path, new_dirfd, new_path, flags));
}
int MortalSys::linkat(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                      int flags) {
  return alive(Sys::linkat(old_dirfd, old_path, new_dirfd, new_path, flags));
}
int MortalSys::unlinkat(int dirfd, const char* path, int flags) {
  return alive(Sys::unlinkat(dirfd, path, flags));
}

}  // namespace expunge::test
