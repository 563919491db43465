#include "residue/ext4_map.h"

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/stat.h>

#include <array>
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

/// The byte offsets of a directory's blocks on the device, by number; 0 where there is a hole.
using Offsets = std::vector<std::uint64_t>;

Offsets block_offsets(const shred::Mapping& mapping, std::uint64_t size_bytes,
                      std::uint32_t block_bytes) {
  Offsets offsets(size_bytes / block_bytes, 0);
  for (const shred::Extent& extent : mapping.extents) {
    for (std::uint64_t at = 0; at < extent.length_bytes; at += block_bytes) {
      const std::uint64_t number = (extent.logical_bytes + at) / block_bytes;
      if (number >= offsets.size()) break;
      offsets[number] = extent.physical_bytes + at;
    }
  }
  return offsets;
}

/// Walks an htree from the root down.
class Walk {
 public:
  Walk(const Ext4Device& device, const Offsets& offsets)
      : device_(device), offsets_(offsets), buffer_(device.format().block_bytes) {}

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
    return number < offsets_.size() && offsets_[number] != 0 &&
           device_.read(offsets_[number], buffer_) == 0;
  }

  bool descend(const std::vector<IndexEntry>& entries, unsigned levels) {
    for (const IndexEntry& entry : entries) {
      // Every block hangs in the tree once, and few are newer than the mapping.
      if (++steps_ > 2 * offsets_.size() || !step(entry, levels)) return false;
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
    if (entry.block < offsets_.size() && offsets_[entry.block] != 0) {
      leaf.blocks.push_back(offsets_[entry.block]);
    }
    map_.places.push_back(std::move(leaf));
    return true;
  }

  const Ext4Device& device_;
  const Offsets& offsets_;
  std::vector<std::byte> buffer_;
  std::size_t steps_ = 0;
  DirectoryMap map_;
};

DirectoryMap without_index(const Offsets& offsets) {
  DirectoryMap map;
  Place all;
  for (const std::uint64_t offset : offsets) {
    if (offset != 0) all.blocks.push_back(offset);
  }
  if (!all.blocks.empty()) map.places.push_back(std::move(all));
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
  const Offsets offsets = block_offsets(mapping, status.stx_size, device.format().block_bytes);
  if ((bits & FS_INDEX_FL) == 0) return without_index(offsets);
  auto map = Walk(device, offsets).run();
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
