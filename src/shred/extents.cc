#include "shred/extents.h"

#include <linux/fiemap.h>
#include <linux/fs.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace expunge::shred {
namespace {

constexpr std::size_t kAtOnce = 64;

/// A struct fiemap with room for kAtOnce extents behind it.
struct Request {
  alignas(struct fiemap)
      std::array<std::byte, sizeof(struct fiemap) + kAtOnce * sizeof(struct fiemap_extent)> bytes{};

  struct fiemap& header() {
    return *reinterpret_cast<struct fiemap*>(bytes.data());
  }
  [[nodiscard]] struct fiemap_extent extent(std::size_t i) const {
    struct fiemap_extent extent {};
    std::memcpy(&extent, bytes.data() + sizeof(struct fiemap) + i * sizeof extent, sizeof extent);
    return extent;
  }
};

void append(std::vector<Extent>& extents, const struct fiemap_extent& next) {
  if (!extents.empty()) {
    Extent& last = extents.back();
    if (last.logical_bytes + last.length_bytes == next.fe_logical &&
        last.physical_bytes + last.length_bytes == next.fe_physical) {
      last.length_bytes += next.fe_length;
      return;
    }
  }
  extents.push_back({next.fe_logical, next.fe_physical, next.fe_length});
}

}  // namespace

std::variant<Mapping, int> map_extents(base::Sys& sys, int fd) {
  Mapping mapping;
  std::uint64_t start_bytes = 0;
  for (;;) {
    Request request;
    request.header().fm_start = start_bytes;
    request.header().fm_length = FIEMAP_MAX_OFFSET - start_bytes;
    // Without it, what is not yet written out has no place.
    request.header().fm_flags = FIEMAP_FLAG_SYNC;
    request.header().fm_extent_count = kAtOnce;
    const int error = sys.ioctl(fd, FS_IOC_FIEMAP, request.bytes.data());
    if (error == -EINTR) continue;
    if (error != 0) return -error;
    const std::size_t mapped = request.header().fm_mapped_extents;
    for (std::size_t i = 0; i < mapped; ++i) {
      const auto extent = request.extent(i);
      append(mapping.extents, extent);
      mapping.flags |= extent.fe_flags;
      start_bytes = extent.fe_logical + extent.fe_length;
    }
    if (mapped < kAtOnce || (mapping.flags & FIEMAP_EXTENT_LAST) != 0) return mapping;
  }
}

std::string extent_obstacle(std::uint32_t flags) {
  constexpr std::array<std::pair<std::uint32_t, const char*>, 7> kObstacles = {{
      {FIEMAP_EXTENT_SHARED, "shared extents (reflink or deduplication)"},
      {FIEMAP_EXTENT_DATA_INLINE, "data inside the inode"},
      {FIEMAP_EXTENT_ENCODED, "encoded or compressed extents"},
      {FIEMAP_EXTENT_DATA_TAIL, "a tail shared with other files"},
      {FIEMAP_EXTENT_DELALLOC, "blocks not yet allocated"},
      {FIEMAP_EXTENT_UNKNOWN, "blocks in an unknown place"},
      {FIEMAP_EXTENT_NOT_ALIGNED, "blocks that are not aligned"},
  }};
  constexpr std::uint32_t kHarmless = FIEMAP_EXTENT_LAST | FIEMAP_EXTENT_UNWRITTEN |
                                      FIEMAP_EXTENT_MERGED | FIEMAP_EXTENT_DATA_ENCRYPTED;
  for (const auto& [flag, cause] : kObstacles) {
    if ((flags & flag) != 0) return cause;
  }
  return (flags & ~kHarmless) == 0 ? "" : "extents of an unknown kind";
}

base::Digest layout(const std::vector<Extent>& extents) {
  base::Sha256 hash;
  for (const Extent& extent : extents) {
    for (const std::uint64_t part :
         {extent.logical_bytes, extent.physical_bytes, extent.length_bytes}) {
      hash.update(std::to_string(part)).update(" ");
    }
  }
  return hash.finish();
}

}  // namespace expunge::shred
