// Blocks of an ext4 directory as a raw device has them: superblock, htree root and node, leaf.

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "base/error.h"
#include "fuzz/support/input.h"
#include "residue/ext4_directory.h"
#include "residue/filler_names.h"

using namespace expunge;
using namespace expunge::residue;

namespace {

void check_entries(const std::vector<IndexEntry>& entries, Block block, std::uint32_t low,
                   std::uint32_t high) {
  EXPUNGE_ASSERT(!entries.empty() && entries.size() * 8 <= block.size());
  EXPUNGE_ASSERT(entries.front().low == low && entries.back().high == high);
  for (std::size_t i = 1; i < entries.size(); ++i) {
    EXPUNGE_ASSERT(entries[i - 1].high == entries[i].low);
  }
}

/// Fills gap after gap as the kernel would, first fit, with names of the length that is asked for:
/// every stale gap must be reached.
void check_fillers(std::vector<Gap> gaps) {
  std::size_t steps = 0;
  while (const auto bytes = filler_name_bytes(gaps)) {
    EXPUNGE_ASSERT(*bytes >= 2 && *bytes <= 255);
    const auto record = static_cast<std::uint32_t>((8 + *bytes + 3) / 4 * 4);
    const auto gap = std::find_if(gaps.begin(), gaps.end(),
                                  [&](const Gap& each) { return each.bytes >= record; });
    EXPUNGE_ASSERT(gap != gaps.end());
    // The filler takes the gap's rest with it: what stood there is cleared when it is removed.
    gap->bytes -= record;
    gap->stale = false;
    if (gap->bytes < 12) gaps.erase(gap);
    EXPUNGE_ASSERT(++steps < 70000);
  }
  EXPUNGE_ASSERT(std::none_of(gaps.begin(), gaps.end(), [](const Gap& gap) { return gap.stale; }));
}

void check_leaf(Block block, const Ext4Format& format, std::uint64_t filler_inode) {
  const auto leaf = read_leaf(block, format, filler_inode);
  if (!leaf) return;
  std::size_t room = 0;
  std::size_t stale = 0;
  for (const Gap& gap : leaf->gaps) {
    EXPUNGE_ASSERT(gap.bytes >= 12 && gap.bytes % 4 == 0);
    room += gap.bytes;
    stale += gap.stale ? 1 : 0;
  }
  EXPUNGE_ASSERT(room <= block.size() && stale == leaf->stale_gaps);
  for (const std::string& name : leaf->fillers) {
    // It will be unlinked by this name: it must be one, in this directory.
    EXPUNGE_ASSERT(!name.empty() && name.size() <= 255 && name != "." && name != "..");
    EXPUNGE_ASSERT(name.find('/') == std::string::npos && name.find('\0') == std::string::npos);
  }
  check_fillers(leaf->gaps);
  // Without anything in the gaps there is nothing stale; what else it holds is the same.
  const auto without = read_leaf(block, format, 0);
  EXPUNGE_ASSERT(without && without->fillers.empty());
  EXPUNGE_ASSERT(without->stale_gaps + without->small_stale >=
                 leaf->stale_gaps + leaf->small_stale);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned flags = input.byte();
  const std::uint64_t filler_inode = input.byte();
  // A copy of exactly its size, so that a look beyond it is seen.
  const std::string_view rest = input.rest();
  std::vector<std::byte> bytes(rest.size());
  if (!bytes.empty()) std::memcpy(bytes.data(), rest.data(), rest.size());
  // As large as a block is, zeros at its end, when so asked.
  if ((flags & 4U) != 0) {
    constexpr std::size_t kSizes[] = {1024, 2048, 4096, 65536};
    bytes.resize(kSizes[flags >> 6], std::byte{0});
  }
  Ext4Format format;
  format.block_bytes = static_cast<std::uint32_t>(bytes.size());
  format.checksums = (flags & 1U) != 0;
  format.unsigned_hash = (flags & 2U) != 0;
  if (bytes.size() >= kSuperblockBytes) {
    if (const auto super = read_superblock(std::span(bytes).first(kSuperblockBytes))) {
      EXPUNGE_ASSERT(super->block_bytes >= 1024 && super->block_bytes <= 65536);
      format.hash_seed = super->hash_seed;
    }
  }
  if (const auto root = read_index_root(bytes)) {
    EXPUNGE_ASSERT(root->levels <= 3);
    check_entries(root->entries, bytes, 0, UINT32_MAX);
    const IndexEntry& leaf = root->entries.back();
    const auto hash = name_hash(format, root->hash_version, ".x");
    if (hash && (flags & 8U) != 0) {
      FillerNames names(format, root->hash_version, root->entries.size());
      const std::uint32_t low = std::min(leaf.low, *hash);
      const auto name = names.find(8, low, UINT32_MAX);
      EXPUNGE_ASSERT(!name || (name->size() == 8 && name->front() == '.'));
      EXPUNGE_ASSERT(!name || name_hash(format, root->hash_version, *name).value() >= low);
    }
  }
  if (const auto entries = read_index_node(bytes, 5, 0xfffffff0)) {
    check_entries(*entries, bytes, 5, 0xfffffff0);
  }
  check_leaf(bytes, format, filler_inode);
  return 0;
}
