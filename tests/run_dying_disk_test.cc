// Whole runs on a disk that fails as a whole: its flushes, its writes, all of it; under the
// recordings, or under index and log.

#include <sys/ioctl.h>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "support/bad_night.h"
#include "support/catch.h"
#include "support/loop_image.h"

using namespace expunge;
using test::BadDisk;
using test::BadNight;
using test::Council;
using test::Fault;
using test::HookSys;

namespace {

constexpr auto kAll = static_cast<std::uint64_t>(BadNight::kRecordings);
constexpr auto kBatch = static_cast<std::uint64_t>(BadNight::kBatch);

BadNight::FileSystem any_file_system() {
  return GENERATE(BadNight::FileSystem::ext4, BadNight::FileSystem::xfs);
}

/// The disk is changed for a good one with the same content, and the next run finishes.
void check_healed(BadNight& night) {
  night.disk.heal();
  night.disk.remount();
  const auto report = night.run();
  CHECK(report.outcome == run::Outcome::complete);
  CHECK(night.miscounted(report) == "");
  CHECK(night.unfinished() == "");
}

/// Whether what is not claimed to be destroyed still has its name, and what is claimed is noise.
void check_claims(BadNight& night) {
  for (int i = 0; i < BadNight::kRecordings; ++i) {
    bool claimed = false;
    for (const std::string& line : night.council.entries("destroy")) {
      claimed |= line.find("\"" + BadNight::id(i) + "\"") != std::string::npos;
    }
    const bool is_there = night.council.exists(BadNight::path(i));
    if (!claimed) CHECK(is_there);
    if (claimed && is_there) {
      CHECK(night.council.content(BadNight::path(i)).find("AUDIO OF CALL") == std::string::npos);
    }
  }
}

}  // namespace

TEST_CASE("After a flush that the device fails nothing of its batch is claimed", "[forensic]") {
  REQUIRE_BAD_DISK();
  const unsigned workers = GENERATE(1U, 4U);
  BadNight night(any_file_system(), workers);
  HookSys sys(HookSys::Call::flush, 2, [&](int) { night.disk.spoil(Fault::flushes_fail); });
  const auto report = night.run(&sys);
  CHECK(night.disk.faults_met() > 0);
  CHECK(report.outcome == run::Outcome::failed);
  CHECK(run::needs_person(report));
  CHECK(report.failure.find("the disk did not confirm") != std::string::npos);
  CHECK(report.tally.destroyed == kBatch);
  CHECK(report.tally.failed == kBatch);
  CHECK(report.tally.unfinished >= kBatch);  // and names of the batch before it, perhaps
  CHECK(night.miscounted(report) == "");
  for (int i = BadNight::kBatch; i < 2 * BadNight::kBatch; ++i) {
    CHECK(night.reason(i) == "flush-failed");
  }
  CHECK(night.council.log_fault() == "");
  night.disk.heal();
  night.disk.remount();  // which may have stopped itself
  check_claims(night);
  for (int i = 2 * BadNight::kBatch; i < BadNight::kRecordings; ++i) {
    CHECK((night.council.content(BadNight::path(i)) == BadNight::content(i)));
  }
  check_healed(night);
}

TEST_CASE("When a flush fails what failed before it in its batch is said too", "[forensic]") {
  REQUIRE_BAD_DISK();
  BadNight night(any_file_system());
  night.disk.spoil(Fault::reads_fail, night.blocks(4));
  night.disk.spoil(Fault::writes_fail, night.blocks(5));
  HookSys sys(HookSys::Call::flush, 2, [&](int) { night.disk.spoil(Fault::flushes_fail); });
  const auto report = night.run(&sys);
  CHECK(report.outcome == run::Outcome::failed);
  CHECK(night.reason(4) == "unreadable");
  CHECK(night.reason(5) == "write-failed");
  CHECK(night.reason(6) == "flush-failed");
  CHECK(report.tally.failed == kBatch);
  CHECK(report.tally.unfinished == kBatch - 1);  // nothing was begun on the first
  CHECK(night.miscounted(report) == "");
  check_healed(night);
}

namespace {

/// A file system that cannot flush may forget what was made shortly before.
void put_on_disk(const std::string& path) {
  const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(::syncfs(file.get()) == 0);
}

}  // namespace

TEST_CASE("A flush that fails under what a hold stops part way ends the run", "[forensic]") {
  REQUIRE_BAD_DISK();
  BadNight night(any_file_system());
  const auto last = night.blocks(2).back();
  night.disk.spoil(Fault::writes_fail, {{0, last.physical_bytes + last.length_bytes - 8192, 4096}});
  REQUIRE(night.run().tally.failed == 1);
  night.council.place_hold("SAR-1", {BadNight::id(2), "", "", {}, {}});
  night.council.add("late", "2025-10-02T09:00:00Z", "late.wav", std::string(9000, 'L'));
  night.disk.heal();
  put_on_disk(night.council.path("late.wav"));
  night.disk.spoil(Fault::flushes_fail);
  const auto report = night.run();
  CHECK(report.outcome == run::Outcome::failed);
  CHECK(night.reason(2) == "flush-failed");
  CHECK(night.miscounted(report) == "");
  CHECK(night.council.entries("destroy.partial").empty());
  CHECK((night.council.content("late.wav") == std::string(9000, 'L')));
  night.disk.heal();
  night.disk.remount();
  const auto healed = night.run();
  CHECK(healed.outcome == run::Outcome::complete);
  CHECK(healed.tally.partial == 1);
  CHECK(night.miscounted(healed) == "");
  CHECK(night.council.state("late") == "destroyed");
  CHECK(night.council.disagreement() == "");
}

TEST_CASE("A disk that goes away at any moment makes no false claim and is finished once back",
          "[forensic]") {
  REQUIRE_BAD_DISK();
  const unsigned workers = GENERATE(1U, 4U);
  const auto call = GENERATE(HookSys::Call::overwrite, HookSys::Call::flush, HookSys::Call::unlink);
  const auto file_system = any_file_system();
  for (const int number : {1, 2, 3, 6, 9}) {
    CAPTURE(number, workers, static_cast<int>(call), static_cast<int>(file_system));
    BadNight night(file_system, workers);
    std::atomic<bool> struck{false};
    HookSys sys(call, number, [&](int) {
      night.disk.spoil(Fault::everything);
      struck = true;
    });
    const auto report = night.run(&sys);
    if (!struck) break;
    CHECK(run::needs_person(report));
    CHECK(night.miscounted(report) == "");
    CHECK(night.council.log_fault() == "");
    night.disk.heal();
    night.disk.remount();
    check_claims(night);
    check_healed(night);
  }
}

TEST_CASE("A file system that shuts itself down in the middle of a run is finished once mounted",
          "[forensic]") {
  REQUIRE_BAD_DISK();
  BadNight night(any_file_system());
  const auto call = GENERATE(HookSys::Call::overwrite, HookSys::Call::flush, HookSys::Call::unlink);
  // As it does when its own metadata cannot be written.
  HookSys sys(call, call == HookSys::Call::flush ? 2 : 6, [&](int) {
    constexpr unsigned long kShutDown = _IOR('X', 125, std::uint32_t);
    std::uint32_t without_log = 2;
    const int root = ::open(night.disk.root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(::ioctl(root, kShutDown, &without_log) == 0);
    ::close(root);
  });
  const auto report = night.run(&sys);
  CHECK(run::needs_person(report));
  CHECK(night.miscounted(report) == "");
  CHECK(night.council.log_fault() == "");
  night.disk.remount();
  check_claims(night);
  check_healed(night);
}

TEST_CASE("A name whose removal does not reach the disk is removed again without a second entry",
          "[forensic]") {
  REQUIRE_BAD_DISK();
  BadNight night(any_file_system());
  HookSys sys(HookSys::Call::unlink, 1, [&](int) { night.disk.spoil(Fault::writes_fail); });
  const auto report = night.run(&sys);
  CHECK(report.tally.destroyed == kBatch);
  CHECK(report.tally.unfinished >= kBatch);
  CHECK(night.miscounted(report) == "");
  night.disk.heal();
  night.disk.remount();
  for (int i = 0; i < BadNight::kBatch; ++i) CHECK(night.council.exists(BadNight::path(i)));
  check_healed(night);
}

TEST_CASE("An archive that went read only is said of each recording and nothing is touched",
          "[forensic]") {
  REQUIRE_BAD_DISK();
  BadNight night(any_file_system());
  test::shell("mount -o remount,ro " + test::quoted(night.disk.root()));
  const auto report = night.run();
  CHECK(report.outcome == run::Outcome::complete);
  CHECK(report.tally.failed == kAll);
  for (int i = 0; i < BadNight::kRecordings; ++i) CHECK(night.reason(i) == "permission-denied");
  CHECK(night.miscounted(report) == "");
  night.disk.remount();
  for (int i = 0; i < BadNight::kRecordings; ++i) {
    CHECK((night.council.content(BadNight::path(i)) == BadNight::content(i)));
  }
  check_healed(night);
}

namespace {

/// The other way round: index and log lie on the bad disk, and the recordings on a good one.
void run_with_books_on(BadDisk& disk, const std::function<void()>& spoil,
                       const std::function<void()>& heal, int number, HookSys::Call call) {
  Council council("2026-11-23T14:00:00Z", disk.root());
  const test::Scratch good;
  council.root = good / "recordings";
  std::filesystem::create_directory(council.root);
  council.limits.workers = 1;
  council.limits.batch_files = 2;
  council.add_many("m", "2025-10-01", 6);
  council.approve();
  HookSys sys(call, number, [&](int) { spoil(); });
  council.sys = &sys;
  try {
    const auto report = council.run();
    CHECK(report.outcome == run::Outcome::failed);
  } catch (const base::Failure&) {
  }
  council.sys = &base::real_sys();
  heal();
  for (const std::string& line : council.entries("destroy")) {
    const auto at = line.find("\"m-") + 1;
    const std::string path = "2025-10-01/" + line.substr(at, 7) + ".wav";
    if (council.exists(path)) CHECK(council.content(path).find("MARKER") == std::string::npos);
  }
  CHECK(council.run().outcome == run::Outcome::complete);
  CHECK(council.entries("destroy").size() == 6);
  CHECK(council.log_fault() == "");
  CHECK(council.disagreement() == "");
}

}  // namespace

TEST_CASE("Index and log on a disk that goes away claim nothing false and go on once it is back",
          "[forensic]") {
  REQUIRE_BAD_DISK();
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const auto call = GENERATE(HookSys::Call::overwrite, HookSys::Call::flush, HookSys::Call::unlink);
  for (const int number : {1, 3}) {
    CAPTURE(number);
    BadDisk disk("mkfs.ext4 -q -b 4096", 64 << 20);
    run_with_books_on(
        disk, [&] { disk.spoil(Fault::everything); },
        [&] {
          disk.heal();
          disk.remount();
        },
        number, call);
  }
}

TEST_CASE("Index and log on a full disk claim nothing false and go on once there is room",
          "[forensic]") {
  REQUIRE_BAD_DISK();
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const auto call = GENERATE(HookSys::Call::overwrite, HookSys::Call::flush, HookSys::Call::unlink);
  BadDisk disk("mkfs.ext4 -q -b 1024", 16 << 20);
  const std::string filler = test::quoted(disk.root() + "/filler");
  // What was set aside for the placing of the first is free after it.
  const auto fill = [&] {
    test::shell(
        "for bytes in 64k 1k 1k; do dd if=/dev/zero oflag=append conv=notrunc bs=$bytes of=" +
        filler + " 2> /dev/null || sync -f " + filler + "; done");
  };
  run_with_books_on(
      disk, fill, [&] { test::shell("rm " + filler); }, 2, call);
}
