#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "residue/ext4_device.h"

namespace expunge::residue {

/// Blocks among which the kernel puts a new name into the first that has room: one leaf of an
/// htree, or all blocks of a directory that has none.
struct Place {
  std::vector<std::uint64_t> blocks;  ///< byte offsets on the device; none: not known
  std::uint32_t low = 0;              ///< the names whose hash is at least this
  std::uint32_t high = UINT32_MAX;    ///< and below this
};

/// Where a directory's names lie.
struct DirectoryMap {
  std::vector<Place> places;
  std::optional<unsigned> hash_version;  ///< of its htree; nullopt: it has none
};

/// Maps an open directory (FIEMAP; FS_IOC_GETFLAGS; the htree as read from the device). One whose
/// entries lie in its inode has no place. Says in words why it cannot be mapped: encrypted or
/// case-folded names, flags by which a name could not be removed again, a hash that libext2fs does
/// not know.
[[nodiscard]] std::variant<DirectoryMap, std::string> map_directory(base::Sys& sys,
                                                                    const Ext4Device& device,
                                                                    int fd);

}  // namespace expunge::residue
