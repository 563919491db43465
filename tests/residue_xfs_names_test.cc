// What an examiner with the raw XFS image finds of the names of removed files.

#include "residue/xfs_names.h"

#include <chrono>

#include "support/catch.h"
#include "support/residue_xfs.h"

using namespace expunge;
using test::XfsArchive;

namespace {

using Said = std::vector<std::string>;

const Said kAllErased{"xfs-journal: erased", "xfs-directories: erased", "xfs-inodes: erased"};

residue::Account clean(XfsArchive& archive, base::Sys& sys = base::real_sys()) {
  const shred::ArchiveRoot root(sys, archive.image().root());
  const auto names = residue::xfs_names(root);
  archive.remove_all(sys, names.get());
  return names->finish(archive.directories());
}

}  // namespace

TEST_CASE("Names that are only unlinked stay in an XFS image", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  XfsArchive archive;
  archive.add_every_kind();
  archive.age();
  archive.remove_all(base::real_sys(), nullptr);
  CHECK(archive.found().size() > archive.destroyed() * 9 / 10);
}

TEST_CASE("Of names removed with the means of XFS an image keeps none", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  for (const bool aged : {true, false}) {
    CAPTURE(aged);
    XfsArchive archive;
    archive.add_every_kind();
    if (aged) archive.age();
    const residue::Account account = clean(archive);
    CHECK(account.said == kAllErased);
    CHECK(account.finished == archive.directories());
    CHECK(archive.found() == std::set<std::string>{});
    CHECK(archive.disagreement().empty());
  }
}
