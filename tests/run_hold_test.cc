// The end of a hold as runs see it: when a release counts, what it leaves, and what an older copy
// of the index must not undo.

#include <array>
#include <atomic>

#include "audit/log.h"
#include "run/remember.h"
#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/council.h"

using namespace expunge;
using test::Council;

namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

#define NEEDS_A_DISK(council) \
  if (!(council).can_destroy()) SKIP_TEST("no file system here that overwrites in place")

/// A first run lies behind it; `old-1`, which a hold by number keeps, is due.
void settle(Council& council) {
  council.add("first", "2025-01-01T10:00:00Z", "first.wav", std::string(9000, 'f'));
  council.approve_and_run();
  council.add("old-1", "2025-01-02T10:00:00Z", "a.wav", std::string(9000, 'a'), "Customer Services",
              "01632 960777");
  council.place_hold("SAR-1", {"", "01632960777", "", {}, {}});
}

Names brakes(const run::Report& report) {
  Names names;
  for (const plan::Brake& brake : report.brakes) names.push_back(brake.name);
  return names;
}

void log(Council& council, audit::HoldChange change) {
  auto index = council.open_index();
  audit::LogWriter writer(base::real_sys(), council.log_place, council.key_path,
                          run::remembered(index), 1, council.now());
  writer.append(std::array{audit::to_draft(change)}, council.now());
  archive::Index::Writing writing(index);
  run::remember(writing, writer);
  writing.commit();
}

void keep(Council& council) {
  {
    auto index = council.open_index();
    archive::Index::Writing writing(index);
    writing.keep_hold("SAR-1");
    writing.commit();
  }
  log(council, {audit::HoldChange::Kind::keep, "SAR-1", "sar", "officer"});
}

audit::LogFacts facts(const Council& council) {
  return audit::read_log(base::real_sys(), council.log_place, std::nullopt).facts;
}

std::size_t numbers(const Council& council) {
  const Names needles = {"01632960777", "01632 960777", "asked for", "answered"};
  return test::hits(council.index_path, needles) +
         test::hits(council.index_path + "-journal", needles);
}

}  // namespace

TEST_CASE("A release counts from its day on and the run of that day forgets the person") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  council.release_hold("SAR-1", "2026-12-01");
  council.set_clock("2026-11-30T23:30:00Z");
  CHECK(council.run().tally.destroyed == 0);
  CHECK(council.state("old-1") == "kept");
  CHECK(numbers(council) > 0);
  council.set_clock("2026-12-01T00:00:00Z");
  CHECK(council.run().tally.destroyed == 1);
  CHECK(council.state("old-1") == "destroyed");
  CHECK(numbers(council) == 0);
  CHECK(council.open_index().holds(true).at(0).erased);
  CHECK(council.disagreement() == "");
  CHECK(council.log_fault() == "");
  CHECK(facts(council).open_holds.empty());
  CHECK(facts(council).ending_holds.empty());
}

TEST_CASE("The day of a release is one in the policy's time zone") {
  Council council("2026-06-20T10:00:00Z");
  NEEDS_A_DISK(council);
  settle(council);
  council.release_hold("SAR-1", "2026-07-01");
  council.set_clock("2026-06-30T22:59:59Z");
  CHECK(council.run().tally.destroyed == 0);
  council.set_clock("2026-06-30T23:00:00Z");  // 1 July in London
  CHECK(council.run().tally.destroyed == 1);
}

TEST_CASE("A run that is stopped by a brake erases nothing of a hold") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  council.release_hold("SAR-1", "2026-12-01");
  council.safety.max_clock_step = std::chrono::days{7};
  council.set_clock("2027-12-01T02:00:00Z");
  CHECK(brakes(council.run()) == Names{"clock"});
  CHECK(numbers(council) > 0);
  council.set_clock("2026-11-24T02:00:00Z");
  CHECK(council.run().tally.destroyed == 0);
  CHECK(council.state("old-1") == "kept");
}

TEST_CASE(
    "A run that does not destroy all that is due leaves what an ended hold kept to the next") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  council.release_hold("SAR-1", "2026-11-24");
  council.set_clock("2026-11-24T02:00:00Z");
  std::atomic<bool> stop{true};
  run::Request request;
  request.stop = &stop;
  CHECK(council.run(request).outcome == run::Outcome::stopped);
  CHECK(numbers(council) > 0);
  test::spill(council.path("a.wav"),
              std::string(9001, 'a'));  // longer than the index says: refused
  CHECK(council.run().outcome == run::Outcome::complete);
  CHECK(numbers(council) > 0);
  SECTION("until all goes") {
    test::spill(council.path("a.wav"), std::string(9000, 'a'));
    CHECK(council.run().tally.destroyed == 1);
    CHECK(numbers(council) == 0);
  }
  SECTION("for three days and no longer") {
    council.set_clock("2026-11-26T02:00:00Z");
    CHECK(council.run().tally.failed == 1);
    CHECK(test::sql_value(council.index_path, "SELECT erased FROM hold") == "0");
    council.set_clock("2026-11-27T02:00:00Z");
    CHECK(council.run().tally.failed == 1);
    CHECK(test::sql_value(council.index_path, "SELECT erased FROM hold") == "1");
  }
}

TEST_CASE("A release by a clock that was ahead and without a delay stops runs until its day") {
  Council council("2026-11-23T14:00:00Z");
  NEEDS_A_DISK(council);
  settle(council);
  // Nobody runs anything by that clock; the release counts at once by it, and forgets the hold.
  council.set_clock("2026-11-26T14:00:00Z");
  council.release_hold("SAR-1", "2026-11-26");
  {
    auto index = council.open_index();
    archive::Index::Writing writing(index);
    writing.erase_ended_holds(council.today(), "SAR-1");
    writing.commit();
  }
  council.set_clock("2026-11-24T02:00:00Z");
  const auto braked = council.run();
  CHECK(braked.outcome == run::Outcome::braked);
  CHECK(brakes(braked) == Names{"holds"});
  CHECK(council.exists("a.wav"));
  council.set_clock("2026-11-26T15:00:00Z");
  council.approve();
  CHECK(council.run().outcome == run::Outcome::complete);
}

TEST_CASE("A release that nobody has confirmed never counts") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  {
    auto index = council.open_index();
    archive::Index::Writing writing(index);
    writing.release_hold("SAR-1", {"answered", "officer", council.now(), std::nullopt});
    writing.commit();
  }
  audit::HoldChange change{audit::HoldChange::Kind::release, "SAR-1", "sar", "officer"};
  change.unconfirmed = true;
  log(council, change);
  council.set_clock("2028-12-01T02:00:00Z");
  CHECK(council.run().tally.destroyed == 0);
  CHECK(facts(council).open_holds.count("SAR-1") == 1);
  CHECK(council.log_fault() == "");
}

TEST_CASE("A release that was taken back is not undone by an older index") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  council.release_hold("SAR-1", "2026-12-01");
  fs::copy_file(council.index_path, council.index_path + ".before");
  keep(council);
  fs::copy_file(council.index_path + ".before", council.index_path,
                fs::copy_options::overwrite_existing);
  council.set_clock("2026-11-30T02:00:00Z");
  CHECK(brakes(council.run()).empty());  // in force by both
  council.set_clock("2026-12-02T02:00:00Z");
  CHECK(brakes(council.run()) == Names{"holds"});
  CHECK(council.state("old-1") == "kept");
  CHECK(numbers(council) > 0);
  keep(council);  // the way on
  CHECK(council.run().tally.destroyed == 0);
  CHECK(council.state("old-1") == "kept");
  CHECK(council.log_fault() == "");
}

TEST_CASE("A hold that the index has lost stops runs until its release has taken effect") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  // As if a copy from before the hold had been restored.
  test::sql_run(council.index_path, "DELETE FROM hold_scope; DELETE FROM hold");
  CHECK(brakes(council.run()) == Names{"holds"});
  log(council, {audit::HoldChange::Kind::release, "SAR-1", "sar", "officer",
                base::parse_date("2026-12-01")});
  council.set_clock("2026-11-30T02:00:00Z");
  CHECK(brakes(council.run()) == Names{"holds"});
  CHECK(council.state("old-1") == "kept");
  council.set_clock("2026-12-01T02:00:00Z");
  CHECK(council.run().tally.destroyed == 1);
}

TEST_CASE("A release that only the log has leaves the hold in force") {
  Council council;
  NEEDS_A_DISK(council);
  settle(council);
  log(council, {audit::HoldChange::Kind::release, "SAR-1", "sar", "officer",
                base::parse_date("2026-12-01")});
  council.set_clock("2026-12-02T02:00:00Z");
  CHECK(council.run().tally.destroyed == 0);
  CHECK(council.state("old-1") == "kept");
}

TEST_CASE("What a log says of holds is folded in the order of its entries") {
  using Kind = audit::HoldChange::Kind;
  Council council;
  const auto day = [](const char* text) { return base::parse_date(text); };
  log(council, {Kind::place, "A", "sar", "u"});
  log(council, {Kind::release, "A", "sar", "u", day("2026-12-01")});
  CHECK(facts(council).is_in_force("A", *day("2026-11-30")));
  CHECK_FALSE(facts(council).is_in_force("A", *day("2026-12-01")));
  log(council, {Kind::keep, "A", "sar", "u"});
  CHECK(facts(council).is_in_force("A", *day("2099-12-01")));
  log(council, {Kind::release, "A", "sar", "u", {}, true});
  CHECK(facts(council).is_in_force("A", *day("2099-12-01")));
  log(council, {Kind::confirm, "A", "sar", "v", day("2026-12-05")});
  CHECK(facts(council).ending_holds.at("A") == *day("2026-12-05"));
  CHECK_FALSE(facts(council).is_in_force("B", *day("2026-12-01")));
  log(council, {Kind::release, "A", "sar", "u"});  // as earlier versions wrote it: at once
  CHECK(facts(council).open_holds.empty());
  CHECK(facts(council).ending_holds.empty());
  CHECK(council.log_fault() == "");
}
