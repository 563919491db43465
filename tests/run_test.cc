#include "run/run.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "support/catch.h"
#include "support/council.h"

using namespace expunge;
using test::Council;

namespace {

const std::string kAudio(20000, 'A');

/// Three due recordings, one kept, approved and ready.
void furnish(Council& council) {
  council.add("old-1", "2025-10-01T09:00:00Z", "2025/10/01/a.wav", kAudio + "1");
  council.add("old-2", "2025-10-01T09:05:00Z", "2025/10/01/b.wav", kAudio + "2");
  council.add("old-3", "2025-10-02T09:00:00Z", "2025/10/02/c.wav", std::string(300000, 'c'));
  council.add("new-1", "2026-11-01T09:00:00Z", "2026/11/01/d.wav", kAudio + "4");
}

nlohmann::json parse(const std::string& line) {
  return nlohmann::json::parse(line);
}

#define NEEDS_A_DISK(council) \
  if (!(council).can_destroy()) SKIP_TEST("no file system here that overwrites in place")

}  // namespace

TEST_CASE("A run destroys what is due and nothing else and the log says so") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  const auto report = council.approve_and_run();
  CHECK(report.outcome == run::Outcome::complete);
  CHECK(report.tally.destroyed == 3);
  CHECK(report.tally.failed == 0);
  CHECK_FALSE(council.exists("2025/10"));  // emptied directories go too
  CHECK(council.content("2026/11/01/d.wav") == kAudio + "4");
  CHECK(council.disagreement() == "");
  CHECK(council.log_fault() == "");

  const auto entries = council.entries("destroy");
  REQUIRE(entries.size() == 3);
  const auto first = parse(entries[0]);
  CHECK(first["recording"] == "old-1");
  CHECK(first["department"] == "Customer Services");
  CHECK(first["recorded"] == "2025-10-01");
  CHECK(first["due"] == "2026-10-02");
  CHECK(first["period"] == "12 months");
  CHECK(first["claim"] == "overwritten");
  CHECK(first["files"][0]["bytes"] == kAudio.size() + 1);
  CHECK(first["files"][0]["sha256"] == base::to_hex(base::sha256(kAudio + "1")));
  CHECK(first["files"][0]["verified"] == true);
  const auto start = parse(council.entries("run.start").at(0));
  const auto end = parse(council.entries("run.end").at(0));
  CHECK(start["due"] == 3);
  CHECK(start["approval"] == start["plan"]);
  CHECK(end["run"] == start["run"]);
  CHECK(end["outcome"] == "complete");
  CHECK(end["destroyed"] == 3);
}

TEST_CASE("The log holds no path and no subject and no name") {
  Council council;
  NEEDS_A_DISK(council);
  council.add("old-1", "2025-10-01T09:00:00Z", "2025/10/01/01632960123.wav", kAudio,
              "Customer Services", "01632 960123");
  council.place_hold("SAR-9", {"", archive::subject_key("01632960999"), "", {}, {}});
  council.approve_and_run();
  const std::string log = test::slurp(council.log_place.directory + "/log.jsonl");
  CHECK(log.find("01632") == std::string::npos);
  CHECK(log.find("960999") == std::string::npos);
  CHECK(log.find(".wav") == std::string::npos);
  CHECK(log.find("asked for") == std::string::npos);
}

TEST_CASE("The hash of a short file is left out of the log") {
  Council council;
  NEEDS_A_DISK(council);
  council.add("old-1", "2025-10-01T09:00:00Z", "a.txt", "yes, I agree");
  CHECK(council.approve_and_run().tally.destroyed == 1);
  CHECK(council.entries("destroy").at(0).find("sha256") == std::string::npos);
}

TEST_CASE("The first run is braked and an approval lets it go on") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  auto report = council.run();
  CHECK(report.outcome == run::Outcome::braked);
  REQUIRE(report.brakes.size() == 1);
  CHECK(report.brakes[0].name == "first-run");
  CHECK(council.entries("run.start").empty());
  CHECK(parse(council.entries("run.braked").at(0))["brake"] == "first-run");
  CHECK(council.disagreement() == "");
  report = council.approve_and_run();
  CHECK(report.outcome == run::Outcome::complete);
  CHECK(council.log_fault() == "");
}

TEST_CASE("Under an approval nothing but its plan is destroyed and the rest waits") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.approve();
  council.add("late-1", "2025-09-01T09:00:00Z", "late.wav", kAudio);  // due, not approved
  const auto report = council.run();
  CHECK(report.tally.destroyed == 3);
  CHECK(report.waiting == 1);
  CHECK(run::needs_person(report));
  CHECK(council.content("late.wav") == kAudio);
  CHECK(council.run().tally.destroyed == 1);  // no brake is on any more
  CHECK(council.disagreement() == "");
}

TEST_CASE("An approval of a plan does not cover what a hold covers since") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.approve();
  council.place_hold("SAR-1", {"old-2", "", "", {}, {}});
  const auto report = council.run();
  CHECK(report.tally.destroyed == 2);
  CHECK(council.content("2025/10/01/b.wav") == kAudio + "2");
  CHECK(council.disagreement() == "");
  council.release_hold("SAR-1");
  CHECK(council.run().tally.destroyed == 1);
  CHECK(council.disagreement() == "");
}

TEST_CASE("A night with nothing to do is logged all the same") {
  Council council;
  council.add("new-1", "2026-11-01T09:00:00Z", "d.wav", kAudio);
  const auto report = council.run();
  CHECK(report.outcome == run::Outcome::complete);
  CHECK(council.entries("run.start").size() == 1);
  CHECK(council.entries("run.end").size() == 1);
  CHECK(council.log_fault() == "");
  CHECK(std::filesystem::exists(council.log_place.directory + "/checkpoints/4.ckpt"));
}

TEST_CASE("A missing file is a failure said once and never a destruction") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  std::filesystem::remove(council.path("2025/10/01/a.wav"));
  auto report = council.approve_and_run();
  CHECK(report.tally.destroyed == 2);
  CHECK(report.tally.failed == 1);
  REQUIRE(council.entries("destroy.failed").size() == 1);
  CHECK(parse(council.entries("destroy.failed")[0])["reason"] == "missing");
  report = council.run();
  CHECK(report.tally.failed == 0);
  CHECK(report.tally.still_missing == 1);
  CHECK(council.entries("destroy.failed").size() == 1);
  CHECK(council.entries("destroy").size() == 2);
  CHECK(council.state("old-1") == "kept");
  // The volume comes back: it is destroyed on the next night.
  test::spill(council.path("2025/10/01/a.wav"), kAudio + "1");
  CHECK(council.run().tally.destroyed == 1);
  CHECK(council.disagreement() == "");
}

TEST_CASE(
    "A recording whose transcript is missing loses its audio and the log says what was not there") {
  Council council;
  NEEDS_A_DISK(council);
  council.add("old-1", "2025-10-01T09:00:00Z", "a.wav", kAudio);
  council.add("old-1", "2025-10-01T09:00:00Z", "a.txt", "words", "Customer Services", "", "",
              "transcript");
  std::filesystem::remove(council.path("a.txt"));
  const auto report = council.approve_and_run();
  CHECK(report.tally.destroyed == 1);
  CHECK(report.tally.failed == 0);
  CHECK(report.tally.without_file == 1);
  const auto entry = parse(council.entries("destroy").at(0));
  CHECK(entry["files"].size() == 1);
  CHECK(entry["note"] == "missing: transcript");
  CHECK_FALSE(council.exists("a.wav"));
  CHECK(council.disagreement() == "");
}

TEST_CASE("All files of a recording go or none does") {
  Council council;
  NEEDS_A_DISK(council);
  council.add("old-1", "2025-10-01T09:00:00Z", "a.wav", kAudio);
  council.add("old-1", "2025-10-01T09:00:00Z", "a.txt", "words", "Customer Services", "", "",
              "transcript");
  std::filesystem::create_hard_link(council.path("a.txt"), council.scratch / "elsewhere");
  const auto report = council.approve_and_run();
  CHECK(report.tally.destroyed == 0);
  CHECK(parse(council.entries("destroy.failed").at(0))["reason"] == "hard-link");
  CHECK(council.content("a.wav") == kAudio);
  CHECK(council.content("a.txt") == "words");
  std::filesystem::remove(council.scratch / "elsewhere");
  CHECK(council.run().tally.destroyed == 1);  // the approval is good for seven days
  CHECK_FALSE(council.exists("a.txt"));
}

TEST_CASE("A file that is not the one imported is left as it is") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  test::spill(council.path("2025/10/01/a.wav"), std::string(kAudio.size() + 1, 'Z'));
  test::spill(council.path("2025/10/01/b.wav"), "short");
  const auto report = council.approve_and_run();
  CHECK(report.tally.destroyed == 1);
  CHECK(parse(council.entries("destroy.failed").at(0))["reason"] == "content-differs");
  CHECK(parse(council.entries("destroy.failed").at(1))["reason"] == "size-differs");
  CHECK(council.content("2025/10/01/a.wav") == std::string(kAudio.size() + 1, 'Z'));
  CHECK(council.content("2025/10/01/b.wav") == "short");
  CHECK(run::needs_person(report));
}

TEST_CASE("What an import adds after the plan is not destroyed by the same run") {
  Council council;
  NEEDS_A_DISK(council);
  council.add_many("old", "2025-10-01", 30);
  council.approve_and_run();  // from here on no brake is on
  council.add_many("more", "2025-10-02", 30);
  council.limits.batch_files = 10;
  bool added = false;
  run::Request request;
  request.progress = [&](std::uint64_t, std::uint64_t) {
    if (!added) council.add("sneaky", "2025-11-01T09:00:00Z", "sneaky.wav", kAudio);
    added = true;
  };
  const auto report = council.run(request);
  CHECK(report.tally.destroyed == 30);
  CHECK(council.content("sneaky.wav") == kAudio);
  CHECK(council.disagreement() == "");
}

TEST_CASE("A hold placed during a run wins for every batch not yet begun") {
  Council council;
  NEEDS_A_DISK(council);
  council.add_many("old", "2025-10-01", 30);
  council.approve();
  council.limits.batch_files = 10;
  bool placed = false;
  run::Request request;
  request.progress = [&](std::uint64_t, std::uint64_t) {
    if (!placed) council.place_hold("SAR-1", {"", "", "Customer Services", {}, {}});
    placed = true;
  };
  const auto report = council.run(request);
  // The first batch is logged while the second is overwritten.
  CHECK(report.tally.destroyed == 20);
  CHECK(report.tally.overtaken == 10);
  CHECK(council.disagreement() == "");
  CHECK(council.log_fault() == "");
}

TEST_CASE("A hold released during a run does not make the set grow") {
  Council council;
  NEEDS_A_DISK(council);
  council.add_many("old", "2025-10-01", 30);
  council.place_hold("SAR-1", {"old-00029", "", "", {}, {}});
  council.approve();
  council.limits.batch_files = 10;
  bool released = false;
  run::Request request;
  request.progress = [&](std::uint64_t, std::uint64_t) {
    if (!released) council.release_hold("SAR-1");
    released = true;
  };
  CHECK(council.run(request).tally.destroyed == 29);
  CHECK(council.state("old-00029") == "kept");
  CHECK(council.disagreement() == "");
}

TEST_CASE("A run that must stop finishes its batch and says so and the next goes on") {
  Council council;
  NEEDS_A_DISK(council);
  council.add_many("old", "2025-10-01", 30);
  council.approve();
  council.limits.batch_files = 10;
  std::atomic<bool> stop{false};
  run::Request request;
  request.stop = &stop;
  request.progress = [&](std::uint64_t, std::uint64_t) { stop = true; };
  const auto report = council.run(request);
  CHECK(report.outcome == run::Outcome::stopped);
  CHECK(report.tally.destroyed == 20);
  CHECK(parse(council.entries("run.end").at(0))["outcome"] == "stopped");
  CHECK(council.disagreement() == "");
  CHECK(council.run().tally.destroyed == 10);
  CHECK(council.disagreement() == "");
}

TEST_CASE("A clock that is put right does not make a run stop before its time") {
  for (const char* clock : {"2026-11-24T14:00:00Z", "2026-11-22T14:00:00Z"}) {
    Council council;
    NEEDS_A_DISK(council);
    council.add_many("old", "2025-10-01", 30);
    council.approve();
    council.limits.batch_files = 10;
    run::Request request;
    request.stop_after = std::chrono::hours{1};
    request.progress = [&](std::uint64_t, std::uint64_t) { council.set_clock(clock); };
    CHECK(council.run(request).outcome == run::Outcome::complete);
  }
}

TEST_CASE("A run stops when its time is over though the clock stands still") {
  Council council;
  NEEDS_A_DISK(council);
  council.add_many("old", "2025-10-01", 30);
  council.approve();
  run::Request request;
  request.stop_after = std::chrono::seconds{0};
  CHECK(council.run(request).outcome == run::Outcome::stopped);
  CHECK(council.run().tally.destroyed == 30);
}

TEST_CASE("Two runs at once are refused and the second says so") {
  Council council;
  const int fd =
      ::open((council.log_place.directory + "/run.lock").c_str(), O_RDWR | O_CREAT, 0600);
  REQUIRE(::flock(fd, LOCK_EX) == 0);
  try {
    council.run();
    FAIL("the second run went on");
  } catch (const base::Failure& failure) {
    CHECK(failure.status() == base::ExitStatus::locked);
  }
  ::close(fd);
}

TEST_CASE("A log that does not verify stops a run and nothing is written") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.approve();
  const std::string path = council.log_place.directory + "/log.jsonl";
  std::string log = test::slurp(path);
  log[log.find("Customer")] = 'K';
  test::spill(path, log);
  try {
    council.run();
    FAIL("the run went on");
  } catch (const base::Failure& failure) {
    CHECK(failure.status() == base::ExitStatus::log_untrusted);
  }
  CHECK(test::slurp(path) == log);
  CHECK(council.content("2025/10/01/a.wav") == kAudio + "1");
}

TEST_CASE("A log shorter than the index remembers stops a run") {
  Council council;
  NEEDS_A_DISK(council);
  const std::string before = council.log_place.directory + "-before";
  std::filesystem::copy(council.log_place.directory, before,
                        std::filesystem::copy_options::recursive);
  furnish(council);
  council.approve_and_run();
  std::filesystem::remove_all(council.log_place.directory);
  std::filesystem::rename(before, council.log_place.directory);
  try {
    council.run();
    FAIL("the run went on");
  } catch (const base::Failure& failure) {
    CHECK(failure.status() == base::ExitStatus::log_untrusted);
  }
}

TEST_CASE("A destroyed recording that comes back is attention and is not destroyed unasked") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.approve_and_run();
  council.add("old-1", "2025-10-01T09:00:00Z", "2025/10/01/a.wav", kAudio + "1");
  CHECK(council.state("old-1") == "returned");
  const auto report = council.run();
  CHECK(report.tally.destroyed == 0);
  CHECK(report.summary.count(plan::Verdict::attention).recordings == 1);
  CHECK(council.content("2025/10/01/a.wav") == kAudio + "1");
}
