// What `check` finds: each finding from a state that has it, and none from one that has not.

#include "run/check.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/fd.h"
#include "base/io.h"
#include "report/check_report.h"
#include "support/catch.h"
#include "support/check_findings.h"
#include "support/council.h"
#include "support/loop_image.h"
#include "support/shred_files.h"

using namespace expunge;
using namespace expunge::test;
using run::CheckReport;
using run::Finding;
using Level = run::Finding::Level;
namespace fs = std::filesystem;

TEST_CASE("A sound log and key and clock and root and sample are found sound") {
  Council council;
  if (!council.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  add_one(council);
  const CheckReport before = check_tonight(council);
  CHECK(said(before, Level::note, "root").find("no run yet") == 0);
  council.approve_and_run();
  council.add("rec-2", "2024-01-01T10:00:00Z", "a/two.wav", std::string(9000, 'b'));
  const CheckReport report = check_tonight(council);
  CHECK(report.log_trusted);
  CHECK(report.cause.empty());
  CHECK_FALSE(said(report, Level::ok, "archive").empty());
  CHECK(said(report, Level::ok, "log").find("verifies") != std::string::npos);
  CHECK_FALSE(said(report, Level::ok, "key").empty());
  CHECK_FALSE(said(report, Level::ok, "clock").empty());
  CHECK_FALSE(said(report, Level::ok, "root").empty());
  CHECK_FALSE(said(report, Level::ok, "mounts").empty());
  CHECK_FALSE(said(report, Level::ok, "kernel").empty());
  CHECK(said(report, Level::ok, "files") ==
        "looked at, of the oldest: 1; each can be opened for overwriting\n");
  CHECK(report.count(Level::problem) == 0);
}

TEST_CASE("Checking changes nothing and leaves no trace on any file") {
  Council council;
  const Scratch beside;
  add_one(council);
  const auto state = [&] {
    shell("find " + quoted(council.scratch.path()) +
          " -type f -printf '%p %s %i %m %T@ %C@ %A@\\n' | sort > " + quoted(beside / "state"));
    std::string text = slurp(beside / "state");
    return text;
  };
  (void)check(council);  // the log and the index are read, which may change their access times
  const std::string before = state();
  struct Watch : base::Sys {
    int openat(int dirfd, const char* path, int flags, mode_t mode) override {
      CHECK((flags & (O_CREAT | O_TRUNC | O_WRONLY)) == 0);
      return Sys::openat(dirfd, path, flags, mode);
    }
    ssize_t pwrite(int, const void*, std::size_t, off_t) override {
      FAIL("wrote");
      return -EIO;
    }
    int ftruncate(int, off_t) override {
      FAIL("truncated");
      return -EIO;
    }
    int flock(int, int) override {
      FAIL("locked");
      return -EIO;
    }
    int unlinkat(int, const char*, int) override {
      FAIL("unlinked");
      return -EIO;
    }
  } watch;
  (void)check(council, watch);
  CHECK(state() == before);
}

TEST_CASE("Files of the oldest recordings that would be refused are counted by reason") {
  Council council;
  if (!council.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  for (int i = 0; i < 30; ++i) {
    council.add(fmt::format("rec-{:02}", i), fmt::format("2024-01-{:02}T10:00:00Z", i + 1),
                fmt::format("d/{:02}.wav", i), std::string(6000, 'a'));
  }
  fs::create_hard_link(council.path("d/03.wav"), council.path("d/other"));
  fs::remove(council.path("d/05.wav"));
  fs::remove(council.path("d/06.wav"));
  fs::resize_file(council.path("d/07.wav"), 10);
  fs::remove(council.path("d/29.wav"));  // the newest: not among those looked at
  const Holder holder(council.path("d/08.wav"), O_RDONLY);
  const CheckReport report = check(council);
  const std::string files = said(report, Level::warning, "files");
  CHECK_THAT(files, contains_text("looked at, of the oldest: 20; would be refused as missing: 2, "
                                  "the first of recording rec-05"));
  CHECK_THAT(files, contains_text("refused as hard-link (2 names): 1, "));
  CHECK_THAT(files, contains_text("refused as size-differs"));
  CHECK_THAT(files, contains_text("refused as open-elsewhere"));
  CHECK(files.find("d/") == std::string::npos);  // a path may be a telephone number
  CHECK(said(report, Level::ok, "files").empty());
}

TEST_CASE("While a run is on no recording is looked at") {
  Council council;
  add_one(council);
  const std::string path = council.log_place.directory + "/run.lock";
  spill(path, "");
  const CheckReport idle = check(council);
  CHECK(said(idle, Level::note, "files").empty());
  const base::Fd lock(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::flock(lock.get(), LOCK_EX) == 0);
  struct Watch : base::Sys {
    int openat2(int dirfd, const char* name, const open_how& how) override {
      CHECK(std::string_view(name) == ".");
      return Sys::openat2(dirfd, name, how);
    }
  } watch;
  CHECK_THAT(said(check(council, watch), Level::note, "files"), contains_text("a run is on"));
}

TEST_CASE("A log that does not verify is said with everything else") {
  Council council;
  add_one(council);
  const std::string log = council.log_place.directory + "/log.jsonl";
  std::string text = slurp(log);
  text.replace(text.find("Europe/London"), 13, "Europe/Dublin");
  spill(log, text);
  const CheckReport report = check(council);
  CHECK_FALSE(report.log_trusted);
  CHECK_THAT(said(report, Level::problem, "log"), contains_text("log.jsonl"));
  CHECK_THAT(said(report, Level::note, "key"), contains_text("unknown"));
  CHECK(std::any_of(report.findings.begin(), report.findings.end(),
                    [](const Finding& finding) { return finding.about == "files"; }));
}

TEST_CASE("A torn tail of the log is a warning") {
  Council council;
  const std::string log = council.log_place.directory + "/log.jsonl";
  spill(log, slurp(log) + "{\"v\":1");
  CHECK_THAT(said(check(council), Level::warning, "log"), contains_text("6 bytes of a torn line"));
}

TEST_CASE("A key that is missing or readable by others or another log's is a problem") {
  Council council;
  const auto problem = [&] { return said(check(council), Level::problem, "key"); };
  CHECK(problem().empty());
  REQUIRE(::chmod(council.key_path.c_str(), 0644) == 0);
  CHECK_FALSE(problem().empty());
  const auto other = audit::SigningKey::generate(council.log_place.origin);
  fs::remove(council.key_path);
  CHECK_FALSE(problem().empty());
  base::create_file(base::real_sys(), council.key_path, other.to_pem().text(), 0600);
  CHECK_THAT(problem(), contains_text("not the one in force"));
}

TEST_CASE("A clock before the newest entry is a problem and so is one long after the last run") {
  Council council;
  if (!council.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  add_one(council);
  council.approve_and_run();
  council.set_clock("2026-11-29T13:00:00Z");  // max-clock-step is seven days
  CHECK(said(check_tonight(council), Level::problem, "clock").empty());
  council.set_clock("2026-12-02T14:00:00Z");
  CHECK_THAT(said(check_tonight(council), Level::problem, "clock"),
             contains_text("is more than 7 days after the newest run and recording"));
  council.set_clock("2026-11-23T13:00:00Z");
  CHECK_THAT(said(check(council), Level::problem, "clock"), contains_text("newest log entry"));
}

TEST_CASE("Another directory under the archive root is a problem") {
  Council council;
  if (!council.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  add_one(council);
  council.approve_and_run();
  CHECK(said(check_tonight(council), Level::problem, "root").empty());
  fs::rename(council.root, council.root + " gone");
  fs::create_directory(council.root);
  CHECK_THAT(said(check_tonight(council), Level::problem, "root"),
             contains_text("another directory"));
}

TEST_CASE("The text and the JSON of a check say the same") {
  CheckReport report;
  report.filesystem = "ext4";
  report.medium = "ssd";
  report.findings = {{Level::ok, "archive", "all well", ""},
                     {Level::note, "medium", "so it is", ""}};
  using report::CheckDetail;
  CHECK(report::check_text(report, CheckDetail::needs_person).empty());
  const std::string calm = report::check_text(report, CheckDetail::everything);
  CHECK(
      calm.starts_with("In order\nok       archive: all well\n\nTo know\nnote     medium: so it "
                       "is\n\nWhat is destroyed"));
  CHECK(calm.ends_with("\nNothing is wrong, 1 to know.\n"));
  report.findings.insert(report.findings.begin(),
                         {Level::warning, "key", "is odd \xff", "look at it"});
  CHECK_THAT(report::check_text(report, CheckDetail::needs_person),
             contains_text("Wrong\nwarning  key: is odd \\xff; look at it\n\n1 thing is wrong, "));
  CHECK(report::check_text(report, CheckDetail::everything)
            .ends_with("\n1 thing is wrong, 1 to know.\n"));
  const auto json = nlohmann::json::parse(report::check_json(report));
  CHECK(json.at("format") == "expunge-check/1");
  CHECK(json.at("archive").at("in_place") == true);
  CHECK(json.at("archive").at("cause").is_null());
  CHECK(json.at("archive").at("medium") == "ssd");
  CHECK(json.at("findings").size() == 3);
  CHECK(json.at("findings")[1].at("remedy").is_null());
  CHECK(json.at("findings")[0].at("remedy") == "look at it");
  CHECK(json.at("warnings") == 1);
  CHECK(json.at("wrong") == 1);
  CHECK(json.at("to_know") == 1);
  report.cause = "btrfs";
  CHECK(nlohmann::json::parse(report::check_json(report)).at("archive").at("cause") == "btrfs");
  CHECK_THAT(report::check_text(report, CheckDetail::everything),
             contains_text("Nothing in this archive can be destroyed"));
}
