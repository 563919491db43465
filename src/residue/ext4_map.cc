#include "residue/ext4_map.h"

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/stat.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "residue/ext4_directory.h"
#include "shred/extents.h"

namespace expunge::residue {
namespace {

/// Why nothing can be done in a directory with these flags; empty if it can.
std::string flag_obstacle(unsigned flags) {
  constexpr std::array<std::pair<unsigned, const char*>, 4> kObstacles = {{
      {FS_ENCRYPT_FL, "encrypted names"},
      {FS_CASEFOLD_FL, "case-folded names"},
      {FS_IMMUTABLE_FL, "immutable directory"},
      {FS_APPEND_FL, "append-only directory"},  // takes a filler, and keeps it
  }};
  for (const auto& [flag, cause] : kObstacles) {
    if ((flags & flag) != 0) return cause;
  }
  return "";
}

/// Where a directory's blocks lie on the device, by number. As extents: what a hostile inode says
/// of its size, or of blocks far apart, costs no memory.
class Blocks {
 public:
  Blocks(const shred::Mapping& mapping, std::uint64_t size_bytes, std::uint32_t block_bytes)
      : extents_(mapping.extents), size_bytes_(size_bytes), block_bytes_(block_bytes) {
    for (const shred::Extent& extent : extents_) count_ += blocks_of(extent);
  }

  /// Nullopt where there is a hole.
  [[nodiscard]] std::optional<std::uint64_t> offset_bytes(std::uint64_t number) const {
    const std::uint64_t at = number * block_bytes_;
    const auto after = std::upper_bound(
        extents_.begin(), extents_.end(), at,
        [](std::uint64_t bytes, const shred::Extent& each) { return bytes < each.logical_bytes; });
    if (after == extents_.begin()) return std::nullopt;
    const shred::Extent& extent = *std::prev(after);
    const std::uint64_t inside = at - extent.logical_bytes;
    if (inside / block_bytes_ >= blocks_of(extent)) return std::nullopt;
    return extent.physical_bytes + inside;
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }

  /// All of them, in the directory's order.
  [[nodiscard]] std::vector<std::uint64_t> all() const {
    std::vector<std::uint64_t> offsets;
    offsets.reserve(count_);
    for (const shred::Extent& extent : extents_) {
      for (std::uint64_t i = 0; i < blocks_of(extent); ++i) {
        offsets.push_back(extent.physical_bytes + i * block_bytes_);
      }
    }
    return offsets;
  }

 private:
  /// As far as the directory reaches: there may be more (bigalloc).
  [[nodiscard]] std::uint64_t blocks_of(const shred::Extent& extent) const {
    if (extent.logical_bytes >= size_bytes_) return 0;
    return std::min(extent.length_bytes, size_bytes_ - extent.logical_bytes) / block_bytes_;
  }

  const std::vector<shred::Extent>& extents_;
  std::uint64_t size_bytes_;
  std::uint32_t block_bytes_;
  std::uint64_t count_ = 0;
};

/// Ten times what an htree of two levels holds in blocks of 4 KiB, all of 4 GiB in blocks of 1 KiB.
constexpr std::uint64_t kMaxBlocks = std::uint64_t{1} << 22;

/// Walks an htree from the root down.
class Walk {
 public:
  Walk(const Ext4Device& device, const Blocks& blocks)
      : device_(device), blocks_(blocks), buffer_(device.format().block_bytes) {}

  /// nullopt when the blocks do not fit together: changed meanwhile, or damaged.
  std::optional<DirectoryMap> run() {
    if (!read(0)) return std::nullopt;
    const auto root = read_index_root(buffer_);
    if (!root) return std::nullopt;
    map_.hash_version = root->hash_version;
    if (!descend(root->entries, root->levels)) return std::nullopt;
    return std::move(map_);
  }

 private:
  bool read(std::uint32_t number) {
    const auto offset = blocks_.offset_bytes(number);
    return offset && device_.read(*offset, buffer_) == 0;
  }

  bool descend(const std::vector<IndexEntry>& entries, unsigned levels) {
    for (const IndexEntry& entry : entries) {
      // Every block hangs in the tree once, and few are newer than the mapping.
      if (++steps_ > 2 * blocks_.count() || !step(entry, levels)) return false;
    }
    return true;
  }

  bool step(const IndexEntry& entry, unsigned levels) {
    if (levels > 0) {
      if (!read(entry.block)) return false;
      const auto below = read_index_node(buffer_, entry.low, entry.high);
      return below && descend(*below, levels - 1);
    }
    Place leaf{{}, entry.low, entry.high};
    // A leaf that a split has made since the blocks were mapped is not among them.
    if (const auto offset = blocks_.offset_bytes(entry.block)) leaf.blocks.push_back(*offset);
    map_.places.push_back(std::move(leaf));
    return true;
  }

  const Ext4Device& device_;
  const Blocks& blocks_;
  std::vector<std::byte> buffer_;
  std::uint64_t steps_ = 0;
  DirectoryMap map_;
};

DirectoryMap without_index(const Blocks& blocks) {
  DirectoryMap map;
  if (blocks.count() > 0) map.places.push_back({blocks.all()});
  return map;
}

/// One try; nullopt when the directory changed meanwhile.
std::variant<std::optional<DirectoryMap>, std::string> try_to_map(base::Sys& sys,
                                                                  const Ext4Device& device,
                                                                  int fd) {
  // The kernel writes an int, whatever the request's number says.
  int flags = 0;
  if (sys.ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0) return "unknown flags";
  const auto bits = static_cast<unsigned>(flags);
  if (auto obstacle = flag_obstacle(bits); !obstacle.empty()) return obstacle;
  if ((bits & FS_INLINE_DATA_FL) != 0) return DirectoryMap{};
  const auto mapped = shred::map_extents(sys, fd);
  if (const int* const error = std::get_if<int>(&mapped)) return base::errno_text(*error);
  const auto& mapping = std::get<shred::Mapping>(mapped);
  if ((mapping.flags & FIEMAP_EXTENT_DATA_INLINE) != 0) return DirectoryMap{};
  const std::string obstacle = shred::extent_obstacle(mapping.flags);
  if (!obstacle.empty()) return obstacle;
  struct statx status {};
  const int error = sys.statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, status);
  if (error != 0) return base::errno_text(-error);
  const Blocks blocks(mapping, status.stx_size, device.format().block_bytes);
  if (blocks.count() > kMaxBlocks) return "directory too large";
  if ((bits & FS_INDEX_FL) == 0) return without_index(blocks);
  auto map = Walk(device, blocks).run();
  if (map && !name_hash(device.format(), *map->hash_version, ".")) return "unknown directory hash";
  return map;
}

}  // namespace

std::variant<DirectoryMap, std::string> map_directory(base::Sys& sys, const Ext4Device& device,
                                                      int fd) {
  constexpr int kAttempts = 8;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto tried = try_to_map(sys, device, fd);
    if (auto* const cause = std::get_if<std::string>(&tried)) return std::move(*cause);
    auto& map = std::get<std::optional<DirectoryMap>>(tried);
    if (map) return std::move(*map);
  }
  return "directory changing or damaged";
}

}  // namespace expunge::residue
