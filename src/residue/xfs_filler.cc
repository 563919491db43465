#include "residue/xfs_filler.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <string_view>
#include <utility>

#include "base/sha256.h"
#include "residue/xfs_shape.h"

namespace expunge::residue {
namespace {

bool no_room(int error) {
  return error == ENOSPC || error == EDQUOT;
}

}  // namespace

std::string random_name(std::size_t bytes) {
  constexpr std::string_view kLetters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+_";
  std::array<std::byte, 256> noise;
  base::fill_random(std::span(noise).first(bytes));
  std::string name;
  for (const std::byte byte : std::span(noise).first(bytes)) {
    name += kLetters[static_cast<std::size_t>(byte) % kLetters.size()];
  }
  return name;
}

std::string obstacle_words(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
    case EROFS:
      return "not permitted";
    case ENOSPC:
    case EDQUOT:
      return "no room";
    case EXDEV:
      return "another project";
    case EMLINK:
      return "too many links";
    case EMFILE:
    case ENFILE:
      return "too many open files";
    case EOPNOTSUPP:
    case ENOTTY:
      return "no means";
    default:
      return "failed";
  }
}

/// Takes over `fd` if it is a file that only this program makes: an empty recording has a mode.
bool XfsFiller::adopt(int fd) {
  base::Fd file(fd);
  struct statx status {};
  constexpr unsigned kMask = STATX_TYPE | STATX_MODE | STATX_SIZE | STATX_UID | STATX_INO;
  if (root_.sys().statx(fd, "", AT_EMPTY_PATH, kMask, status) != 0 || status.stx_mode != S_IFREG ||
      status.stx_size != 0 || status.stx_uid != ::geteuid()) {
    return false;
  }
  anchor_ = std::move(file);
  link_ = "/proc/self/fd/" + std::to_string(fd);
  inode_ = status.stx_ino;
  obstacle_.clear();
  return true;
}

bool XfsFiller::ready() {
  if (anchor_) return true;
  if (std::exchange(tried_, true)) return false;
  // A crash from here on leaves it, and the next run's finish() takes it up.
  int fd = root_.sys().openat(root_.fd(), kAnchor, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0);
  if (fd == -EEXIST) {
    // Its mode lets nobody open it, a FIFO or device of that name is not to be, and to link it this
    // is enough.
    fd = root_.sys().openat(root_.fd(), kAnchor, O_PATH | O_NOFOLLOW, 0);
    if (fd < 0 || !adopt(fd)) obstacle_ = std::string(kAnchor) + " is in the way";
  } else if (fd < 0) {
    obstacle_ = obstacle_words(-fd);
  } else if (!adopt(fd)) {
    obstacle_ = "failed";
  }
  return static_cast<bool>(anchor_);
}

int XfsFiller::put(int directory, std::size_t name_bytes, std::string& name) {
  constexpr int kTries = 200;  // short names meet their neighbours
  int error = EEXIST;
  for (int i = 0; i < kTries && error == EEXIST; ++i) {
    name = random_name(name_bytes);
    if (name_bytes >= 4) name[0] = '~';  // shorter ones need every variety there is
    error =
        -root_.sys().linkat(AT_FDCWD, link_.c_str(), directory, name.c_str(), AT_SYMLINK_FOLLOW);
  }
  return error;
}

int XfsFiller::put(int directory, std::size_t name_bytes) {
  std::string name;
  return put(directory, name_bytes, name);
}

int XfsFiller::fill(int directory) {
  return names_in_inode(root_.sys(), directory) ? fill_inode(directory) : fill_blocks(directory);
}

int XfsFiller::fill_blocks(int directory) {
  // An entry has 12 bytes besides its name and is rounded up to 8.
  constexpr std::array<std::size_t, 8> kLengths = {244, 116, 52, 36, 28, 20, 12, 4};
  base::Sys& sys = root_.sys();
  std::uint64_t all = all_sectors(sys, directory);
  auto names = name_sectors(sys, directory);
  if (!names) return ENOTTY;
  for (const std::size_t bytes : kLengths) {
    for (;;) {
      std::string name;
      const int error = put(directory, bytes, name);
      if (no_room(error)) break;  // it would have grown
      if (error != 0) return error;
      const std::uint64_t all_now = all_sectors(sys, directory);
      if (all_now == all) continue;
      all = all_now;
      const auto names_now = name_sectors(sys, directory);
      const bool grown = !names_now || *names_now > *names;
      if (names_now) names = names_now;
      if (!grown) continue;  // the index alone
      if (const int undo = -sys.unlinkat(directory, name.c_str(), 0)) return undo;
      all = all_sectors(sys, directory);
      names = name_sectors(sys, directory);
      if (!names) return ENOTTY;
      break;
    }
  }
  return 0;
}

/// How many bytes of names fit into an inode depends on what else is in it. One too many has XFS
/// make a block of them, which takes the longest of all this: what fitted into the last directory
/// is tried first, then one name more, and only then is the limit looked for.
int XfsFiller::fill_inode(int directory) {
  constexpr std::uint64_t kMost = 2048;  // no inode has so many for names
  constexpr std::uint64_t kLongest = 100;
  base::Sys& sys = root_.sys();
  std::uint64_t entry = 8;  // bytes besides the name; 12 where inodes have large numbers
  std::uint64_t filled = size_bytes(sys, directory);
  std::uint64_t too_many = kMost;
  bool known = fits_bytes_ > 0;
  bool confirmed = !known;
  while (filled + entry + 1 < too_many) {
    std::uint64_t target = (filled + entry + too_many) / 2;
    if (known && filled + entry < fits_bytes_) {
      target = fits_bytes_;
    } else if (!std::exchange(confirmed, true)) {
      target = filled + entry + 1;
    }
    const std::uint64_t bytes = std::clamp<std::uint64_t>(target - filled - entry, 1, kLongest);
    std::string name;
    const int error = put(directory, bytes, name);
    if (no_room(error) || error == EEXIST) break;
    if (error != 0) return error;
    if (names_in_inode(sys, directory)) {
      const std::uint64_t now = size_bytes(sys, directory);
      if (now <= filled + bytes) break;  // somebody else removes names
      entry = now - filled - bytes;
      filled = now;
    } else {
      if (const int undo = -sys.unlinkat(directory, name.c_str(), 0)) return undo;
      if (!names_in_inode(sys, directory)) break;  // somebody else adds names
      too_many = filled + entry + bytes;
      known = false;
    }
  }
  fits_bytes_ = filled;
  return 0;
}

/// One walk through the directory.
int XfsFiller::drop_seen(int directory, std::uint64_t& dropped) {
  base::Sys& sys = root_.sys();
  int refused = 0;
  const int error = walk(sys, directory, [&](const char* name, std::uint64_t inode) {
    if (inode != inode_ || std::string_view(name) == kAnchor) return true;
    struct statx status {};
    if (sys.statx(directory, name, AT_SYMLINK_NOFOLLOW, STATX_INO, status) != 0 ||
        status.stx_ino != inode_) {
      return true;  // somebody has put a file of their own over it since
    }
    refused = -sys.unlinkat(directory, name, 0);
    if (refused == ENOENT) refused = 0;
    ++dropped;
    return refused == 0;
  });
  return refused != 0 ? refused : error;
}

int XfsFiller::drop(int directory) {
  // A directory that shrinks meanwhile may hide an entry from a walk.
  for (;;) {
    std::uint64_t dropped = 0;
    if (const int error = drop_seen(directory, dropped)) return error;
    if (dropped == 0) return 0;
  }
}

bool XfsFiller::remove_anchor() {
  if (!anchor_) return true;
  base::Sys& sys = root_.sys();
  struct statx status {};
  if (sys.statx(anchor_.get(), "", AT_EMPTY_PATH, STATX_NLINK, status) != 0) return false;
  if (status.stx_nlink > 1) return false;
  struct statx named {};
  // Never by name alone: that could be somebody else's by now.
  if (sys.statx(root_.fd(), kAnchor, AT_SYMLINK_NOFOLLOW, STATX_INO, named) != 0 ||
      named.stx_ino != inode_ || sys.unlinkat(root_.fd(), kAnchor, 0) != 0) {
    return false;
  }
  anchor_.reset();
  tried_ = false;
  return true;
}

}  // namespace expunge::residue
