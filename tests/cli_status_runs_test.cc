// What `status` says of the runs that there were: which of them counts, and what they left.

#include "plan/status.h"
#include "support/catch.h"
#include "support/council.h"
#include "support/council_program.h"
#include "support/office.h"
#include "support/status.h"

using namespace expunge;
using test::alarms_of;
using test::contains;
using test::Council;
using test::CouncilProgram;
using test::Ended;
using test::here;
using test::hour_of;
using test::status_of;

namespace {

const std::string kAudio(6000, 'a');

}  // namespace

TEST_CASE("Status says of what was left part way that it was, and not why") {
  plan::Status status;
  status.last_start = audit::RunStarted{};
  status.last_partial = 1;
  plan::judge_needs(status, {}, {}, 0);
  REQUIRE(status.needs.size() == 1);
  CHECK(status.needs.front().message ==
        "the last run could not finish 1 recording of which a part was already overwritten or "
        "removed");
}

TEST_CASE("Status says once of a recording whose file the last run missed that it lacks it") {
  plan::Status status;
  status.last_start = audit::RunStarted{};
  status.last_end = audit::RunEnded{};
  status.last_end->failed = 1;
  status.last_missed = 1;
  status.summary.due_without_file.recordings = 1;
  plan::judge_needs(status, {}, {}, 0);
  REQUIRE(status.needs.size() == 1);
  CHECK(status.needs.front().message == "1 recording is due and lacks a file");
  // One more failed otherwise.
  status.last_end->failed = 2;
  status.needs.clear();
  plan::judge_needs(status, {}, {}, 0);
  REQUIRE(status.needs.size() == 2);
  CHECK(status.needs.front().message == "1 recording could not be destroyed");
}

TEST_CASE("Status says which run it was where one of some recordings alone came after another") {
  plan::Status status;
  status.last_start = audit::RunStarted{};
  status.last_start->restricted = true;
  audit::RunEnded end;
  end.failed = 1;
  end.run = "night";
  status.last_complete_end = end;
  end.run = "noon";
  status.last_end = end;
  plan::judge_needs(status, {}, {}, 0);
  REQUIRE(status.needs.size() == 2);
  CHECK(status.needs[0].message ==
        "1 recording could not be destroyed by the last run, of some recordings alone");
  CHECK(status.needs[0].command == "log show --run noon");
  CHECK(status.needs[1].message ==
        "1 recording could not be destroyed by the last run over all that was due");
  CHECK(status.needs[1].command == "log show --run night");
  status.last_start->restricted = false;
  status.needs.clear();
  plan::judge_needs(status, {}, {}, 0);
  REQUIRE(status.needs.size() == 1);
  CHECK(status.needs[0].message == "1 recording could not be destroyed");
}

TEST_CASE("Status tells of no failure that is a missing file and acknowledged") {
  plan::Status status;
  status.last_start = audit::RunStarted{};
  status.last_end = audit::RunEnded{};
  status.last_end->failed = 3;
  status.last_missed = 2;
  plan::judge_needs(status, {}, {}, 0);
  REQUIRE(status.needs.size() == 1);
  CHECK(status.needs.front().message == "1 recording could not be destroyed");
  status.last_end->failed = 2;
  status.needs.clear();
  plan::judge_needs(status, {}, {}, 0);
  CHECK(status.needs.empty());
}

TEST_CASE("Status says that a run of ordered recordings alone is no night's run") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  for (const bool has_night : {true, false}) {
    CAPTURE(has_night);
    Council council(hour_of(2, 1).c_str());
    council.host = here();
    council.add("old", hour_of(400, 12), "old.wav", kAudio);
    council.add("asked", hour_of(40, 12), "asked.wav", kAudio);
    if (has_night) REQUIRE(council.approve_and_run().outcome == run::Outcome::complete);
    council.set_clock(hour_of(1, 23).c_str());
    if (!has_night) council.approve();
    council.order("asked", "erasure");
    plan::KeySet only;
    only.insert(council.open_index().find("asked")->key);
    run::Request request;
    request.only = &only;
    if (!has_night) council.approve();
    REQUIRE(council.run(request).outcome == run::Outcome::complete);
    REQUIRE(council.state("asked") == "destroyed");
    const CouncilProgram program(council);
    const nlohmann::json status = status_of(program);
    INFO(status.dump(2));
    CHECK(status.at("last_run").at("restricted") == true);
    CHECK(status.at("last_run").at("end").at("outcome") == "complete");
    CHECK(status.contains("last_complete") == has_night);
    if (has_night) {
      CHECK(status.at("last_complete").at("run") != status.at("last_run").at("run"));
    }
    CHECK(alarms_of(status).front() == "silence");
    const Ended text = program.call({"status"});
    INFO(text.out);
    CHECK(contains(text.out,
                   "That run       was of some recordings alone, ordered by expunge destroy: it "
                   "does not count as a night's run, nor as the last complete one\n"));
    CHECK(
        contains(text.out, has_night ? "Last complete  a night's run at " : "Last complete  none"));
    CHECK(contains(text.out, "; one of ordered recordings alone is no night's run.\n"));
  }
}

TEST_CASE("Status says nothing of a restriction once a night's run has followed") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  Council council(hour_of(1, 23).c_str());
  council.host = here();
  council.add("old", hour_of(400, 12), "old.wav", kAudio);
  REQUIRE(council.approve_and_run().outcome == run::Outcome::complete);
  const CouncilProgram program(council);
  CHECK(status_of(program).at("last_run").at("restricted") == false);
  const std::string text = program.call({"status"}).out;
  CHECK_FALSE(contains(text, "That run"));
  CHECK(contains(text, "Last complete  that one"));
}

TEST_CASE("What a person acknowledged of a missing file status tells as no run's failure") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  Council council(hour_of(1, 22).c_str());
  council.host = here();
  council.add("first", hour_of(900, 12), "first.wav", kAudio);
  REQUIRE(council.approve_and_run().outcome == run::Outcome::complete);
  council.add("lost", hour_of(367, 12), "lost.wav", kAudio);
  council.add("asked", hour_of(40, 12), "asked.wav", kAudio);
  std::filesystem::remove(council.path("lost.wav"));
  REQUIRE(council.run().tally.failed == 1);
  const bool by_order_after = GENERATE(false, true);
  CAPTURE(by_order_after);
  if (by_order_after) {  // another run is the last one then
    council.set_clock(hour_of(1, 23).c_str());
    council.order("asked", "erasure");
    plan::KeySet only;
    only.insert(council.open_index().find("asked")->key);
    run::Request request;
    request.only = &only;
    REQUIRE(council.run(request).tally.destroyed == 1);
  }
  const CouncilProgram program(council);
  const std::string before = program.call({"status"}).out;
  INFO(before);
  CHECK(contains(before, "A person is needed: 1 recording is due and lacks a file (expunge plan)"));
  CHECK_FALSE(contains(before, "could not be destroyed"));
  CHECK_ENDED(program.call({"acknowledge", "lost", "--until",
                            test::Office::days_ago(-20).substr(0, 10), "--reason", "we know"}),
              0);
  const Ended after = program.call({"status"});
  CHECK_ENDED(after, 0);
  INFO(after.out);
  CHECK_FALSE(contains(after.out, "could not be destroyed"));
  CHECK_FALSE(contains(after.out, "lacks a file"));
  CHECK(contains(after.out, "Attention      1: not understood 0, due with a file missing"));
  CHECK(contains(after.out, "1 of them acknowledged"));
  CHECK(status_of(program).at("needs").empty());
}
