#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "residue/ext4_device.h"
#include "residue/filler_file.h"
#include "shred/target.h"

namespace expunge::residue {

/// What was found and done in directories that stay; of several, the sum.
struct SlackResult {
  std::uint64_t directories = 0;
  std::uint64_t skipped = 0;     ///< of these: not cleaned at all, or not durably
  std::uint64_t leaves = 0;      ///< blocks that hold names, or whole directories without an htree
  std::uint64_t stale = 0;       ///< of these: with something behind an entry when first seen
  std::uint64_t left = 0;        ///< of these: still so at the end, or not readable
  std::uint64_t small_gaps = 0;  ///< 4 or 8 bytes too small to be cleaned: never a number whole
  std::uint64_t fillers = 0;     ///< put in and taken out
  std::uint64_t leftovers = 0;   ///< fillers of an interrupted run, taken out
  std::string cause;  ///< what went wrong first; not empty if `skipped` or `left` is not 0

  SlackResult& operator+=(const SlackResult& other);
};

/// Erases the copies of removed names that htree splits left in live ext4 directories.
///
/// When a leaf is full the kernel moves half of its entries to a new block, packs the others, and
/// leaves what stood behind them: in the slack that belongs to the leaf's last entry, whole names,
/// which may since have been removed. Removing an entry zeroes its whole record, the slack
/// included (Linux 5.13); so for each such gap a filler, a hard link to an empty file, is put
/// there, under a name whose hash leads to that leaf, and removed again. No entry, inode or
/// attribute of another file is touched. The block device is read, to see which leaves and gaps,
/// and never written.
///
/// Safe beside others that write to the same directories: a filler goes only where it fits.
class Ext4Slack {
 public:
  /// The means, or in words why there are none: not ext4, no block device to read, not permitted,
  /// a `.expunge-filler` in the root that is somebody's own. `root` must outlive it. Writes
  /// nothing.
  [[nodiscard]] static std::variant<Ext4Slack, std::string> open(const shred::ArchiveRoot& root);

  /// Cleans one directory, not those below it; its path beneath the root, empty for the root. To be
  /// called when all is unlinked, and before the file system's journal is erased: the journal
  /// has copies of its own, and gets one of each block that changes. First removes the fillers
  /// that an interrupted run left there. On return no filler of this call is there, unless `cause`
  /// says so, and what was done is durable. A directory that does not exist any more is clean.
  [[nodiscard]] SlackResult clean(const std::string& directory);

  /// Removes `.expunge-filler`, durably; returns why it is still there, in words, or nothing.
  /// Without this call, as after a crash, the file stays, and the next open() takes it over. If an
  /// interrupted run left fillers in directories that clean() was not called for, they are looked
  /// for everywhere below the root first.
  [[nodiscard]] std::string finish();

 private:
  Ext4Slack(const shred::ArchiveRoot& root, Ext4Device device, FillerFile file);

  const shred::ArchiveRoot* root_;
  Ext4Device device_;
  FillerFile file_;
};

/// What was done about live directories, in words, for `run.end`.
[[nodiscard]] std::string in_words(const SlackResult& result);

/// The same where open() had no means: its reason.
[[nodiscard]] std::string in_words(const std::string& no_means);

}  // namespace expunge::residue
