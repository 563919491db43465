// The whole cleaning of one directory of a hostile ext4: superblock, extents, htree and leaves are
// what the input says. First a header, then blocks of 1 KiB from the device's third on.

#include <endian.h>
#include <ext2fs/ext2_fs.h>

#include <cstring>

#include "base/error.h"
#include "fuzz/support/disk_sys.h"
#include "fuzz/support/input.h"
#include "residue/ext4_slack.h"

using namespace expunge;

namespace {

constexpr std::size_t kBlock = 1024;

std::string superblock(unsigned flags) {
  ext2_super_block super{};
  super.s_magic = htole16(EXT2_SUPER_MAGIC);
  super.s_log_block_size = htole32((flags & 1U) != 0 ? 2 : 0);
  if ((flags & 2U) != 0) super.s_feature_ro_compat = htole32(EXT4_FEATURE_RO_COMPAT_METADATA_CSUM);
  if ((flags & 4U) != 0) super.s_flags = htole32(EXT2_FLAGS_UNSIGNED_HASH);
  std::string bytes(sizeof super, '\0');
  std::memcpy(bytes.data(), &super, sizeof super);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  fuzz::DiskSys sys;
  const unsigned flags = input.byte();
  sys.flags = static_cast<unsigned>(input.number(4));
  sys.size_bytes = input.number(8);
  sys.filler_inode = input.byte();
  sys.links_fail = input.byte();
  const std::size_t pieces = input.byte() % 32;
  const std::size_t width = (flags & 8U) != 0 ? 8 : 1;  // of the numbers, in bytes
  for (std::size_t i = 0; i < pieces; ++i) {
    fuzz::DiskSys::Piece piece;
    piece.logical_bytes = input.number(width) * (width == 1 ? kBlock : 1);
    piece.physical_bytes = input.number(width) * (width == 1 ? kBlock : 1);
    piece.length_bytes = input.number(width) * (width == 1 ? kBlock : 1);
    sys.pieces.push_back(piece);
  }
  sys.device = std::string(kBlock, '\0');
  sys.device += (flags & 16U) != 0 ? std::string(input.text(kBlock)) : superblock(flags);
  sys.device += input.rest();
  // The rest of its last block; what lies beyond is not there.
  sys.device.resize((sys.device.size() + 4095) / 4096 * 4096);

  const shred::ArchiveRoot root(sys, fuzz::DiskSys::kRoot);
  auto opened = residue::Ext4Slack::open(root);
  if (auto* const slack = std::get_if<residue::Ext4Slack>(&opened)) {
    const residue::SlackResult result = slack->clean("");
    EXPUNGE_ASSERT(result.directories == 1 && result.skipped <= 1);
    EXPUNGE_ASSERT(result.left <= result.leaves);
    EXPUNGE_ASSERT((result.left == 0 && result.skipped == 0) || !result.cause.empty());
    EXPUNGE_ASSERT(result.fillers <= sys.links);
    EXPUNGE_ASSERT(!residue::in_words(result).empty());
    static_cast<void>(slack->finish());
  }
  return 0;
}
