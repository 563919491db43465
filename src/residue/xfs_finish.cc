#include "residue/xfs_finish.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "residue/xfs_shape.h"
#include "shred/beneath.h"

namespace expunge::residue {
namespace {

/// Up to its last slash, without it; empty for a name in the root.
std::string above(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

/// What another try would meet as well.
bool for_good(int error) {
  return error == EXDEV || error == EMLINK || error == EOPNOTSUPP || error == ENOTTY;
}

bool is_empty(base::Sys& sys, int directory) {
  bool empty = true;
  return walk(sys, directory, [&](const char*, std::uint64_t) { return empty = false; }) == 0 &&
         empty;
}

}  // namespace

XfsFinish::XfsFinish(const shred::ArchiveRoot& root, XfsFiller& filler, XfsLog& log)
    : root_(root),
      sys_(root.sys()),
      filler_(filler),
      log_(log),
      inode_(sys_, log.inode_room_bytes()) {}

XfsFinish::Opened XfsFinish::open(const std::string& directory) const {
  return shred::open_beneath(root_, directory.empty() ? "." : directory.c_str(),
                             O_RDONLY | O_DIRECTORY);
}

/// Those that are there; for one that is gone, what it was removed from: an interrupted run may not
/// have come to that.
XfsFinish::Paths XfsFinish::standing(const std::vector<std::string>& directories) {
  Paths paths;
  for (std::string directory : directories) {
    for (;; directory = above(directory)) {
      const Opened opened = open(directory);
      const int* const error = std::get_if<int>(&opened);
      if (error == nullptr) {
        paths.insert(directory);
      } else if (*error == ENOENT && !directory.empty()) {
        continue;
      } else if (*error != ENOTDIR && *error != ELOOP) {  // else it is no directory any more
        failed_.emplace(directory, *error);
      }
      break;
    }
  }
  return paths;
}

/// Calls `step` with each directory's path and descriptor and keeps the errno value it returns.
template <typename Step>
void XfsFinish::each(const Paths& directories, Step step) {
  for (const std::string& directory : directories) {
    const Opened opened = open(directory);
    const auto* const fd = std::get_if<base::Fd>(&opened);
    if (fd == nullptr && std::get<int>(opened) == ENOENT) continue;  // somebody else removed it
    const int error = fd != nullptr ? step(directory, fd->get()) : std::get<int>(opened);
    if (error != 0) failed_.emplace(directory, error);
  }
}

void XfsFinish::push() {
  if (const int error = log_.push(); log_error_ == 0) log_error_ = error;
}

/// Leaves nothing of a removed name in what is the directories' own now. Returns whether any of
/// them has blocks, which it may free when it shrinks.
bool XfsFinish::cover(const Paths& round) {
  bool blocks = false;
  each(round, [&](const std::string&, int fd) {
    blocks = blocks || !names_in_inode(sys_, fd);
    const int error = filler_.fill(fd);
    const int covered = inode_.cover_with_extents(fd, filler_);
    if (inode_error_ == 0) inode_error_ = covered;
    return error;
  });
  return blocks;
}

/// Lets the directories shrink to what they will be, and leaves nothing in what that adds to the
/// free part of their inodes.
void XfsFinish::uncover(const Paths& round) {
  each(round, [&](const std::string& path, int fd) {
    const int dropped = filler_.drop(fd);
    int covered = inode_.uncover(fd);
    int filled = 0;
    if (names_in_inode(sys_, fd)) {
      filled = filler_.fill(fd);
    } else if (covered == 0) {
      covered = inode_.cover(fd);
    }
    if (covered != 0 || inode_.out_of_reach(fd)) {
      keep_in_inode_.insert(path);
    } else {
      keep_in_inode_.erase(path);
    }
    if (inode_error_ == 0) inode_error_ = covered;
    return dropped != 0 ? dropped : filled;
  });
}

/// Removes everything that was put into the directories.
void XfsFinish::clear(const Paths& directories) {
  each(directories, [&](const std::string&, int fd) {
    const int error = filler_.ready() ? filler_.drop(fd) : 0;
    const int uncovered = inode_.uncover(fd);
    return error != 0 ? error : uncovered;
  });
}

/// `full`: the directory above has no free places, as another was removed from it before.
bool XfsFinish::remove_if_empty(const std::string& directory, bool full) {
  {
    const Opened opened = open(directory);
    const auto* const fd = std::get_if<base::Fd>(&opened);
    if (fd == nullptr || !is_empty(sys_, fd->get())) return false;
  }
  const Opened opened = open(above(directory));
  const auto* const parent = std::get_if<base::Fd>(&opened);
  if (parent == nullptr) return false;
  const bool fillers = filler_.ready();
  int error = 0;
  if (fillers && !full && !names_in_inode(sys_, parent->get())) error = filler_.fill(parent->get());
  const std::string name = directory.substr(directory.rfind('/') + 1);
  // The kernel decides, in one step: one that a recorder has just put a file into stays.
  const bool removed = sys_.unlinkat(parent->get(), name.c_str(), AT_REMOVEDIR) == 0;
  if (removed && fillers && error == 0) error = filler_.put(parent->get(), name.size());
  if (error != 0) failed_.emplace(above(directory), error);
  return removed || fillers;  // either way there may be fillers to be dropped
}

/// The deepest first, so that a parent of them is left for the next round, which it returns.
XfsFinish::Paths XfsFinish::remove_empty(const Paths& round) {
  std::vector<std::string> order(round.begin(), round.end());
  std::stable_sort(order.begin(), order.end(), [](const std::string& a, const std::string& b) {
    return std::count(a.begin(), a.end(), '/') > std::count(b.begin(), b.end(), '/');
  });
  Paths next;
  for (const std::string& directory : order) {
    if (directory.empty() || next.contains(directory)) continue;
    if (!remove_if_empty(directory, next.contains(above(directory)))) continue;
    wraps_before_last_name_ = log_.wraps();
    next.insert(above(directory));
  }
  return next;
}

void XfsFinish::wrap_if_needed() {
  if (log_error_ != 0 || log_.wraps() != wraps_before_last_name_) return;
  log_error_ = log_.wrap();
}

Account XfsFinish::run(const std::vector<std::string>& directories, int swap_error) {
  wraps_before_last_name_ = log_.wraps();
  const bool fillers = filler_.ready();
  for (Paths round = standing(directories); !round.empty(); round = remove_empty(round)) {
    // A crash in here leaves fillers and noise, which the next run's call finds in the same
    // directories, and the anchor, by which it knows them.
    const bool blocks = fillers && cover(round);
    push();
    if (blocks && log_error_ == 0) {
      uncover(round);
      push();
    }
    clear(round);
  }
  bool anchor_gone = filler_.remove_anchor();
  if (!anchor_gone) {
    // An interrupted run may have come to a directory above, to which this one did not.
    Paths all_above;
    for (std::string directory : directories) {
      while (!directory.empty()) all_above.insert(directory = above(directory));
    }
    clear(all_above);
    anchor_gone = filler_.remove_anchor();
  }
  wrap_if_needed();
  if (log_error_ == 0) log_error_ = -sys_.syncfs(root_.fd());
  if (log_error_ == 0) log_error_ = -sys_.fsync(root_.fd());
  return account(directories, anchor_gone, swap_error);
}

Account XfsFinish::account(const std::vector<std::string>& directories, bool anchor_gone,
                           int swap_error) const {
  const auto because = [](int error) { return "not erased (" + obstacle_words(error) + ")"; };
  Account account;
  account.said.push_back("xfs-journal: " + (log_error_ == 0 ? "erased" : because(log_error_)));

  std::string blocks = "erased";
  if (!filler_.obstacle().empty()) {
    blocks = "not erased (" + filler_.obstacle() + ")";
  } else if (log_error_ != 0) {
    blocks = because(log_error_);
  } else if (!failed_.empty()) {
    blocks = std::to_string(failed_.size()) + " " + because(failed_.begin()->second);
  } else if (swap_error != 0) {
    blocks = "not all erased (" + obstacle_words(swap_error) + ")";
  }
  account.said.push_back("xfs-directories: " + blocks);
  if (!anchor_gone) account.said.emplace_back("xfs-fillers: not all removed");

  std::string inodes = "erased";
  if (!filler_.obstacle().empty() || log_error_ != 0) {
    inodes = "not erased";
  } else if (!keep_in_inode_.empty()) {
    inodes = std::to_string(keep_in_inode_.size()) + " directories may keep names";
    if (inode_error_ != 0) inodes += " (" + obstacle_words(inode_error_) + ")";
  }
  account.said.push_back("xfs-inodes: " + inodes);

  const bool tried = log_error_ == 0 && filler_.obstacle().empty();
  for (const std::string& directory : directories) {
    const auto failed = failed_.find(directory);
    if (tried && (failed == failed_.end() || for_good(failed->second))) {
      account.finished.push_back(directory);
    }
  }
  return account;
}

}  // namespace expunge::residue
