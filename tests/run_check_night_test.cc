// What `check` says of the night to come: each finding from a state that has it, and none from one
// that has not.

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/sha256.h"
#include "base/text.h"
#include "run/check.h"
#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/check_findings.h"
#include "support/loop_image.h"
#include "support/office.h"

using namespace expunge;
using namespace expunge::test;
using run::CheckReport;
using Level = run::Finding::Level;
namespace fs = std::filesystem;

namespace {

void add_old(Council& council, const std::string& id = "rec-1") {
  council.add(id, "2024-01-01T10:00:00Z", "a/" + id + ".wav", std::string(9000, 'a'));
}

/// A first night is over, by a clock that a recording vouches for.
bool settle(Council& council) {
  if (!council.can_destroy()) return false;
  add_old(council);
  council.approve_and_run();
  return true;
}

/// A file system with so much room.
struct Roomless : base::Sys {
  std::uint64_t free_blocks = 1 << 20;
  std::uint64_t inodes = 1 << 20, free_inodes = 1 << 19;
  int fstatfs(int fd, struct statfs& out) override {
    const int result = Sys::fstatfs(fd, out);
    out.f_frsize = out.f_bsize = 4096;
    out.f_bavail = free_blocks;
    out.f_files = inodes;
    out.f_ffree = free_inodes;
    return result;
  }
};

}  // namespace

TEST_CASE("The brakes of the next run are problems with the command that goes on") {
  Council council;
  add_old(council);
  const CheckReport report = check_tonight(council);
  CHECK_THAT(said(report, Level::problem, "brakes"),
             contains_text("nothing was ever destroyed under this log: the next run is braked "
                           "(first-run)"));
  const std::string digest = base::to_hex(council.plan().digest);
  CHECK_THAT(advised(report, Level::problem, "brakes"),
             contains_text("(expunge approve " + digest + " --reason TEXT)"));
  // By the recording of 2024 nobody can say that it is 2026.
  CHECK_THAT(said(report, Level::problem, "clock"), contains_text("(clock)"));
  CHECK_THAT(advised(report, Level::problem, "clock"),
             contains_text("expunge run --accept-clock, once"));
}

TEST_CASE("A brake that an approval lifts is in order, and the plan of the night is said") {
  Council council;
  add_old(council);
  council.add("new", "2026-11-22T10:00:00Z", "a/new.wav", "x");
  CHECK_THAT(said(check_tonight(council), Level::ok, "tonight"),
             contains_text("the plan for 2026-11-24 has 1 (9.0 kB) due, 0 held"));
  CHECK_FALSE(said(check_tonight(council), Level::problem, "brakes").empty());
  council.approve();
  const CheckReport report = check_tonight(council);
  CHECK(said(report, Level::problem, "brakes").empty());
  CHECK_THAT(said(report, Level::ok, "brakes"), contains_text("first-run is on, and lifted by an"));
  CHECK(report.count(Level::problem) == 0);
}

TEST_CASE("Each brake that would be on tonight is named before the night") {
  Council council;
  if (!settle(council)) SKIP_TEST("no file system here that overwrites in place");
  const auto on = [&] {
    std::string all;
    for (const char* about : {"brakes", "clock", "index", "root"}) {
      all += said(check_tonight(council), Level::problem, about);
    }
    return all;
  };
  CHECK(on().empty());
  SECTION("another host") {
    council.host = "elsewhere";
    CHECK_THAT(on(), contains_text("(host)"));
  }
  SECTION("another policy") {
    council.schedule.departments[0].period = *policy::parse_period("11 months");
    CHECK_THAT(on(), contains_text("(policy)"));
  }
  SECTION("a share") {
    council.add_many("many", "2024-02-01", 101, 10);
    CHECK_THAT(on(), contains_text("(share)"));
  }
  SECTION("a lost hold") {
    fs::copy_file(council.index_path, council.scratch / "before");
    archive::HoldScope scope;
    scope.recording_id = "rec-1";
    council.place_hold("SAR/1", scope);
    fs::copy_file(council.scratch / "before", council.index_path,
                  fs::copy_options::overwrite_existing);
    CHECK_THAT(on(), contains_text("SAR/1: the next run is braked (holds)"));
  }
}

TEST_CASE("What waits for a yes is said where every night needs one") {
  Council council;
  if (!settle(council)) SKIP_TEST("no file system here that overwrites in place");
  add_old(council, "rec-2");
  council.rule = run::Approval::required;
  const CheckReport waits = check_tonight(council);
  CHECK_THAT(said(waits, Level::warning, "approval"),
             contains_text("1 (9.0 kB) stand in no approved plan"));
  CHECK_THAT(advised(waits, Level::warning, "approval"), contains_text("expunge approve "));
  council.approve();
  CHECK(said(check_tonight(council), Level::warning, "approval").empty());
}

TEST_CASE("Attention that nobody acknowledged is mentioned with its number and is not wrong") {
  Council council;
  if (!settle(council)) SKIP_TEST("no file system here that overwrites in place");
  council.add("odd", "2025-05-01T10:00:00Z", "a/odd.wav", "x", "Nobody Knows");
  const CheckReport report = check_tonight(council);
  CHECK(said(report, Level::note, "attention") == "recordings that need a person: 1\n");
  CHECK(report.wrong() == 0);
}

TEST_CASE("What lacks a file is counted with what needs attention") {
  Council council;
  if (!settle(council)) SKIP_TEST("no file system here that overwrites in place");
  council.add("gone", "2025-01-02T10:00:00Z", "gone.wav", "x");
  std::filesystem::remove(council.path("gone.wav"));
  CHECK(council.run().tally.missing == 1);
  CHECK(said(check_tonight(council), Level::note, "attention") ==
        "recordings that need a person: 1\n");
}

TEST_CASE("Too little room for the entries of the night is a problem before it") {
  Council council;
  add_old(council);
  Roomless sys;
  CHECK_FALSE(said(check_tonight(council, sys), Level::ok, "log").empty());
  sys.free_blocks = 10;
  CHECK_THAT(said(check_tonight(council, sys), Level::problem, "log"),
             contains_text("are free at " + council.log_place.directory +
                           ", and the next run may need 263.7 kB: it would stop part way"));
  CHECK_THAT(said(check_tonight(council, sys), Level::problem, "index"),
             contains_text("it would stop part way"));
  CHECK_THAT(advised(check_tonight(council, sys), Level::problem, "log"),
             contains_text("df -h " + council.log_place.directory));
  sys.free_blocks = 200;  // 800 KiB
  CHECK(said(check_tonight(council, sys), Level::problem, "log").empty());
  CHECK_THAT(said(check_tonight(council, sys), Level::warning, "log"),
             contains_text("nearly full"));
}

TEST_CASE("Few inodes are a warning and none a problem, but where they are made as needed") {
  Council council;
  Roomless sys;
  CHECK(check_tonight(council, sys).wrong() == 0);
  sys.free_inodes = 500;
  CHECK_THAT(said(check_tonight(council, sys), Level::warning, "log"), contains_text("500: few"));
  sys.free_inodes = 0;
  const CheckReport none = check_tonight(council, sys);
  CHECK_THAT(said(none, Level::problem, "log"), contains_text("cannot keep its checkpoints"));
  CHECK_THAT(said(none, Level::warning, "names"), contains_text("no free inode"));
  sys.inodes = 0;
  CHECK(check_tonight(council, sys).wrong() == 0);
}

TEST_CASE("A clock that nobody keeps right is a warning") {
  const Council council;
  const auto index = open_to_read(council);
  run::CheckSetting setting = check_setting(council, &index);
  CHECK(said(run::check(setting), Level::warning, "clock").empty());
  setting.clock_sync = run::ClockSync::unsynchronised;
  const CheckReport report = run::check(setting);
  CHECK_THAT(said(report, Level::warning, "clock"), contains_text("does not know it to be"));
  CHECK_THAT(advised(report, Level::warning, "clock"), contains_text("timedatectl set-ntp true"));
  setting.clock_sync = run::ClockSync::synchronised;
  CHECK_THAT(said(run::check(setting), Level::ok, "clock"), contains_text("synchronised"));
}

TEST_CASE("An empty archive root where the index expects files is a problem") {
  Council council;
  add_old(council);
  CHECK(said(check_tonight(council), Level::problem, "root").empty());
  fs::rename(council.root, council.root + " gone");
  fs::create_directory(council.root);
  fs::create_directory(council.root + "/lost+found");
  const CheckReport report = check_tonight(council);
  CHECK_THAT(said(report, Level::problem, "root"),
             contains_text("an empty directory, and the index expects files in it"));
  CHECK_THAT(advised(report, Level::problem, "root"), contains_text("findmnt"));
  spill(council.root + "/something", "");
  CHECK(said(check_tonight(council), Level::problem, "root").empty());
}

TEST_CASE("A root that is missing or a file is a problem, and all else is said") {
  Council council;
  add_old(council);
  fs::rename(council.root, council.root + " gone");
  const bool file = GENERATE(false, true);
  if (file) spill(council.root, "");
  const CheckReport report = check_tonight(council);
  CHECK_FALSE(report.root_open);
  CHECK_THAT(said(report, Level::problem, "root"), contains_text(council.root));
  CHECK_THAT(advised(report, Level::problem, "root"), contains_text("archive.root"));
  CHECK_FALSE(said(report, Level::ok, "log").empty());
  CHECK_FALSE(said(report, Level::ok, "tonight").empty());
}

TEST_CASE("An index that cannot be opened is a problem, or a warning where a run mends it") {
  Council council;
  run::CheckSetting setting = check_setting(council, nullptr);
  setting.index_trouble = {"index.db: No such file or directory", false};
  const CheckReport gone = run::check(setting);
  CHECK_THAT(said(gone, Level::problem, "index"),
             contains_text("No such file or directory: no run"));
  CHECK_FALSE(said(gone, Level::ok, "log").empty());
  CHECK(said(gone, Level::ok, "tonight").empty());
  setting.index_trouble = {"index.db: a write was interrupted", true};
  CHECK_THAT(said(run::check(setting), Level::warning, "index"), contains_text("was interrupted"));
}

TEST_CASE("SQLite goes through the whole index when it is asked to, and says what it finds") {
  Council council;
  add_old(council);
  const auto look = [&] {
    const auto index = open_to_read(council);
    run::CheckSetting setting = check_setting(council, &index);
    setting.thorough = true;
    return run::check(setting);
  };
  CHECK_THAT(said(look(), Level::ok, "index"), contains_text("nothing amiss"));
  // Pages that some finding reads, and pages that none does.
  const std::string text = slurp(council.index_path);
  std::string unread, read;
  for (std::size_t page = text.size() / 4096 - 1; page > 1; --page) {
    std::string changed = text;
    changed.replace(page * 4096 + 3, 2, "\xff\xff");
    spill(council.index_path, changed);
    try {
      const auto index = open_to_read(council);
    } catch (const base::Failure&) {
      continue;
    }
    const CheckReport report = look();
    const std::string words = said(report, Level::problem, "index");
    (contains(words, "the index is damaged (") ? read : unread) += words;
    // Whatever broke, the rest is said, and nothing twice.
    CHECK_THAT(said(report, Level::ok, "log"), contains_text("verifies"));
    CHECK_FALSE(said(report, Level::ok, "key").empty());
    const std::string line = words.substr(0, words.find('\n') + 1);
    if (!line.empty()) CHECK(words.find(line, 1) == std::string::npos);
  }
  CHECK_THAT(unread, contains_text("damaged: "));
  CHECK_THAT(read, contains_text("the index is damaged ("));
}

TEST_CASE("SQLite is stopped in time, and not begun while a run is on, so that no run waits") {
  Council council;
  add_old(council);
  sql_run(council.index_path,
          "CREATE TABLE filler(x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
          "WHERE i < 300000) INSERT INTO filler SELECT randomblob(60) FROM n");
  const auto index = open_to_read(council);
  run::CheckSetting setting = check_setting(council, &index);
  setting.thorough = true;
  CHECK_THAT(said(run::check(setting), Level::ok, "index"), contains_text("nothing amiss"));
  setting.thorough_within = std::chrono::milliseconds{0};
  const CheckReport stopped = run::check(setting);
  CHECK_THAT(said(stopped, Level::note, "index"), contains_text("in 0 s, and was stopped"));
  CHECK_THAT(advised(stopped, Level::note, "index"), contains_text("PRAGMA quick_check"));
  CHECK_FALSE(contains(said(stopped, Level::ok, "index"), "nothing amiss"));
  CHECK(said(stopped, Level::problem, "index").empty());
  const base::Fd lock(::open((council.log_place.directory + "/run.lock").c_str(),
                             O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  REQUIRE(::flock(lock.get(), LOCK_EX) == 0);
  const CheckReport during = run::check(setting);
  CHECK_THAT(said(during, Level::note, "index"), contains_text("a run is on"));
  CHECK_FALSE(contains(said(during, Level::ok, "index"), "nothing amiss"));
}

TEST_CASE("What a person acknowledged and what needs one is not said to be refused") {
  Council council;
  if (!council.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const std::string audio(9000, 'A');
  council.add("first", "2025-09-01T09:00:00Z", "first.wav", audio);
  council.add("gone", "2025-10-01T09:00:00Z", "gone.wav", audio);
  council.add("young", "2026-11-20T09:00:00Z", "young.wav", audio);
  council.add("odd", "2025-10-02T09:00:00Z", "odd.wav", audio, "Housing");
  fs::remove(council.path("gone.wav"));
  fs::remove(council.path("odd.wav"));
  council.approve_and_run();
  const CheckReport before = check_tonight(council);
  CHECK_THAT(said(before, Level::warning, "files"),
             contains_text("of the oldest: 2; would be refused as missing: 1, the first of "
                           "recording gone"));
  {
    archive::Index index = council.open_index();
    const std::int64_t key = index.find("gone")->key;
    archive::Index::Writing writing(index);
    writing.acknowledge(
        {key, "", "missing-file", test::date("2026-11-30"), "known", "ann", council.now()});
    writing.commit();
  }
  const CheckReport after = check_tonight(council);
  CHECK(said(after, Level::warning, "files").empty());
  CHECK_THAT(said(after, Level::note, "files"),
             contains_text("of the oldest: 2; missing, as a person acknowledged: 1"));
  CHECK_THAT(said(after, Level::ok, "files"), contains_text("each that is there can be opened"));
  council.set_clock("2026-12-01T14:00:00Z");  // it is over
  CHECK_FALSE(said(check_tonight(council), Level::warning, "files").empty());
}

TEST_CASE("A directory for the figures that is missing or shut is a warning") {
  const Council council;
  const auto index = open_to_read(council);
  run::CheckSetting setting = check_setting(council, &index);
  const std::string directory = council.scratch / "figures";
  setting.metrics_directories = {directory};
  CHECK_THAT(said(run::check(setting), Level::warning, "metrics"),
             contains_text(directory + " is missing: the figures"));
  spill(directory, "");
  CHECK_THAT(said(run::check(setting), Level::warning, "metrics"), contains_text("no directory"));
  fs::remove(directory);
  fs::create_directory(directory);
  CHECK_THAT(said(run::check(setting), Level::ok, "metrics"), contains_text("may write to"));
  if (::geteuid() == 0) return;
  REQUIRE(::chmod(directory.c_str(), 0555) == 0);
  CHECK_THAT(said(run::check(setting), Level::warning, "metrics"), contains_text("may not write"));
}

TEST_CASE("A key for checkpoints that is not the log's is a problem") {
  const Council council;
  const auto index = open_to_read(council);
  run::CheckSetting setting = check_setting(council, &index);
  const std::string other = council.scratch / "checkpoint.key";
  base::create_file(base::real_sys(), other,
                    audit::SigningKey::generate(council.log_place.origin).to_pem().text(), 0600);
  setting.log_keys.checkpoints = other;
  CHECK_THAT(said(run::check(setting), Level::problem, "key"),
             contains_text("opened without a key for its checkpoints"));
}

TEST_CASE("A directory of the log that is missing is a problem") {
  const Council council;
  fs::remove_all(council.log_place.directory + "/checkpoints");
  CHECK_THAT(said(check_tonight(council), Level::problem, "log"),
             contains_text("/checkpoints is missing"));
  CHECK_THAT(advised(check_tonight(council), Level::problem, "log"),
             contains_text("mkdir -m 0755 " + council.log_place.directory + "/checkpoints"));
}

TEST_CASE("A log that is not there is a problem and not an untrusted log") {
  Council council;
  fs::rename(council.log_place.directory, council.log_place.directory + ".gone");
  run::CheckSetting setting = check_setting(council, nullptr);
  const CheckReport report = run::check(setting);
  CHECK_FALSE(report.log_read);
  CHECK(report.log_trusted);
  CHECK_THAT(said(report, Level::problem, "log"), contains_text("no run can begin"));
}

TEST_CASE("A run that is on just now is named with its process") {
  const Council council;
  const std::string path = council.log_place.directory + "/run.lock";
  spill(path, "");
  CHECK(said(check_tonight(council), Level::note, "lock").empty());
  const base::Fd lock(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::flock(lock.get(), LOCK_EX) == 0);
  const CheckReport report = check_tonight(council);
  CHECK_THAT(said(report, Level::note, "lock"),
             contains_text("a run is on just now (process " + std::to_string(::getpid()) + ")"));
  CHECK_THAT(advised(report, Level::note, "lock"), contains_text("kill -TERM"));
}
