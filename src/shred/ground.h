#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/sys.h"
#include "shred/refusal.h"

namespace expunge::shred {

/// The file systems that are known to write changed bytes where the old ones lie.
enum class Family { ext4, xfs, other };

/// What the archive root's file system can promise. No file outside its mount is ever reached, so
/// this holds for all of them.
struct Ground {
  Family family = Family::other;
  std::string filesystem;  ///< ext4, xfs, btrfs, …, as /proc/self/mountinfo names it
  std::uint32_t block_bytes = 4096;
  std::string obstacle;  ///< why no overwrite here reaches the bytes; empty: it may
  /// Whether the mount options include those that are the file system's own default: ext4 with
  /// `tune2fs -o journal_data` does not show data=journal in mountinfo.
  bool defaults_known = true;
};

/// Asks statfs, /proc/self/mountinfo and, for ext4, /proc/fs/ext4. What cannot be found out is an
/// obstacle. Never throws.
[[nodiscard]] Ground find_ground(base::Sys& sys, int root_fd);

/// What the type and the super block's options of a mount promise, apart from its files.
[[nodiscard]] Ground judge_mount(const std::string& filesystem, const std::string& options,
                                 std::uint64_t magic);

/// The name below /dev of a block device, as sysfs has it; nullopt where it has none. Never throws.
[[nodiscard]] std::optional<std::string> block_device_name(base::Sys& sys, unsigned major,
                                                           unsigned minor);

/// Whether this file has a flag of its own by which an overwrite would not reach its bytes: ext4's
/// data journalling and inline data, XFS's realtime device (which the flush would not reach).
[[nodiscard]] std::optional<Refusal> judge_flags(base::Sys& sys, const Ground& ground, int fd);

}  // namespace expunge::shred
