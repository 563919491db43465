// Every brake of a run, one after the other: what trips it, what is logged, that nothing is
// touched, and how a person goes on.

#include <nlohmann/json.hpp>

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

nlohmann::json last_entry(const Council& council, const std::string& type) {
  const auto lines = council.entries(type);
  REQUIRE_FALSE(lines.empty());
  return nlohmann::json::parse(lines.back());
}

std::vector<std::string> names_of(const run::Report& report) {
  std::vector<std::string> names;
  for (const plan::Brake& brake : report.brakes) names.push_back(brake.name);
  return names;
}

using Names = std::vector<std::string>;

/// After this no brake is on, and `old-1` and `old-2` are due.
void settle(Council& council) {
  council.add("first", "2025-09-01T09:00:00Z", "first.wav", kAudio);
  REQUIRE(council.approve_and_run().tally.destroyed == 1);
  council.add("old-1", "2025-10-01T09:00:00Z", "a.wav", kAudio + "1");
  council.add("old-2", "2025-10-02T09:00:00Z", "b.wav", kAudio + "2");
}

run::Request accepting(bool plan::Accepted::*what) {
  run::Request request;
  request.accepted.*what = true;
  return request;
}

void put_back(const std::string& from, const std::string& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
}

/// One brake: what trips it, and what lifts it again.
struct Case {
  std::string name;
  std::function<void(Council&)> trip;
  std::string found, allowed;
  std::function<run::Report(Council&)> go_on;
};

std::vector<Case> cases() {
  const auto approved = [](Council& council) { return council.approve_and_run(); };
  return {
      {"share", [](Council& council) { council.safety.max_count = 1; }, "2", "1", approved},
      {"policy", [](Council& council) { council.schedule.departments[1].period.count = 24; }, "",
       "", approved},
      {"clock", [](Council& council) { council.set_clock("2026-11-23T13:59:59Z"); },
       "2026-11-23T13:59:59.000Z", "2026-11-23T14:00:00.000Z",
       [](Council& council) { return council.run(accepting(&plan::Accepted::clock)); }},
      {"clock",
       [](Council& council) {
         council.safety.max_clock_step = std::chrono::days{7};
         council.set_clock("2026-11-30T14:00:01Z");
       },
       "2026-11-30T14:00:01.000Z", "2026-11-30T14:00:00.000Z",
       [](Council& council) { return council.run(accepting(&plan::Accepted::clock)); }},
      {"holds",
       [](Council& council) {
         put_back(council.index_path, council.index_path + ".before");
         council.place_hold("SAR-1", {"nobody", "", "", {}, {}});
         council.place_hold("SAR-2", {"nobody", "", "", {}, {}});
         put_back(council.index_path + ".before", council.index_path);
       },
       "SAR-1, SAR-2", "none",
       [](Council& council) {
         council.place_hold("SAR-1", {"nobody", "", "", {}, {}});
         CHECK(council.run().outcome == run::Outcome::braked);
         council.place_hold("SAR-2", {"nobody", "", "", {}, {}});
         return council.run();
       }},
      {"index",
       [](Council& council) {
         put_back(council.index_path, council.index_path + ".before");
         council.place_hold("STOP", {"", "", "Customer Services", {}, {}});
         CHECK(council.run().outcome == run::Outcome::complete);
         council.release_hold("STOP");
         put_back(council.index_path + ".before", council.index_path);
       },
       "imports 3, entries 3", "imports 0, entries 7",
       [](Council& council) { return council.run(accepting(&plan::Accepted::index)); }},
      {"host", [](Council& council) { council.host = "rec2"; }, "rec2", "rec1",
       [](Council& council) { return council.run(accepting(&plan::Accepted::host)); }},
      {"root",
       [](Council& council) {
         fs::rename(council.root, council.root + ".old");
         put_back(council.root + ".old", council.root);
       },
       "another directory", "the one of the last run",
       [](Council& council) { return council.run(accepting(&plan::Accepted::root)); }},
  };
}

}  // namespace

TEST_CASE("Each brake alone stops a run untouched and is logged and has its way on for good") {
  for (const Case& each : cases()) {
    CAPTURE(each.name, each.found);
    Council council;
    NEEDS_A_DISK(council);
    settle(council);
    each.trip(council);
    const std::string before = test::picture_of(council.root);
    const auto runs = council.entries("run.start").size();
    for (std::size_t night = 1; night <= 2; ++night) {
      const auto report = council.run();
      CHECK(report.outcome == run::Outcome::braked);
      CHECK(names_of(report) == Names{each.name});
      CHECK(council.entries("run.braked").size() == night);
    }
    const auto entry = last_entry(council, "run.braked");
    CHECK(entry["brake"] == each.name);
    if (!each.found.empty()) {
      CHECK(entry["found"] == each.found);
      CHECK(entry["allowed"] == each.allowed);
    }
    CHECK(test::picture_of(council.root) == before);
    CHECK(council.state("old-1") == "kept");
    CHECK(council.entries("run.start").size() == runs);
    CHECK(council.entries("destroy").size() == 1);

    const auto gone_on = each.go_on(council);
    CHECK(gone_on.outcome == run::Outcome::complete);
    CHECK(gone_on.tally.destroyed == 2);
    const auto free = council.run();
    CHECK(free.outcome == run::Outcome::complete);
    CHECK_FALSE(last_entry(council, "run.start").contains("accepted"));
    CHECK(council.disagreement() == "");
    CHECK(council.log_fault() == "");
  }
}

TEST_CASE("Of several brakes each is logged and needs its own way on") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  council.host = "rec2";
  council.safety.max_count = 1;
  council.schedule.departments[0].period.count = 6;
  council.set_clock("2026-11-23T13:00:00Z");
  CHECK(names_of(council.run()) == Names{"share", "policy", "clock", "host"});
  CHECK(council.entries("run.braked").size() == 4);
  run::Request flags = accepting(&plan::Accepted::clock);
  CHECK(names_of(council.run(flags)) == Names{"share", "policy", "host"});
  flags.accepted.host = true;
  CHECK(names_of(council.run(flags)) == Names{"share", "policy"});
  council.approve();
  CHECK(names_of(council.run()) == Names{"clock", "host"});
  CHECK(council.run(flags).tally.destroyed == 2);
  const auto start = last_entry(council, "run.start");
  CHECK(start["accepted"] == nlohmann::json({"clock", "host"}));
  CHECK(start["approval"].is_string());
}

TEST_CASE("What is accepted without need is not logged and changes nothing") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  run::Request all = test::accepting_index();
  all.accepted.clock = all.accepted.host = true;
  CHECK(council.run(all).tally.destroyed == 2);
  CHECK_FALSE(last_entry(council, "run.start").contains("accepted"));
  council.set_clock("2026-11-23T13:00:00Z");
  CHECK(names_of(council.run()) == Names{"clock"});
}

TEST_CASE("A brake leaves what an interrupted run left as it is") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  int calls = 20;  // some call in the midst of it, when the journal has rows
  while (council.open_index().journal().empty()) {
    REQUIRE(test::run_and_die(council, calls++));
  }
  const std::string before = test::picture_of(council.root);
  council.host = "rec2";
  CHECK(names_of(council.run()) == Names{"host"});
  CHECK(test::picture_of(council.root) == before);
  CHECK_FALSE(council.open_index().journal().empty());
  CHECK(council.run(accepting(&plan::Accepted::host)).outcome == run::Outcome::complete);
  CHECK(council.disagreement() == "");
}

TEST_CASE("A run that started by a clock that was ahead needs one yes and no more") {
  Council council("2027-11-23T14:00:00Z");
  council.safety.max_clock_step = std::chrono::days{7};
  CHECK(council.run().outcome == run::Outcome::complete);  // empty: nothing says that it is wrong
  council.set_clock("2026-11-23T02:00:00Z");
  council.add("new", "2026-11-22T09:00:00Z", "a.wav", kAudio);
  CHECK(names_of(council.run()) == Names{"clock"});
  CHECK(council.run(accepting(&plan::Accepted::clock)).outcome == run::Outcome::complete);
  council.set_clock("2026-11-24T02:00:00Z");
  CHECK(council.run().outcome == run::Outcome::complete);
  // And the guard is as it was: neither back before that, nor to the wrong time again.
  council.set_clock("2026-11-23T02:00:00Z");
  CHECK(names_of(council.run()) == Names{"clock"});
  council.set_clock("2027-11-23T15:00:00Z");
  CHECK(names_of(council.run()) == Names{"first-run", "clock"});
  CHECK(council.exists("a.wav"));
}

TEST_CASE(
    "A clock that jumps a year is not believed because of a recording that nobody understands") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  CHECK(council.run().tally.destroyed == 2);
  council.safety.max_clock_step = std::chrono::days{7};
  council.add("new", "2026-11-22T09:00:00Z", "n.wav", kAudio);
  council.add("odd", "2027-11-22T09:00:00Z", "odd.wav", kAudio, "Housing");
  council.set_clock("2027-11-23T14:00:00Z");
  CHECK(names_of(council.run()) == Names{"clock"});
  CHECK(council.exists("n.wav"));
}

TEST_CASE("Two runs in the hour that clocks show twice are in order") {
  Council council("2026-10-25T00:30:00Z");
  CHECK(council.run().outcome == run::Outcome::complete);
  council.set_clock("2026-10-25T01:30:00Z");  // 01:30 by the wall, both times
  CHECK(council.run().outcome == run::Outcome::complete);
  CHECK(last_entry(council, "run.start")["today"] == "2026-10-25");
}

TEST_CASE("A night without anything due does not lift the first run's brake") {
  Council council;
  NEEDS_A_DISK(council);
  CHECK(council.run().outcome == run::Outcome::complete);
  council.add("old", "2025-10-01T09:00:00Z", "a.wav", kAudio);
  CHECK(names_of(council.run()) == Names{"first-run"});
  CHECK(names_of(council.run()) == Names{"first-run"});
  CHECK(council.approve_and_run().tally.destroyed == 1);
}

TEST_CASE("A changed policy under which nothing is due is logged once its empty plan is approved") {
  Council council;
  council.add("new", "2026-11-01T09:00:00Z", "a.wav", kAudio);
  CHECK(council.run().outcome == run::Outcome::complete);
  council.schedule.departments[0].period.count = 24;
  CHECK(names_of(council.run()) == Names{"policy"});
  CHECK(names_of(council.run()) == Names{"policy"});
  CHECK(council.approve_and_run().outcome == run::Outcome::complete);
  CHECK(council.entries("policy").size() == 2);
  CHECK(council.run().outcome == run::Outcome::complete);
  CHECK(council.entries("policy").size() == 2);
}

TEST_CASE("A policy put back as it was is no brake any more") {
  Council council;
  council.schedule.departments[0].period.count = 6;
  CHECK(names_of(council.run()) == Names{"policy"});
  council.schedule.departments[0].period.count = 12;
  CHECK(council.run().outcome == run::Outcome::complete);
  CHECK(council.entries("policy").size() == 1);
}

TEST_CASE("That files may be removed without overwriting stands in the entry of the run's start") {
  Council council;
  CHECK(council.run().outcome == run::Outcome::complete);
  CHECK_FALSE(last_entry(council, "run.start").contains("accept"));
  council.limits.accept = shred::Accept::unlinked;
  CHECK(council.run().outcome == run::Outcome::complete);
  CHECK(last_entry(council, "run.start")["accept"] == "unlinked");
  CHECK(council.log_fault() == "");
}
