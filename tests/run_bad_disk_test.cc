// Whole runs on a disk that fails: sectors, blocks, the way back of what was written.

#include <linux/falloc.h>
#include <sys/ioctl.h>

#include <fcntl.h>

#include "support/bad_night.h"
#include "support/catch.h"
#include "support/office.h"
#include "support/shred_files.h"

using namespace expunge;
using test::BadDisk;
using test::BadNight;
using test::Fault;
using test::HookSys;

namespace {

constexpr int kBad = 6;  // in the second batch, and of several chunks
constexpr auto kAll = static_cast<std::uint64_t>(BadNight::kRecordings);

BadNight::FileSystem any_file_system() {
  return GENERATE(BadNight::FileSystem::ext4, BadNight::FileSystem::xfs);
}

/// One recording failed for this reason, and no other.
void check_failed_alone(BadNight& night, const run::Report& report, const std::string& reason) {
  CHECK(night.disk.faults_met() > 0);
  CHECK(report.outcome == run::Outcome::complete);
  CHECK(report.tally.destroyed == kAll - 1);
  CHECK(report.tally.failed == 1);
  CHECK(night.reason(kBad) == reason);
  CHECK(night.miscounted(report).empty());
  CHECK(run::needs_person(report));
  CHECK(night.council.exists(BadNight::path(kBad)));
  CHECK(night.council.state(BadNight::id(kBad)) == "kept");
  CHECK(night.council.log_fault().empty());
}

/// Nothing is wrong with the disk any more, and the next run finishes what is left.
void check_healed(BadNight& night) {
  night.disk.heal();
  const auto report = night.run();
  CHECK(report.outcome == run::Outcome::complete);
  CHECK(night.miscounted(report).empty());
  CHECK(night.unfinished() == "");
}

/// The blocks in the middle of a file.
std::vector<shred::Extent> middle(const std::vector<shred::Extent>& blocks) {
  const shred::Extent& extent = blocks.at(blocks.size() / 2);
  return {{0, extent.physical_bytes + extent.length_bytes / 2 / 4096 * 4096, 4096}};
}

}  // namespace

TEST_CASE("A recording with an unreadable sector fails alone and untouched", "[forensic]") {
  REQUIRE_BAD_DISK();
  BadNight night(any_file_system());
  night.disk.spoil(Fault::reads_fail, middle(night.blocks(kBad)));
  check_failed_alone(night, night.run(), "unreadable");
  CHECK(night.council.open_index().journal().empty());
  night.disk.heal();
  CHECK((night.council.content(BadNight::path(kBad)) == BadNight::content(kBad)));
  check_healed(night);
}

TEST_CASE("A recording with an unwritable sector fails alone and keeps its name", "[forensic]") {
  REQUIRE_BAD_DISK();
  BadNight night(any_file_system(), GENERATE(1U, 4U));
  night.disk.spoil(Fault::writes_fail, middle(night.blocks(kBad)));
  check_failed_alone(night, night.run(), "write-failed");
  SECTION("and again every night until the disk is healed") {
    for (int nights = 0; nights < 2; ++nights) {
      const auto again = night.run();
      CHECK(again.tally.failed == 1);
      CHECK(again.tally.destroyed == 0);
      CHECK(night.reason(kBad) == "write-failed");
      CHECK(night.miscounted(again).empty());
    }
    check_healed(night);
  }
  SECTION("and a disk that is healed by the next night takes it") {
    check_healed(night);
  }
  SECTION("and what a hold then finds of it is kept and said to be part noise") {
    night.disk.heal();
    night.council.place_hold("SAR-1", {BadNight::id(kBad), "", "", {}, {}});
    const auto report = night.run();
    CHECK(report.tally.partial == 1);
    CHECK(night.miscounted(report).empty());
    CHECK(night.council.entries("destroy.partial").size() == 1);
    CHECK(night.council.disagreement() == "");
    const std::string left = night.council.content(BadNight::path(kBad));
    const std::string original = BadNight::content(kBad);
    CHECK((left.substr(0, 4096) != original.substr(0, 4096)));
    CHECK((left.substr(2U << 20) == original.substr(2U << 20)));
  }
}

TEST_CASE("A last block that cannot be written leaves no failure to the next night", "[forensic]") {
  REQUIRE_BAD_DISK();
  // The kernel keeps an error of what it could not write out for whoever asks next.
  BadNight night(any_file_system());
  for (int i = 0; i < BadNight::kRecordings; ++i) {
    const auto blocks = night.blocks(i);
    const auto end = blocks.back().physical_bytes + blocks.back().length_bytes;
    night.disk.spoil(Fault::writes_fail, {{0, end - 4096, 4096}});
  }
  const auto report = night.run();
  CHECK(report.tally.failed == kAll);
  CHECK(report.tally.destroyed == 0);
  CHECK(night.reason(kBad) == "write-failed");
  CHECK(night.miscounted(report).empty());
  check_healed(night);
}

TEST_CASE("A write that a disk reports and never makes is no destruction", "[forensic]") {
  REQUIRE_BAD_DISK();
  BadNight night(any_file_system());
  night.disk.spoil(Fault::writes_lost, middle(night.blocks(kBad)));
  check_failed_alone(night, night.run(), "read-back-differs");
  check_healed(night);
}

TEST_CASE("A recording that cannot be read back is not destroyed", "[forensic]") {
  REQUIRE_BAD_DISK();
  BadNight night(any_file_system());
  const auto sector = middle(night.blocks(kBad));
  // It goes bad by being written to.
  HookSys sys(HookSys::Call::flush, 2, [&](int) { night.disk.spoil(Fault::reads_fail, sector); });
  check_failed_alone(night, night.run(&sys), "unreadable");
  SECTION("nor by the next run when it is to be kept and nobody can tell what is left") {
    night.council.place_hold("SAR-1", {BadNight::id(kBad), "", "", {}, {}});
    const auto report = night.run();
    CHECK(report.outcome == run::Outcome::complete);
    CHECK(report.tally.unfinished == 1);
    CHECK(night.miscounted(report).empty());
    CHECK(night.council.entries("destroy.partial").empty());
    night.disk.heal();
    CHECK(night.run().tally.partial == 1);
    CHECK(night.council.disagreement() == "");
  }
  SECTION("and the next run on a healed disk finishes it") {
    check_healed(night);
  }
}

TEST_CASE("An overwrite of blocks that the file has no more is never claimed", "[forensic]") {
  REQUIRE_BAD_DISK();
  BadNight night(BadNight::FileSystem::ext4);
  const std::string donor = night.disk.root() + "/donor";
  const std::string original = BadNight::content(kBad);
  test::put(donor, std::string(original.size(), '-'));
  int number = 0;  // of the first write to the bad one: the files before it take one for each chunk
  for (int i = 0; i < kBad; ++i) number += i % 4 == 2 ? 3 : 1;
  // As a defragmenter does it, after the blocks were listed and before they are overwritten.
  HookSys sys(HookSys::Call::overwrite, number + 1, [&](int fd) {
    struct {
      std::uint32_t reserved, donor_fd;
      std::uint64_t orig_start, donor_start, blocks, moved;
    } move{};
    const int donor_fd = ::open(donor.c_str(), O_RDWR | O_CLOEXEC);
    move.donor_fd = static_cast<std::uint32_t>(donor_fd);
    move.blocks = (original.size() + 4095) / 4096;
    constexpr unsigned long kMoveExtents = _IOWR('f', 15, decltype(move));
    REQUIRE(::ioctl(fd, kMoveExtents, &move) == 0);
    REQUIRE(move.moved == move.blocks);
    ::close(donor_fd);
  });
  const auto old_place = night.blocks(kBad).at(0).physical_bytes;
  const auto report = night.run(&sys);
  CHECK(report.outcome == run::Outcome::complete);
  CHECK(report.tally.destroyed == kAll - 1);
  CHECK(night.reason(kBad) == "extents-moved");
  CHECK(night.miscounted(report).empty());
  CHECK(night.council.exists(BadNight::path(kBad)));
  // So it would have been a lie.
  CHECK(test::slurp(night.disk.platter()).compare(old_place, 100, original, 0, 100) == 0);
  const auto again = night.run();
  CHECK(again.tally.destroyed == 0);
  CHECK(again.summary.count(plan::Verdict::attention).recordings == 1);
  CHECK(night.miscounted(again).empty());
  CHECK(night.council.log_fault().empty());
  CHECK(night.council.open_index().journal().empty());
}

TEST_CASE("Blocks that moved since an interrupted run are one failure and no more", "[forensic]") {
  REQUIRE_BAD_DISK();
  BadNight night(any_file_system());
  night.disk.spoil(Fault::writes_fail, middle(night.blocks(kBad)));
  check_failed_alone(night, night.run(), "write-failed");
  night.disk.heal();
  {
    // Other blocks for the same file.
    const std::string path = night.council.path(BadNight::path(kBad));
    const auto before = night.blocks(kBad);
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 8192) == 0);
    ::close(fd);
    REQUIRE(night.blocks(kBad) != before);
  }
  const auto report = night.run();
  CHECK(report.tally.destroyed == 0);
  CHECK(report.tally.overtaken == 0);
  CHECK(night.reason(kBad) == "extents-moved");
  CHECK(night.miscounted(report).empty());
  CHECK(night.council.exists(BadNight::path(kBad)));
}

TEST_CASE("Recordings in a directory that cannot be read are not taken for missing", "[forensic]") {
  REQUIRE_BAD_DISK();
  BadNight night(BadNight::FileSystem::ext4);
  const auto directory = night.disk.blocks_of(night.council.path("2025/10"));
  night.disk.remount();
  night.disk.spoil(Fault::reads_fail, directory);
  const auto report = night.run();
  CHECK(report.tally.failed == kAll);
  for (int i = 0; i < BadNight::kRecordings; ++i) CHECK(night.reason(i) == "unreadable");
  CHECK(night.miscounted(report).empty());
  night.disk.heal();
  night.disk.remount();
  check_healed(night);
}

TEST_CASE("The program says of a bad sector what and where and exits with 1", "[forensic]") {
  REQUIRE_BAD_DISK();
  BadDisk disk("mkfs.ext4 -q -b 4096", 64 << 20);
  const test::Office office(disk.root() + "/recordings");
  std::string csv = "id,department,recorded_at,path\n";
  for (const char* name : {"a", "b", "c"}) {
    office.write(std::string(name) + ".wav", test::marked("DUE RECORDING", 20000));
    csv += std::string(name) + ",Customer Services," + test::Office::days_ago(400) + "," + name +
           ".wav\n";
  }
  office.write("new.wav", "kept");
  csv += "new,Customer Services," + test::Office::days_ago(1) + ",new.wav\n";
  CHECK_ENDED(office.call({"import", "-"}, csv), 0);
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "read it"}), 0);
  disk.spoil(Fault::writes_fail, disk.blocks_of(office.root + "/b.wav"));
  const test::Ended run = office.call({"run"});
  CHECK_ENDED(run, 1);
  CHECK(test::contains(run.out, "destroyed 2"));
  CHECK(test::contains(run.out, "failed 1"));
  CHECK(test::contains(run.err, "b: the overwrite failed part way; look at the disk"));
  CHECK_ENDED(office.call({"log", "verify"}), 0);
  disk.heal();
  CHECK_ENDED(office.call({"run"}), 0);
  CHECK_FALSE(office.exists("b.wav"));
  CHECK_ENDED(office.call({"log", "verify"}), 0);
}
