#include "residue/ext4_directory.h"

#include <endian.h>
#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>

#include "base/error.h"

namespace expunge::residue {
namespace {

constexpr std::size_t kEntryHeaderBytes = offsetof(ext2_dir_entry_2, name);
constexpr std::uint32_t kMinRecordBytes = 12;  // a header and a name of up to 4 bytes
constexpr std::uint32_t kDottedBytes = 24;     // `.` and `..`, before the root's own header

/// The lengths of the records that fillers have as a rule. Few, so that a name whose hash did not
/// do for one leaf does for another; the last is the longest name's, in fours.
constexpr std::array<std::uint32_t, 14> kRecords = {12, 16, 20,  24,  32,  40,  48,
                                                    64, 80, 104, 136, 176, 220, 260};

/// A structure of the disk's, wherever it lies.
template <typename T>
std::optional<T> structure_at(Block block, std::size_t offset_bytes) {
  if (offset_bytes > block.size() || block.size() - offset_bytes < sizeof(T)) return std::nullopt;
  T value{};
  std::memcpy(&value, block.data() + offset_bytes, sizeof value);
  return value;
}

std::optional<std::vector<IndexEntry>> read_index(Block block, std::size_t offset_bytes,
                                                  std::uint32_t low, std::uint32_t high) {
  // The first entry has no hash: the counts stand there.
  const auto counts = structure_at<ext2_dx_countlimit>(block, offset_bytes);
  if (!counts) return std::nullopt;
  const std::size_t count = le16toh(counts->count);
  if (count == 0 || count > le16toh(counts->limit) ||
      count > (block.size() - offset_bytes) / sizeof(ext2_dx_entry)) {
    return std::nullopt;
  }
  std::vector<IndexEntry> entries;
  entries.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto entry = structure_at<ext2_dx_entry>(block, offset_bytes + i * sizeof(ext2_dx_entry));
    const std::uint32_t from = i == 0 ? low : le32toh(entry->hash);
    if (i > 0) entries.back().high = from;
    entries.push_back({le32toh(entry->block) & EXT4_DX_BLOCK_MASK, from, high});
  }
  return entries;
}

/// An entry of a leaf, and where it ends.
struct Record {
  std::uint32_t inode = 0;
  std::size_t bytes = 0;       ///< of the whole record
  std::size_t used_bytes = 0;  ///< 0: the record is free
  std::size_t name_bytes = 0;
};

/// A record's length as it stands in blocks of that size (ext4_rec_len_from_disk()).
std::size_t record_length(std::uint16_t stored, std::size_t block_bytes) {
  constexpr std::size_t kLargestBlockBytes = 65536;
  if (block_bytes < kLargestBlockBytes) return stored;
  if (stored == 0 || stored == 65535) return block_bytes;
  return (stored & 65532U) | ((stored & 3U) << 16);
}

std::optional<Record> record_at(Block block, std::size_t offset_bytes, std::size_t end_bytes) {
  struct Header {
    std::uint32_t inode;
    std::uint16_t record_bytes;
    std::uint8_t name_bytes;
    std::uint8_t type;
  };
  static_assert(sizeof(Header) == kEntryHeaderBytes);
  const auto header = structure_at<Header>(block.first(end_bytes), offset_bytes);
  if (!header) return std::nullopt;
  Record record;
  record.inode = le32toh(header->inode);
  record.bytes = record_length(le16toh(header->record_bytes), block.size());
  record.name_bytes = header->name_bytes;
  if (record.bytes < kEntryHeaderBytes || record.bytes % 4 != 0 ||
      record.bytes > end_bytes - offset_bytes) {
    return std::nullopt;
  }
  if (record.inode == 0) return record;
  record.used_bytes = (kEntryHeaderBytes + record.name_bytes + 3) / 4 * 4;
  if (record.name_bytes == 0 || record.used_bytes > record.bytes) return std::nullopt;
  return record;
}

/// Whether an entry may be called so. The kernel makes no other; whoever made up the disk may want
/// a file somewhere else to be taken for this one.
bool is_name(std::string_view name) {
  return name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

}  // namespace

std::optional<IndexRoot> read_index_root(Block block) {
  const auto info = structure_at<ext2_dx_root_info>(block, kDottedBytes);
  // The third level needs large_dir; the kernel knows no fourth.
  constexpr unsigned kMaxLevels = 3;
  if (!info || info->reserved_zero != 0 || info->info_length != sizeof *info ||
      info->indirect_levels > kMaxLevels) {
    return std::nullopt;
  }
  auto entries = read_index(block, kDottedBytes + sizeof *info, 0, UINT32_MAX);
  if (!entries) return std::nullopt;
  return IndexRoot{info->hash_version, info->indirect_levels, std::move(*entries)};
}

std::optional<std::vector<IndexEntry>> read_index_node(Block block, std::uint32_t low,
                                                       std::uint32_t high) {
  // A node looks like a block with one free record.
  const auto record = record_at(block, 0, block.size());
  if (!record || record->inode != 0 || record->bytes != block.size()) return std::nullopt;
  return read_index(block, kEntryHeaderBytes, low, high);
}

std::optional<std::uint32_t> name_hash(const Ext4Format& format, unsigned version,
                                       const std::string& name) {
  if (version > EXT2_HASH_TEA) return std::nullopt;
  if (format.unsigned_hash) version += EXT2_HASH_LEGACY_UNSIGNED;
  ext2_dirhash_t hash = 0;
  if (ext2fs_dirhash(static_cast<int>(version), name.data(), static_cast<int>(name.size()),
                     format.hash_seed.data(), &hash, nullptr) != 0) {
    return std::nullopt;
  }
  // ext4fs_dirhash() keeps the highest for the end of the directory; libext2fs does not.
  constexpr std::uint32_t kEnd = 0xfffffffe;
  return (hash & ~1U) == kEnd ? kEnd - 2 : hash & ~1U;
}

std::optional<Leaf> read_leaf(Block block, const Ext4Format& format, std::uint64_t filler_inode) {
  const std::size_t tail_bytes = format.checksums ? sizeof(ext2_dir_entry_tail) : 0;
  if (block.size() <= tail_bytes) return std::nullopt;
  const std::size_t end_bytes = block.size() - tail_bytes;
  Leaf leaf;
  for (std::size_t at = 0; at < end_bytes;) {
    const auto record = record_at(block, at, end_bytes);
    if (!record) return std::nullopt;
    const bool filler = record->inode != 0 && record->inode == filler_inode;
    if (filler) {
      const Block name = block.subspan(at + kEntryHeaderBytes, record->name_bytes);
      leaf.fillers.emplace_back(reinterpret_cast<const char*>(name.data()), name.size());
      if (!is_name(leaf.fillers.back())) return std::nullopt;
    }
    if (record->bytes > record->used_bytes) {
      // A free record keeps its header, which holds no name.
      const std::size_t from =
          std::max(record->used_bytes, record->inode == 0 ? kEntryHeaderBytes : 0);
      const Block gap = block.subspan(at + from, record->bytes - from);
      const bool stale = !filler && std::any_of(gap.begin(), gap.end(), [](std::byte byte) {
        return byte != std::byte{0};
      });
      const auto bytes = static_cast<std::uint32_t>(record->bytes - record->used_bytes);
      if (bytes >= kMinRecordBytes) {
        leaf.gaps.push_back({bytes, stale});
        leaf.stale_gaps += stale ? 1 : 0;
      } else {
        leaf.small_stale += stale ? 1 : 0;
      }
    }
    at += record->bytes;
  }
  return leaf;
}

std::optional<std::size_t> filler_name_bytes(std::span<const Gap> gaps) {
  std::uint32_t largest = 0;
  for (const Gap& gap : gaps) {
    EXPUNGE_ASSERT(gap.bytes >= kMinRecordBytes && gap.bytes % 4 == 0);
    if (gap.stale) {
      // Names of 8 bytes rather than 4, where they fit: there are many more of them.
      const std::uint32_t least = std::max(std::min(gap.bytes, kRecords[1]), largest + 4);
      const std::uint32_t most = std::min(gap.bytes, kRecords.back());
      const auto* const record = std::lower_bound(kRecords.begin(), kRecords.end(), least);
      if (record != kRecords.end() && *record <= most) return *record - kEntryHeaderBytes;
      if (least <= most) return least - kEntryHeaderBytes;
      return *std::prev(std::upper_bound(kRecords.begin(), kRecords.end(), largest)) -
             kEntryHeaderBytes;
    }
    largest = std::max(largest, gap.bytes);
  }
  return std::nullopt;
}

}  // namespace expunge::residue
