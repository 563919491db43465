#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/sys.h"
#include "shred/medium.h"
#include "shred/refusal.h"

namespace expunge::shred {

/// The file systems that are known to write changed bytes where the old ones lie.
enum class Family { ext4, xfs, other };

/// Why no overwrite on a file system reaches the bytes.
enum class Cause {
  none,  ///< it does
  unknown_file_system,
  unknown_options,
  data_journal,  ///< ext4: the data goes into the journal first
  no_barriers,   ///< ext4: nothing can be flushed
  btrfs,
  zfs,
  bcachefs,
  overlay,
  nfs,
  smb,
  network,              ///< another server's: Ceph, 9p, AFS, GFS2, …
  fuse,                 ///< a program decides what becomes of a write
  memory,               ///< tmpfs, ramfs: nothing is on a device, but for the swap space
  copy_on_write_below,  ///< an LVM snapshot, a volume that has one, or a ZFS volume
  log_structured,       ///< f2fs, NILFS, UBIFS, JFFS2
  untried,              ///< nobody has shown that an overwrite reaches the bytes there
};

/// `data-journal`, `btrfs`, …: kebab-case, stable; empty for none.
[[nodiscard]] std::string_view code(Cause cause);
/// In words, for people: what becomes of the old bytes; one clause without a full stop.
[[nodiscard]] std::string_view words(Cause cause);

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

  Cause cause = Cause::none;     ///< of the obstacle
  std::string device;            ///< `major:minor`; major 0 is no block device; empty: unknown
  bool read_only = false;        ///< by the mount, the super block or the device
  bool discard_mounted = false;  ///< the file system discards the blocks that it frees
  Medium medium;                 ///< what lies below
  /// Whether F_SETLEASE fails with EAGAIN when the server has not handed the file out to this
  /// machine alone, which says nothing about who has it open (NFSv4, SMB).
  bool leases_need_server = false;
  /// Whether an unlink gives an open file another name instead of removing it (NFS, FUSE): what is
  /// to be gone must be closed first.
  bool hides_open_files = false;
};

/// Asks statfs, /proc/self/mountinfo and, for ext4, /proc/fs/ext4; and sysfs for what lies below.
/// What cannot be found out is an obstacle. Any file may stand for its file system. `loops_above`
/// as in find_medium(). Never throws.
[[nodiscard]] Ground find_ground(base::Sys& sys, int fd, unsigned loops_above = 0);

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
