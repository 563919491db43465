#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/sys.h"

// How XFS stores a directory, as far as it tells. All may be asked by anybody who opened it.
namespace expunge::residue {

/// Whether a directory's names lie within its inode, not in blocks.
[[nodiscard]] bool names_in_inode(base::Sys& sys, int directory);
/// The same of the extended attributes of any file.
[[nodiscard]] bool attributes_in_inode(base::Sys& sys, int fd);
/// The extents of all of a directory's blocks, the index included. (Of one whose names lie in its
/// inode the kernel returns a number without a meaning.)
[[nodiscard]] std::uint32_t extents(base::Sys& sys, int directory);

/// Sectors of all kinds of blocks that an inode has, index and attributes included. Quick.
[[nodiscard]] std::uint64_t all_sectors(base::Sys& sys, int fd);
/// A directory's size: the bytes of its names and what is stored with them, if they lie in its
/// inode.
[[nodiscard]] std::uint64_t size_bytes(base::Sys& sys, int directory);
/// Sectors of a directory's blocks of names, without those of its index; nullopt when the file
/// system does not tell.
[[nodiscard]] std::optional<std::uint64_t> name_sectors(base::Sys& sys, int directory);

/// Calls `look` with the name and the inode of every entry but `.` and `..`, as the directory has
/// them, until it returns false. Names may come and go meanwhile. 0 or an errno value.
[[nodiscard]] int walk(base::Sys& sys, int directory,
                       const std::function<bool(const char* name, std::uint64_t inode)>& look);

/// The sizes that matter, of the file system that holds `fd`.
struct XfsGeometry {
  std::uint32_t block_bytes;
  std::uint32_t inode_room_bytes;  ///< what an inode has for its content and its attributes
  std::uint64_t log_bytes;
};
/// Nullopt when this is no XFS, or it does not tell.
[[nodiscard]] std::optional<XfsGeometry> xfs_geometry(base::Sys& sys, int fd);

}  // namespace expunge::residue
