#include <array>
#include <cstddef>

#include "base/error.h"
#include "shred/ground.h"

namespace expunge::shred {
namespace {

struct Row {
  Cause cause;
  std::string_view code;
  std::string_view words;
};

// In the order of the enumeration.
constexpr std::array<Row, 17> kRows = {{
    {Cause::none, "", "changed bytes are written where the old ones lie"},
    {Cause::unknown_file_system, "unknown-file-system",
     "the kernel does not say which file system this is"},
    {Cause::unknown_options, "unknown-options",
     "the kernel does not say how the file system is mounted"},
    {Cause::data_journal, "data-journal",
     "with data=journal the journal keeps a copy of what is written"},
    {Cause::no_barriers, "no-barriers",
     "without barriers nothing can be flushed, so an overwrite may not have happened"},
    {Cause::btrfs, "btrfs",
     "btrfs writes changed bytes elsewhere, and the old ones stay in free blocks and snapshots"},
    {Cause::zfs, "zfs",
     "ZFS writes changed bytes elsewhere, and the old ones stay in free blocks and snapshots"},
    {Cause::bcachefs, "bcachefs",
     "bcachefs writes changed bytes elsewhere, and the old ones stay in free buckets and "
     "snapshots"},
    {Cause::overlay, "overlay",
     "an overlay copies a file before it is changed, and the layer below keeps the old bytes"},
    {Cause::nfs, "nfs", "what becomes of the old bytes is decided by the NFS server's disks"},
    {Cause::smb, "smb", "what becomes of the old bytes is decided by the file server's disks"},
    {Cause::network, "network", "what becomes of the old bytes is decided by another machine"},
    {Cause::fuse, "fuse", "what becomes of the old bytes is decided by a program (FUSE)"},
    {Cause::memory, "memory",
     "the files are in memory, from where they may have gone to the swap space"},
    {Cause::copy_on_write_below, "copy-on-write-below",
     "the volume below writes changed bytes elsewhere, or copies the old ones first (an LVM "
     "snapshot, ZFS)"},
    {Cause::log_structured, "log-structured",
     "the file system writes changed bytes elsewhere, and the old ones stay until it reuses them"},
    {Cause::untried, "untried", "nobody has shown that an overwrite here reaches the old bytes"},
}};

const Row& row(Cause cause) {
  const auto index = static_cast<std::size_t>(cause);
  EXPUNGE_ASSERT(index < kRows.size() && kRows[index].cause == cause);
  return kRows[index];
}

}  // namespace

std::string_view code(Cause cause) {
  return row(cause).code;
}

std::string_view words(Cause cause) {
  return row(cause).words;
}

}  // namespace expunge::shred
