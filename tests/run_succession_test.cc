// An interrupted run whose log is not continued: the journal and what the old log says of it.

#include <filesystem>

#include "audit/keys.h"
#include "run/claims.h"
#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/council.h"
#include "support/council_program.h"

using namespace expunge;
using test::Council;
using test::CouncilProgram;
using test::run_and_die;

namespace {

namespace fs = std::filesystem;

const std::string kAudio(9000, 'A');
constexpr const char* kNewOrigin = "test.example.org/log-2";

/// By the council's clock, so that a recording's rows agree.
std::string day_ago(const Council& council, int days) {
  using std::chrono::seconds;
  return base::to_text(std::chrono::floor<seconds>(council.now() - std::chrono::hours{24 * days}));
}

void furnish(Council& council) {
  council.safety.max_clock_step = std::chrono::days{900};
  council.add("old-1", day_ago(council, 500), "old/1/a.wav", kAudio + "1");
  council.add("old-1", day_ago(council, 500), "old/1/a.txt", "words", "Customer Services", "", "",
              "transcript");
  council.add("old-2", day_ago(council, 499), "old/2/b.wav", std::string(200000, 'b'));
  council.add("new-1", day_ago(council, 10), "new/c.wav", kAudio + "3");
  council.approve();
}

enum class Old { verifies, tampered, away };

/// Opens a new log through the program; the council works under it from then on.
void succeed(Council& council, Old old) {
  CouncilProgram program(council);
  const std::string directory = council.log_place.directory;
  std::string checkpoint = directory + "/checkpoint";
  if (old == Old::tampered) {
    std::string text = test::slurp(directory + "/log.jsonl");
    text[text.find("expunge test")] = 'E';
    test::spill(directory + "/log.jsonl", text);
  }
  if (old == Old::away) {
    fs::copy_file(checkpoint, council.scratch / "copy");
    checkpoint = council.scratch / "copy";
  }
  fs::remove(council.key_path);
  council.log_place = {council.scratch / "log-2", kNewOrigin};
  council.key_path = council.scratch / "log-2.key";
  program.set("log.directory", council.log_place.directory);
  program.set("log.origin", kNewOrigin);
  program.set("log.key", council.key_path);
  const test::Ended made = program.call(
      {"init", "--successor-of", checkpoint, "--authority", "DPO-1", "--reason", "key-lost"});
  INFO(made.err);
  REQUIRE(made.status == 0);
}

std::vector<std::string> destroyed_by(const audit::LogPlace& place, const std::string& id) {
  std::vector<std::string> lines;
  audit::for_each_entry(base::real_sys(), place, 0, [&](const audit::EntryView& entry) {
    if (entry.type == "destroy" && audit::recording_of(entry) == id) lines.emplace_back(entry.line);
    return true;
  });
  return lines;
}

}  // namespace

TEST_CASE("A run that dies anywhere under a log that is lost is finished once under the new one") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  int deaths = 0;
  int claimed = 0;
  for (int calls = 0;; ++calls) {
    CAPTURE(calls);
    Council council(test::machine_time().c_str());
    furnish(council);
    if (!run_and_die(council, calls)) break;
    ++deaths;
    const audit::LogPlace old = council.log_place;
    succeed(council, Old::verifies);
    claimed += static_cast<int>(council.open_index().past_claims().size());
    const bool anything_due = council.plan().due.size() > 0;
    REQUIRE((council.run().outcome == run::Outcome::braked) == anything_due);
    council.approve();
    REQUIRE(council.run().outcome == run::Outcome::complete);
    for (const char* id : {"old-1", "old-2"}) {
      CAPTURE(id);
      REQUIRE(council.state(id) == "destroyed");
      const bool by_old = !destroyed_by(old, id).empty();
      REQUIRE(destroyed_by(old, id).size() + destroyed_by(council.log_place, id).size() == 1);
      REQUIRE(council.open_index().history(id)->past_log == (by_old ? old.origin : ""));
    }
    for (const char* path : {"old/1/a.wav", "old/1/a.txt", "old/2/b.wav"}) {
      REQUIRE_FALSE(council.exists(path));
    }
    REQUIRE(council.content("new/c.wav") == kAudio + "3");
    REQUIRE(council.log_fault() == "");
    REQUIRE(council.open_index().journal().empty());
    REQUIRE(council.open_index().past_claims().empty());
  }
  CHECK(deaths > 20);
  CHECK(claimed > 0);  // some died between entry and index
}

TEST_CASE(
    "Of a run that dies under a log that is not believed nothing is lost or claimed falsely") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  for (const Old old : {Old::tampered, Old::away}) {
    for (int calls = 0;; ++calls) {
      CAPTURE(calls);
      Council council(test::machine_time().c_str());
      furnish(council);
      if (!run_and_die(council, calls)) break;
      succeed(council, old);
      REQUIRE(council.open_index().past_claims().empty());
      council.approve();
      static_cast<void>(council.run());
      for (const auto& [id, paths] : std::map<std::string, std::vector<std::string>>{
               {"old-1", {"old/1/a.wav", "old/1/a.txt"}}, {"old-2", {"old/2/b.wav"}}}) {
        CAPTURE(id);
        const std::string state = council.state(id);
        // Gone before anybody could say so under this log: begun on, and missing.
        REQUIRE((state == "destroyed" || state == "partial"));
        for (const std::string& path : paths) REQUIRE_FALSE(council.exists(path));
        const std::size_t entries = destroyed_by(council.log_place, id).size();
        const bool by_old = council.open_index().history(id)->past_log != "";
        REQUIRE(entries == (state == "destroyed" && !by_old ? 1 : 0));
      }
      REQUIRE(council.content("new/c.wav") == kAudio + "3");
      REQUIRE(council.log_fault() == "");
      REQUIRE(council.open_index().journal().empty());
    }
  }
}

TEST_CASE("A run that dies again under the new log is finished by the next") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  for (int calls = 15; calls < 60; calls += 4) {
    for (int again = 3;; again += 7) {
      CAPTURE(calls, again);
      Council council(test::machine_time().c_str());
      furnish(council);
      // The old log is the longer one: where the batch began there is no place in the new one.
      for (int i = 0; i < 12; ++i) {
        const std::string reference = "SAR-" + std::to_string(i);
        council.place_hold(reference, {"new-1", "", "", {}, {}});
        council.release_hold(reference);
      }
      if (!run_and_die(council, calls)) break;
      const audit::LogPlace old = council.log_place;
      succeed(council, Old::verifies);
      council.approve();
      const bool died = run_and_die(council, again);
      REQUIRE(council.run().outcome == run::Outcome::complete);
      for (const char* id : {"old-1", "old-2"}) {
        CAPTURE(id);
        REQUIRE(council.state(id) == "destroyed");
        REQUIRE(destroyed_by(old, id).size() + destroyed_by(council.log_place, id).size() == 1);
      }
      REQUIRE(council.open_index().journal().empty());
      if (!died) break;
    }
  }
}

TEST_CASE("What a believed old log says is gone of an older index is taken in by the first run") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  Council council(test::machine_time().c_str());
  furnish(council);
  fs::copy_file(council.index_path, council.scratch / "backup.db");
  REQUIRE(council.run().outcome == run::Outcome::complete);
  fs::copy_file(council.scratch / "backup.db", council.index_path,
                fs::copy_options::overwrite_existing);
  const std::string old = council.log_place.origin;
  succeed(council, Old::verifies);
  CHECK(council.open_index().past_claims().size() == 2);
  council.add("old-3", day_ago(council, 498), "old/3/d.wav", kAudio + "4");
  council.approve();
  // What was imported since may be lost too.
  CHECK(council.run().outcome == run::Outcome::braked);
  const run::Report report = council.run(test::accepting_index());
  CHECK(report.outcome == run::Outcome::complete);
  CHECK(report.tally.reconciled == 2);
  CHECK(report.tally.missing == 0);
  CHECK(council.state("old-1") == "destroyed");
  CHECK(council.open_index().history("old-1")->past_log == old);
  CHECK(council.open_index().history("old-3")->past_log.empty());
  CHECK(council.open_index().past_claims().empty());
}

TEST_CASE("A file that is missing is said again once under a new log and not more often") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  Council council(test::machine_time().c_str());
  furnish(council);
  fs::remove(council.path("old/2/b.wav"));
  council.run();
  CHECK(council.entries("destroy.failed").size() == 1);
  succeed(council, Old::verifies);
  council.approve();
  council.run();
  council.run();
  CHECK(council.entries("destroy.failed").size() == 1);
}
