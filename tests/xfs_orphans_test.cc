// What the checker of cuts may pass over, and nothing more.
#include "support/xfs_orphans.h"
#include "support/catch.h"

using expunge::test::is_about_orphans_attributes;

namespace {

// As xfs_repair 6.1 printed it.
const std::string kOrphan = R"(No modify flag set, skipping phase 5
Phase 1 - find and verify superblock...
Cannot get host filesystem geometry.
Repair may fail if there is a sector size mismatch between
the image and the host filesystem.
Phase 2 - using internal log
        - zero log...
        - scan filesystem freespace and inode maps...
agi unlinked bucket 18 is 11090 in ag 0 (inode=11090)
        - found root inode chunk
Phase 3 - for each AG...
Metadata CRC error detected at 0x55f77833e060, xfs_attr3_leaf block 0x2e00/0x1000
bad attribute leaf magic 0xc18d for inode 11090
problem with attribute contents in inode 11090
would clear attr fork
bad nblocks 17 for inode 11090, would reset to 0
bad anextents 2 for inode 11090, would reset to 0
Phase 6 - check inode connectivity...
        - moving disconnected inodes to lost+found ...
disconnected inode 11090, would move to lost+found
Phase 7 - verify link counts...
would have reset inode 11090 nlinks from 0 to 1
No modify flag set, skipping filesystem flush and exiting.
)";

std::string with(const std::string& from, const std::string& to) {
  std::string text = kOrphan;
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("An orphan whose attributes XFS itself gave up too early is the kernel's affair") {
  CHECK(is_about_orphans_attributes(kOrphan));
}

TEST_CASE("Nothing else that is wrong with a file system is passed over") {
  CHECK_FALSE(is_about_orphans_attributes(""));
  CHECK_FALSE(is_about_orphans_attributes(with("(inode=11090)", "(inode=11091)")));
  CHECK_FALSE(is_about_orphans_attributes(
      with("would clear attr fork\n", "bad data fork in inode 77\nwould clear attr fork\n")));
  CHECK_FALSE(is_about_orphans_attributes(
      with("Phase 3", "agf_freeblks 10, counted 11 in ag 0: wrong\nPhase 3")));
  CHECK_FALSE(
      is_about_orphans_attributes("agi unlinked bucket 18 is 11090 in ag 0 (inode=11090)\n"
                                  "disconnected inode 11090, would move to lost+found\n"));
}
