#include "shred/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/parallel.h"
#include "shred/beneath.h"

namespace expunge::shred {
namespace {

constexpr std::size_t kMaxPathBytes = 4095;
constexpr unsigned kStatusMask = STATX_TYPE | STATX_SIZE | STATX_MTIME | STATX_NLINK;
/// Fewer files are looked at sooner than threads start.
constexpr std::size_t kFilesForThreads = 512;
constexpr std::size_t kFilesAtOnce = 64;

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

Entry::Kind kind_of(unsigned char type) {
  switch (type) {
    case DT_DIR:
      return Entry::Kind::directory;
    case DT_LNK:
      return Entry::Kind::symbolic_link;
    case DT_REG:
    case DT_UNKNOWN:  // its status will tell
      return Entry::Kind::file;
    default:
      return Entry::Kind::special;
  }
}

void take_status(const struct statx& status, Entry& entry) {
  if ((status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0) {
    entry.kind = Entry::Kind::mount;
  } else if (S_ISDIR(status.stx_mode)) {
    entry.kind = Entry::Kind::directory;
  } else if (S_ISLNK(status.stx_mode)) {
    entry.kind = Entry::Kind::symbolic_link;
  } else if (S_ISREG(status.stx_mode)) {
    entry.kind = Entry::Kind::file;
  } else {
    entry.kind = Entry::Kind::special;
  }
  entry.bytes = status.stx_size;
  entry.links = status.stx_nlink;
  entry.changed = std::chrono::sys_seconds{std::chrono::seconds{status.stx_mtime.tv_sec}};
}

/// ENOENT in entry.error: it went meanwhile.
void look_at_name(base::Sys& sys, int directory, Entry& entry) {
  struct statx status {};
  // The name lies in the listing's memory with a NUL behind it.
  const int error =
      sys.statx(directory, entry.name.data(), AT_SYMLINK_NOFOLLOW, kStatusMask, status);
  if (error == 0) return take_status(status, entry);
  entry.kind = Entry::Kind::unreadable;
  entry.error = -error;
}

/// As the bytes of the paths below them compare: `a-b` before `a/x` before `a.wav`.
bool goes_before(const Entry& a, const Entry& b) {
  const auto length = std::min(a.name.size(), b.name.size());
  const int order = std::memcmp(a.name.data(), b.name.data(), length);
  if (order != 0) return order < 0;
  const auto behind = [&](const Entry& entry) -> int {
    if (entry.name.size() > length) return static_cast<unsigned char>(entry.name[length]);
    return entry.kind == Entry::Kind::directory ? '/' : -1;
  };
  return behind(a) < behind(b);
}

class Walk {
 public:
  Walk(const ArchiveRoot& root, unsigned workers, const WalkSteps& steps)
      : root_(root), workers_(workers), steps_(steps) {}

  void go(const Listing& listing) {
    if (steps_.listing) steps_.listing(listing);
    for (const Entry& entry : listing.entries()) {
      const std::string path = listing.path(entry);
      if (entry.kind != Entry::Kind::directory) {
        hand_on(path, entry);
      } else {
        enter(path, entry);
      }
    }
  }

 private:
  void hand_on(const std::string& path, const Entry& entry) const {
    if (steps_.entry) steps_.entry(path, entry);
  }

  void enter(const std::string& path, const Entry& entry) {
    const Listing below = list_directory(root_, path, workers_);
    if (below.error() == ENOENT && below.entries().empty()) return;  // it went meanwhile
    if (below.error() != 0) {
      Entry faulty = entry;
      const bool mount = below.error() == EXDEV;
      const bool link = below.error() == ELOOP || below.error() == ENOTDIR;
      faulty.kind = mount  ? Entry::Kind::mount
                    : link ? Entry::Kind::symbolic_link
                           : Entry::Kind::unreadable;
      faulty.error = below.error();
      hand_on(path, faulty);
    }
    go(below);
  }

  const ArchiveRoot& root_;
  unsigned workers_;
  const WalkSteps& steps_;
};

}  // namespace

std::string_view words(Entry::Kind kind) {
  switch (kind) {
    case Entry::Kind::file:
      return "file";
    case Entry::Kind::directory:
      return "directory";
    case Entry::Kind::symbolic_link:
      return "symbolic link";
    case Entry::Kind::special:
      return "FIFO, socket or device";
    case Entry::Kind::mount:
      return "mount point";
    case Entry::Kind::unreadable:
      break;
  }
  return "unreadable";
}

std::string Listing::path(const Entry& entry) const {
  std::string path = directory_;
  if (!path.empty()) path += '/';
  return path.append(entry.name);
}

std::string_view Listing::keep(std::string_view name) {
  auto* const copy = static_cast<char*>(names_->allocate(name.size() + 1, 1));
  std::memcpy(copy, name.data(), name.size());
  copy[name.size()] = '\0';
  return {copy, name.size()};
}

Listing list_directory(const ArchiveRoot& root, std::string directory, unsigned workers) {
  Listing listing(std::move(directory));
  auto opened = open_beneath(root, listing.directory_.empty() ? "." : listing.directory_.c_str(),
                             O_RDONLY | O_DIRECTORY);
  if (const int* const error = std::get_if<int>(&opened)) {
    listing.error_ = *error;
    return listing;
  }
  const base::Fd& fd = std::get<base::Fd>(opened);
  const int copy = root.sys().fcntl(fd.get(), F_DUPFD_CLOEXEC, 0);
  const std::unique_ptr<DIR, CloseDirectory> stream(copy < 0 ? nullptr : ::fdopendir(copy));
  if (!stream) {
    listing.error_ = copy < 0 ? -copy : errno;
    return listing;
  }
  // By inode, so that a disk reads their status in the order in which it lies.
  std::vector<std::pair<ino_t, Entry>> found;
  for (;;) {
    errno = 0;
    const dirent* const next = ::readdir(stream.get());
    if (next == nullptr) {
      listing.error_ = errno;
      break;
    }
    const std::string_view name = next->d_name;
    if (name == "." || name == "..") continue;
    Entry entry;
    entry.name = listing.keep(name);
    entry.kind = kind_of(next->d_type);
    if (listing.directory_.size() + 1 + name.size() > kMaxPathBytes) {
      entry.kind = Entry::Kind::unreadable;
      entry.error = ENAMETOOLONG;
    }
    found.emplace_back(next->d_ino, entry);
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  const std::size_t portions = (found.size() + kFilesAtOnce - 1) / kFilesAtOnce;
  base::parallel_for(portions, found.size() < kFilesForThreads ? 1 : workers, [&](std::size_t i) {
    const std::size_t end = std::min(found.size(), (i + 1) * kFilesAtOnce);
    for (std::size_t k = i * kFilesAtOnce; k < end; ++k) {
      Entry& entry = found[k].second;
      if (entry.kind == Entry::Kind::file) look_at_name(root.sys(), fd.get(), entry);
    }
  });
  listing.entries_.reserve(found.size());
  for (const auto& [inode, entry] : found) {
    if (entry.error != ENOENT) listing.entries_.push_back(entry);
  }
  std::sort(listing.entries_.begin(), listing.entries_.end(), goes_before);
  return listing;
}

void walk(const ArchiveRoot& root, unsigned workers, const WalkSteps& steps) {
  const Listing top = list_directory(root, "", workers);
  if (top.error() != 0) {
    base::fail_errno(base::ExitStatus::usage, "the archive root", top.error());
  }
  Walk(root, workers, steps).go(top);
}

std::variant<Entry, int> look_at(const ArchiveRoot& root, const std::string& path) {
  if (!stays_within_root(path)) return EINVAL;
  const auto opened = open_beneath(root, path.c_str(), O_PATH | O_NOFOLLOW);
  if (const int* const error = std::get_if<int>(&opened)) {
    if (*error == ENOTDIR || *error == ENAMETOOLONG) return ENOENT;
    Entry entry;
    if (*error == ELOOP || *error == EXDEV) {
      entry.kind = *error == ELOOP ? Entry::Kind::symbolic_link : Entry::Kind::mount;
      return entry;
    }
    return *error;
  }
  struct statx status {};
  const int error =
      root.sys().statx(std::get<base::Fd>(opened).get(), "", AT_EMPTY_PATH, kStatusMask, status);
  if (error != 0) return -error;
  Entry entry;
  take_status(status, entry);
  return entry;
}

std::variant<base::Fd, int> open_to_look(const ArchiveRoot& root, const std::string& path) {
  constexpr std::uint64_t kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  auto opened = open_beneath(root, path.c_str(), kFlags | O_NOATIME);
  if (const int* const error = std::get_if<int>(&opened); error != nullptr && *error == EPERM) {
    opened = open_beneath(root, path.c_str(), kFlags);
  }
  const auto* const fd = std::get_if<base::Fd>(&opened);
  if (fd == nullptr) return opened;
  struct statx status {};
  const int error = root.sys().statx(fd->get(), "", AT_EMPTY_PATH, STATX_TYPE, status);
  if (error != 0) return -error;
  if (!S_ISREG(status.stx_mode)) return ELOOP;
  return opened;
}

}  // namespace expunge::shred
