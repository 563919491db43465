// What an examiner with the raw XFS image finds of the names of removed files.

#include "residue/xfs_names.h"

#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include "support/catch.h"
#include "support/residue_xfs.h"
#include "support/shred_files.h"

using namespace expunge;
using test::XfsArchive;

namespace {

constexpr uid_t kNobody = 65534;

/// What was said, but for inodes that cannot be reached.
bool all_erased(const residue::Account& account) {
  CAPTURE(account.said);
  CHECK(account.said.size() == 3);
  return account.said.at(0) == "xfs-journal: erased" &&
         account.said.at(1) == "xfs-directories: erased" &&
         account.said.at(2).starts_with("xfs-inodes: ") &&
         account.said.at(2).find('(') == std::string::npos &&
         account.said.at(2).find("not") == std::string::npos;
}

residue::Account clean(XfsArchive& archive, base::Sys& sys = base::real_sys()) {
  const shred::ArchiveRoot root(sys, archive.image().root());
  const auto names = residue::xfs_names(root);
  archive.remove_all(sys, names.get());
  return names->finish(archive.directories());
}

/// How many numbers are left, and the first of them; empty when none is.
std::string left(XfsArchive& archive) {
  const auto found = archive.found();
  return found.empty() ? "" : fmt::format("{}: {}, …", found.size(), *found.begin());
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
    CHECK(all_erased(account));
    CHECK(account.finished == archive.directories());
    CHECK(left(archive) == "");
    CHECK(archive.disagreement() == "");
  }
}

TEST_CASE("Names leave an XFS image without privileges too", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  XfsArchive archive;
  archive.add_every_kind();
  archive.give_to(kNobody);
  const int failed = test::as_user(kNobody, [&] {
    const residue::Account account = clean(archive);
    return all_erased(account) && account.finished == archive.directories() ? 0 : 1;
  });
  CHECK(failed == 0);
  CHECK(left(archive) == "");
  CHECK(archive.disagreement() == "");
}

TEST_CASE("Names leave an XFS image where sysfs does not show the log", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  class WithoutSysfs : public base::Sys {
    int openat(int dirfd, const char* path, int flags, mode_t mode) override {
      if (std::string_view(path).starts_with("/sys/")) return -ENOENT;
      return Sys::openat(dirfd, path, flags, mode);
    }
  } sys;
  XfsArchive archive;
  archive.add({{"rm300", 300, [](int) { return false; }},
               {"live300", 300, [](int i) { return i % 5 == 0; }}});
  CHECK(all_erased(clean(archive, sys)));
  CHECK(left(archive) == "");
  CHECK(archive.disagreement() == "");
}

TEST_CASE("Names leave XFS images of other shapes", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  for (const char* options : {"-b size=1024", "-n size=16384", "-i size=2048"}) {
    CAPTURE(options);
    XfsArchive archive(options);
    archive.add_every_kind();
    archive.age();
    CHECK(all_erased(clean(archive)));
    CHECK(left(archive) == "");
    CHECK(archive.disagreement() == "");
  }
}

TEST_CASE("A directory of one call and its name leave an XFS image", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  XfsArchive archive;
  std::vector<XfsArchive::Directory> calls;
  for (int i = 0; i < 300; ++i) {
    calls.push_back({fmt::format("2025/{:02}/call_077{:08}_x", i % 3, i * 7919 + 1), 2,
                     [=](int) { return i % 3 == 0 && i % 5 == 0; }});
  }
  archive.add(calls);
  archive.age();
  CHECK(all_erased(clean(archive)));
  CHECK(left(archive) == "");
  CHECK(archive.disagreement() == "");
}

TEST_CASE("Names leave an XFS image night after night", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  XfsArchive archive;
  archive.add_every_kind();
  archive.age();
  CHECK(all_erased(clean(archive)));
  archive.image().remount();
  archive.survive_no_longer([](std::size_t i) { return i % 2 == 0; });
  CHECK(all_erased(clean(archive)));
  archive.image().remount();
  archive.survive_no_longer([](std::size_t) { return true; });
  CHECK(all_erased(clean(archive)));
  // A directory in which a single file is kept returns into its inode, and the block that it frees
  // bears that file's name: no later run can reach it.
  CHECK(archive.found().size() <= 1);
  CHECK(archive.disagreement() == "");
}

TEST_CASE("Names leave an XFS image while another thread pushes", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  XfsArchive archive;
  archive.add({{"rm300", 300, [](int) { return false; }},
               {"live300", 300, [](int i) { return i % 5 == 0; }}});
  {
    const shred::ArchiveRoot root(base::real_sys(), archive.image().root());
    const auto names = residue::xfs_names(root);
    std::atomic<bool> stop{false};
    std::atomic<int> pushes{0};
    std::thread pushing([&] {
      while (!stop) pushes += names->push() ? 1 : 0;
    });
    while (pushes == 0) std::this_thread::yield();
    archive.remove_all(base::real_sys(), names.get());
    stop = true;
    pushing.join();
    CHECK(all_erased(names->finish(archive.directories())));
  }
  CHECK(left(archive) == "");
  CHECK(archive.disagreement() == "");
}

TEST_CASE("Beside a recorder at work names leave an XFS image", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  XfsArchive archive;
  archive.add_every_kind();
  archive.add({{"2026/today", 300, [](int) { return true; }}});
  archive.age();
  test::XfsRecorder recorder(archive.image(), {"2026/today", "2025"});
  CHECK(all_erased(clean(archive)));
  for (const std::string& path : recorder.stop()) archive.expect_survivor(path);
  CHECK(left(archive) == "");
  CHECK(archive.disagreement() == "");
}

TEST_CASE("Where a recorder works at once few names stay in an XFS image", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  XfsArchive archive;
  archive.add_every_kind();
  archive.age();
  test::XfsRecorder recorder(archive.image(), archive.directories());
  static_cast<void>(clean(archive));
  for (const std::string& path : recorder.stop()) archive.expect_survivor(path);
  CHECK(archive.found().size() <= 8);  // of some 5,700
  CHECK(archive.disagreement() == "");
}
