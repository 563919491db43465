#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "residue/ext4_device.h"

namespace expunge::residue {

/// The blocks of an ext4 directory, as bytes (Documentation/filesystems/ext4/directory.rst). A
/// block that was read while the kernel changed it, or that somebody made up, may say anything:
/// what does not hold together is nullopt, and nothing outside the span is looked at.
using Block = std::span<const std::byte>;

/// A block that an htree names, and the hashes of the names that go there: from `low`, below
/// `high`.
struct IndexEntry {
  std::uint32_t block = 0;
  std::uint32_t low = 0;
  std::uint32_t high = 0;

  bool operator==(const IndexEntry&) const = default;
};

/// The root of an htree: block 0 of an indexed directory.
struct IndexRoot {
  unsigned hash_version = 0;
  unsigned levels = 0;  ///< of nodes between the root and the leaves
  std::vector<IndexEntry> entries;
};

[[nodiscard]] std::optional<IndexRoot> read_index_root(Block block);

/// A node below the root, for hashes from `low`, below `high`.
[[nodiscard]] std::optional<std::vector<IndexEntry>> read_index_node(Block block, std::uint32_t low,
                                                                     std::uint32_t high);

/// The hash by which an htree of that version places a name; nullopt for a version that libext2fs
/// does not compute without more knowledge (SipHash of encrypted names).
[[nodiscard]] std::optional<std::uint32_t> name_hash(const Ext4Format& format, unsigned version,
                                                     const std::string& name);

/// Room behind an entry, or a record without one.
struct Gap {
  std::uint32_t bytes = 0;
  /// Something of a removed name may stand there. Not set behind a filler: what is there is
  /// cleared with it.
  bool stale = false;

  bool operator==(const Gap&) const = default;
};

/// What a leaf holds, as far as it matters here.
struct Leaf {
  std::vector<Gap> gaps;  ///< that an entry fits into, in the order in which the kernel tries them
  std::uint32_t stale_gaps = 0;      ///< of these
  std::uint32_t small_stale = 0;     ///< stale gaps of 4 or 8 bytes, which no entry fits into
  std::vector<std::string> fillers;  ///< names of the entries for `filler_inode`
};

/// Reads a leaf of a directory, or a block of one without an htree. `filler_inode` 0: there are no
/// fillers. The name of a filler is one that an entry may have: it leads out of no directory.
[[nodiscard]] std::optional<Leaf> read_leaf(Block block, const Ext4Format& format,
                                            std::uint64_t filler_inode);

/// The length of the name that the next filler must have: the kernel puts a new entry into the
/// first gap that it fits into, and the best is a length for which that is the first stale gap. If
/// an earlier gap is as large, one that takes from the largest earlier gap. nullopt if no gap is
/// stale.
[[nodiscard]] std::optional<std::size_t> filler_name_bytes(std::span<const Gap> gaps);

}  // namespace expunge::residue
