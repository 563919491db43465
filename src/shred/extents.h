#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/sys.h"
#include "shred/target.h"

namespace expunge::shred {

/// Where a file's blocks lie.
struct Mapping {
  std::vector<Extent> extents;  ///< merged; in the order of the file
  std::uint32_t flags = 0;      ///< every FIEMAP_EXTENT_ flag that one of them bears
};

/// FIEMAP with FLAG_SYNC, of the whole file and what is preallocated beyond it. Returns an errno
/// value when the kernel does not say.
[[nodiscard]] std::variant<Mapping, int> map_extents(base::Sys& sys, int fd);

/// Why blocks that bear these flags cannot be overwritten in place; empty when they can. A flag
/// that is not known to be harmless is an obstacle. FIEMAP_EXTENT_DATA_ENCRYPTED is harmless:
/// fscrypt encrypts where the data lies.
[[nodiscard]] std::string extent_obstacle(std::uint32_t flags);

}  // namespace expunge::shred
