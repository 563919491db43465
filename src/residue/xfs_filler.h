#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/fd.h"
#include "shred/target.h"

namespace expunge::residue {

/// Names without a meaning, to overwrite those that had one: hard links of one empty file, the
/// anchor, which stands in the root while any of them does and tells them from everybody else's.
/// Not thread-safe.
class XfsFiller {
 public:
  explicit XfsFiller(const shred::ArchiveRoot& root) : root_(root) {}

  /// The anchor's name in the root.
  static constexpr const char* kAnchor = "~expunge-filler";

  /// Has the anchor, one that an interrupted run left or a new one, which is tried once. A file of
  /// that name that is not empty, not regular, another user's, or has a mode other than 0 is left
  /// alone, and is an obstacle.
  [[nodiscard]] bool ready();
  /// Why not; empty when it was not.
  [[nodiscard]] const std::string& obstacle() const { return obstacle_; }

  /// Puts a name of so many bytes into a directory: XFS takes the largest free place in the first
  /// block that has one. 0 or an errno value.
  [[nodiscard]] int put(int directory, std::size_t name_bytes);

  /// Puts names into every free place of a directory's blocks (or of its inode, if it lies in that)
  /// without making it larger. 0 or an errno value; a full file system is no failure, as nothing
  /// grows there.
  [[nodiscard]] int fill(int directory);

  /// Removes every filler from a directory, also those of an interrupted run: what is a link of the
  /// anchor, and nothing else. 0 or an errno value.
  [[nodiscard]] int drop(int directory);

  /// Removes the anchor if no filler is left anywhere. Returns whether it is gone; a later run
  /// takes it up otherwise.
  [[nodiscard]] bool remove_anchor();

 private:
  [[nodiscard]] bool adopt(int fd);
  [[nodiscard]] int put(int directory, std::size_t name_bytes, std::string& name);
  [[nodiscard]] int fill_blocks(int directory);
  [[nodiscard]] int fill_inode(int directory);
  [[nodiscard]] int drop_seen(int directory, std::uint64_t& dropped);

  const shred::ArchiveRoot& root_;
  base::Fd anchor_;
  std::string link_;  ///< the anchor's descriptor as a path: its name could be somebody else's
  std::uint64_t inode_ = 0;
  std::uint64_t fits_bytes_ = 0;  ///< what fitted into the last inode that was filled
  bool tried_ = false;
  std::string obstacle_;
};

/// Letters and digits; at most 255.
[[nodiscard]] std::string random_name(std::size_t bytes);

/// An errno value in the words of `run.end`.
[[nodiscard]] std::string obstacle_words(int error);

}  // namespace expunge::residue
