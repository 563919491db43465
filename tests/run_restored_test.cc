// Log, index and archive put back from backups, one without the other and together.

#include <nlohmann/json.hpp>

#include "audit/verify.h"
#include "base/error.h"
#include "support/catch.h"
#include "support/council.h"
#include "support/council_program.h"

using namespace expunge;
using test::Council;

namespace {

namespace fs = std::filesystem;

const std::string kAudio(9000, 'A');

#define NEEDS_A_DISK(council) \
  if (!(council).can_destroy()) SKIP_TEST("no file system here that overwrites in place")

/// After this no brake is on, and `old-1` and `old-2` are due.
void settle(Council& council) {
  council.limits.workers = 1;
  council.add("first", "2025-09-01T09:00:00Z", "first.wav", kAudio);
  REQUIRE(council.approve_and_run().tally.destroyed == 1);
  council.add("old-1", "2025-10-01T09:00:00Z", "2025/a.wav", kAudio + "1");
  council.add("old-2", "2025-10-02T09:00:00Z", "2025/b.wav", kAudio + "2");
}

void put_back(const std::string& from, const std::string& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
}

struct Backup {
  explicit Backup(Council& of) : council(of), where(of.scratch / "backup") {
    fs::create_directory(where);
    put_back(council.index_path, where + "/index.db");
    put_back(council.log_place.directory, where + "/log");
    put_back(council.root, where + "/files");
  }
  void restore_index() const { put_back(where + "/index.db", council.index_path); }
  void restore_log() const { put_back(where + "/log", council.log_place.directory); }
  /// Over what is there, so that the root stays the directory that it is.
  void restore_files() const {
    fs::copy(where + "/files", council.root,
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }

  Council& council;
  std::string where;
};

/// What the run ends with, and that log and archive are as before.
std::string refusal_of(Council& council) {
  const std::string& log = council.log_place.directory;
  const std::string before = test::picture_of(log, {"run.lock"}) + test::picture_of(council.root);
  std::string refusal = "went on";
  try {
    static_cast<void>(council.run());
  } catch (const base::Failure& failure) {
    refusal = std::to_string(static_cast<int>(failure.status())) + " " + failure.what();
  }
  CHECK(test::picture_of(log, {"run.lock"}) + test::picture_of(council.root) == before);
  return refusal;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Verifies the log against a checkpoint that was kept elsewhere.
audit::Verdict::Outcome verdict_with(const Council& council, const std::string& checkpoint) {
  audit::Evidence evidence;
  evidence.log_path = council.log_place.directory + "/log.jsonl";
  evidence.checkpoints.push_back({checkpoint, test::slurp(checkpoint)});
  evidence.workers = 1;
  return audit::verify_log(base::real_sys(), evidence).outcome;
}

}  // namespace

TEST_CASE("A log older than the index is refused and nothing is written or destroyed") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  const Backup backup(council);
  council.place_hold("SAR-1", {"nobody", "", "", {}, {}});
  put_back(council.log_place.directory, council.scratch / "newest");
  backup.restore_log();
  const std::string refusal = refusal_of(council);
  CHECK(refusal.starts_with("4 "));
  CHECK(contains(refusal, "older copy of the log"));
  CHECK(contains(refusal, "put the newest copy"));
  put_back(council.scratch / "newest", council.log_place.directory);
  CHECK(council.run().tally.destroyed == 2);
}

TEST_CASE("A log that was put back and then written to is not the one that the index remembers") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  const Backup backup(council);
  council.place_hold("SAR-1", {"nobody", "", "", {}, {}});
  put_back(council.index_path, council.scratch / "index.newest");
  backup.restore_log();
  backup.restore_index();
  council.place_hold("SAR-2", {"nobody", "", "", {}, {}});  // a fork, as long as the true log
  put_back(council.scratch / "index.newest", council.index_path);
  const std::string refusal = refusal_of(council);
  CHECK(refusal.starts_with("4 "));
  CHECK(contains(refusal, "is not the log that the index remembers"));
  CHECK(contains(refusal, "--checkpoint"));
}

TEST_CASE("An index that lost an import is a brake until a person has made it good") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  const test::CouncilProgram program(council);
  const Backup backup(council);
  // The import that says that the date of old-2 was wrong, logged as the program does.
  test::spill(council.scratch / "one.csv",
              "id,department,recorded_at,path\n"
              "old-2,Customer Services,2026-10-02T09:00:00Z,2025/b.wav\n");
  for (int i = 0; i < 4; ++i) {
    REQUIRE(program.call({"import", council.scratch / "one.csv"}).status == (i == 0 ? 1 : 0));
  }
  backup.restore_index();
  const auto report = council.run();
  REQUIRE(report.brakes.size() == 1);
  CHECK(report.brakes[0].name == "index");
  CHECK(contains(report.brakes[0].message, "imports, corrections or orders: 1"));
  // The nightly import does not make up for the one that is lost.
  REQUIRE(program.call({"import", council.scratch / "one.csv"}).status == 1);
  CHECK(council.run().outcome == run::Outcome::braked);
  CHECK(council.run(test::accepting_index()).tally.destroyed == 1);
  CHECK(council.state("old-2") == "kept");
  CHECK(council.run().outcome == run::Outcome::complete);
  REQUIRE(program.call({"import", council.scratch / "one.csv"}).status == 0);
  CHECK(council.run().outcome == run::Outcome::complete);
}

TEST_CASE(
    "A run after a restored index counts as held what is held after it has learnt of the log") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  council.add("kept", "2025-10-03T09:00:00Z", "2025/c.wav", kAudio + "3");
  council.add("odd", "2025-10-04T09:00:00Z", "2025/d.wav", kAudio + "4", "Housing");
  council.place_hold("SAR-1", {"kept", "", "", {}, {}});
  const bool is_back = GENERATE(false, true);
  CAPTURE(is_back);
  council.place_hold("SAR-2", {"old-1", "", "", {}, {}});
  council.place_hold("SAR-3", {"old-2", "", "", {}, {}});
  const Backup backup(council);
  council.release_hold("SAR-2");
  council.release_hold("SAR-3");
  const auto first = council.run();
  REQUIRE(first.tally.destroyed == 2);
  CHECK(run::held_in(first) == 1);
  CHECK(run::attention_in(first) == 1);
  backup.restore_index();
  if (is_back) test::spill(council.path("2025/a.wav"), kAudio + "1");
  const auto report = council.run(test::accepting_index());
  CHECK(report.outcome == run::Outcome::complete);
  CHECK(report.tally.reconciled == 2);
  CHECK(report.tally.destroyed == 0);
  CHECK(run::held_in(report) == 1);
  CHECK(run::attention_in(report) == (is_back ? 2 : 1));
  CHECK(contains(council.entries("run.end").back(), "\"held\":1,"));
  const auto next = council.run();
  CHECK(run::held_in(next) == run::held_in(report));
  CHECK(run::attention_in(next) == run::attention_in(report));
}

TEST_CASE("What an interrupted run had destroyed is not counted as held by a later hold") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  // Some call between the last entry and the index's knowing of it.
  int calls = 20;
  while (council.entries("destroy").size() < 3 || council.open_index().journal().empty()) {
    REQUIRE(test::run_and_die(council, calls++));
  }
  council.place_hold("SAR-1", {"old-1", "", "", {}, {}});
  const auto report = council.run();
  CHECK(report.tally.finished > 0);
  CHECK(council.state("old-1") == "destroyed");
  CHECK(run::held_in(report) == 0);
  CHECK(run::held_in(council.run()) == 0);
}

TEST_CASE("A recording that only the log remembers does not come to life by an import") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  const Backup backup(council);
  council.add("late", "2025-08-01T09:00:00Z", "late.wav", kAudio + "3");
  CHECK(council.run().tally.destroyed == 3);
  backup.restore_index();
  const auto report = council.run(test::accepting_index());
  CHECK(report.tally.reconciled == 3);
  CHECK(council.state("late") == "destroyed");
  SECTION("when its file is gone it stays destroyed") {
    archive::ImportRow row;
    row.id = "late";
    row.department = "Customer Services";
    row.recorded_at = base::parse_instant("2025-08-01T09:00:00Z");
    row.file = {"late.wav", "audio", std::nullopt, std::nullopt};
    council.import(row, false);
    CHECK(council.state("late") == "destroyed");
  }
  SECTION("when its file is back it has come back") {
    council.add("late", "2025-08-01T09:00:00Z", "late.wav", kAudio + "3");
    CHECK(council.state("late") == "returned");
    CHECK(council.run().tally.destroyed == 0);
    CHECK(council.content("late.wav") == kAudio + "3");
  }
  CHECK(council.entries("destroy").size() == 4);
}

TEST_CASE("A new index against a log that knows runs is a brake and learns from the log") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  CHECK(council.run().tally.destroyed == 2);
  fs::remove(council.index_path);
  fs::remove(council.index_path + "-journal");
  archive::Index::create(council.index_path, council.log_place.origin);
  // The recorder exports all it ever had, and the file of one is back.
  council.add("old-1", "2025-10-01T09:00:00Z", "2025/a.wav", kAudio + "1");
  archive::ImportRow row;
  row.id = "old-2";
  row.department = "Customer Services";
  row.recorded_at = base::parse_instant("2025-10-02T09:00:00Z");
  row.file = {"2025/b.wav", "audio", std::nullopt, std::nullopt};
  council.import(row, false);
  const auto report = council.run();
  REQUIRE(report.brakes.size() == 2);
  CHECK(report.brakes[0].name == "index");
  CHECK(report.brakes[1].name == "root");
  CHECK(council.run(test::accepting_index()).tally.destroyed == 0);
  CHECK(council.state("first") == "destroyed");
  CHECK(council.state("old-1") == "returned");
  CHECK(council.state("old-2") == "destroyed");
  CHECK(council.content("2025/a.wav") == kAudio + "1");
  CHECK(council.entries("destroy").size() == 3);
  CHECK(council.entries("destroy.failed").empty());
}

TEST_CASE("An index with a batch begun long ago settles it by the log and touches nothing else") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  int calls = 20;  // some call in the midst of it, when the journal has rows
  while (council.open_index().journal().empty()) {
    REQUIRE(test::run_and_die(council, calls++));
  }
  const Backup backup(council);
  for (const char* night : {"2026-11-24T02:00:00Z", "2026-11-25T02:00:00Z"}) {
    council.set_clock(night);
    static_cast<void>(council.run());
  }
  REQUIRE(council.disagreement() == "");
  REQUIRE(council.state("old-1") == "destroyed");
  backup.restore_index();
  SECTION("with the files gone") {
    CHECK(council.run(test::accepting_index()).outcome == run::Outcome::complete);
    CHECK(council.state("old-1") == "destroyed");
    CHECK(council.entries("destroy.failed").empty());
    CHECK(council.disagreement() == "");
  }
  SECTION("with other files in their places") {
    fs::create_directories(council.path("2025"));
    test::spill(council.path("2025/a.wav"), kAudio + "1");
    test::spill(council.path("2025/b.wav"), kAudio + "2");
    CHECK(council.run(test::accepting_index()).tally.destroyed == 0);
    CHECK(council.content("2025/a.wav") == kAudio + "1");
    CHECK(council.content("2025/b.wav") == kAudio + "2");
    CHECK(council.state("old-1") == "returned");
    CHECK(council.state("old-2") == "returned");
    CHECK(council.open_index().journal().empty());
  }
  CHECK(council.entries("destroy").size() == 3);
}

TEST_CASE("Log and index put back together find files missing and a kept checkpoint shows it") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  const Backup backup(council);
  CHECK(council.run().tally.destroyed == 2);
  const std::string kept = council.scratch / "kept.ckpt";
  put_back(council.log_place.directory + "/checkpoint", kept);
  REQUIRE(verdict_with(council, kept) == audit::Verdict::Outcome::verified);
  backup.restore_log();
  backup.restore_index();
  SECTION("with the files gone") {
    const auto report = council.run();
    CHECK(report.tally.destroyed == 0);
    CHECK(report.tally.missing == 2);
    CHECK(run::needs_person(report));
    CHECK(council.entries("destroy").size() == 1);  // never claimed of what was not there
  }
  SECTION("with the files back they are destroyed by the ordinary rule") {
    backup.restore_files();
    CHECK(council.run().tally.destroyed == 2);
    CHECK(council.disagreement() == "");
  }
  CHECK(council.log_fault() == "");
  CHECK(verdict_with(council, kept) == audit::Verdict::Outcome::does_not_verify);
}

TEST_CASE("A hold that was released since the backup keeps until it is released again") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  council.place_hold("SAR-1", {"old-1", "", "", {}, {}});
  const Backup backup(council);
  council.release_hold("SAR-1");
  backup.restore_index();
  CHECK(council.run().tally.destroyed == 1);
  CHECK(council.state("old-1") == "kept");
  test::CouncilProgram program(council);
  program.set("holds.release-delay", "none");
  council.set_clock(test::machine_time().c_str());  // the program's
  CHECK(program.call({"hold", "release", "SAR-1", "--reason", "answered"}).status == 0);
  CHECK(council.run().tally.destroyed == 1);
}
