// Why a recording went later than it was due, as far as the log knows: holds that were brought
// back, approvals given before a correction.

#include "support/council_program.h"
#include "support/delayed_log.h"

using namespace expunge;
using namespace expunge::test;
using namespace expunge::test::delayed_log;

namespace {

nlohmann::json pairs(std::vector<std::pair<std::uint64_t, std::uint64_t>> holds) {
  nlohmann::json json = nlohmann::json::array();
  for (const auto& [placed, released] : holds) {
    json.push_back({{"placed", placed}, {"released", released}});
  }
  return json;
}

}  // namespace

TEST_CASE("A hold that ended, was brought back and ended again is told of each time that it did") {
  using Kind = HoldChange::Kind;
  Delayed log;
  const auto placed = log.hold(Kind::place, "01T16:00:00");
  const auto released = log.hold(Kind::release, "01T16:00:01", "2026-01-05");
  SECTION("with an attempt of the days between, when it was in force neither time") {
    log.run("06", '-', {Delayed::failed("06", "open-elsewhere")});
    const auto kept = log.hold(Kind::keep, "06T09:00:00");
    const auto again = log.hold(Kind::release, "07T09:00:00", "2026-01-15");
    log.gone("20", '-');
    CHECK(log.late().at("holds_ended") == pairs({{placed, released}, {kept, again}}));
    CHECK(contains(log.page(),
                   "In that time an order to keep recordings for another purpose came to an end, "
                   "was put back in force, and came to an end again (entries 3 and 4; entries 8 "
                   "and 9). A recording that such an order is for is kept until then; whether this "
                   "was one, the log does not say"));
    log.check_verified("hold.keep\",\"reference\":\"SAR-1", "hold.keep\",\"reference\":\"SAR-2");
  }
  SECTION("on the very day on which it kept nothing any more") {
    const auto kept = log.hold(Kind::keep, "05T09:00:00");
    log.run("06", '-', {Delayed::failed("06", "open-elsewhere")});
    log.hold(Kind::release, "07T09:00:00", "2026-01-15");
    log.gone("20", '-');
    // What was tried while the order was in force again it did not cover; before that, nobody
    // knows.
    CHECK(log.late().at("holds_ended") == pairs({{placed, released}}));
    CHECK(kept == released + 1);
    CHECK_FALSE(contains(log.page(), "put back in force"));
  }
  SECTION("and is in force still the second time, and so did not cover what went") {
    log.hold(Kind::keep, "06T09:00:00");
    log.gone("20", '-');
    CHECK(log.late().at("holds_ended") == pairs({{placed, released}}));
  }
  SECTION("but is one span when its release was taken back on its last day") {
    log.hold(Kind::keep, "04T23:30:00");
    const auto again = log.hold(Kind::release, "07T09:00:00", "2026-01-15");
    log.gone("20", '-');
    CHECK(log.late().at("holds_ended") == pairs({{placed, again}}));
  }
  SECTION("and of two orders, one of them twice, are counted two") {
    log.hold(Kind::keep, "06T09:00:00");
    log.hold(Kind::release, "07T09:00:00", "2026-01-15");
    log.add(to_draft(HoldChange{Kind::place, "FOI-2", "foi", "jane"}), "08T09:00:00");
    log.add(to_draft(HoldChange{Kind::release, "FOI-2", "foi", "jane", day_of("2026-01-16")}),
            "08T09:00:01");
    log.gone("20", '-');
    CHECK(log.late().at("holds_ended").size() == 3);
    CHECK(contains(log.page(),
                   "In that time 2 orders to keep recordings for another purpose came to an end, "
                   "some of them again after they were put back in force (entries 3 and 4; "));
  }
}

TEST_CASE("No order that is in force again is told as another one that has come to an end") {
  using std::chrono::days;
  Council council(machine_time(-days{40}).c_str());
  council.add("kept", Office::days_ago(500), "kept.wav", std::string(9000, 'A'));
  council.place_hold("SAR-1", {"kept", "", "", {}, {}});
  council.release_hold(
      "SAR-1", base::to_text(base::CivilDate{std::chrono::sys_days{council.today()} + days{8}}));
  council.set_clock(machine_time(-days{30}).c_str());
  council.place_hold("SAR-2", {"kept", "", "", {}, {}});
  const CouncilProgram program(council);
  CHECK_ENDED(program.call({"hold", "keep", "SAR-1"}), 0);
  const Ended told = program.call({"explain", "kept"});
  CHECK_ENDED(told, 0);
  INFO(told.out);
  CHECK(contains(unwrapped(told.out), "the earliest of 2 orders to keep it came into force"));
  CHECK_FALSE(contains(unwrapped(told.out), "to keep recordings were in force that"));
  CHECK_FALSE(contains(unwrapped(told.out), "to keep recordings was in force that"));
}

TEST_CASE("A recording waited for its approval while runs destroyed all else that they might") {
  Delayed log;
  log.approve('e', "2026-01-02", "01T17:00:00");
  const auto other = [&](const char* id) {
    audit::Destroyed destroyed = log.of.destroyed(id);
    destroyed.run = "run-02";
    return to_draft(destroyed);
  };
  SECTION("which the log accounts for") {
    log.run("02", 'e', {other("rec-2"), other("rec-3"), other("rec-4")});
    const auto approved = log.approve('f', "2026-01-04", "03T10:00:00");
    log.gone("04", 'f');
    CHECK(log.late().at("approved") == approved);
  }
  SECTION("also where one of these went without a file") {
    const auto without = to_draft(audit::DestroyFailed{"run-02", "rec-3", "missing"});
    log.run("02", 'e', {other("rec-2"), without, other("rec-3"), other("rec-4")});
    const auto approved = log.approve('f', "2026-01-04", "03T10:00:00");
    log.gone("04", 'f');
    CHECK(log.late().at("approved") == approved);
  }
  SECTION("but not where all of its own files were missing then") {
    log.run("02", 'e',
            {Delayed::failed("02", "missing"), other("rec-2"), other("rec-3"), other("rec-4")});
    log.approve('f', "2026-01-04", "03T10:00:00");
    log.gone("04", 'f');
    CHECK_FALSE(log.late().contains("approved"));
  }
  SECTION("but not where it was one of these, or may have been") {
    if (GENERATE(false, true)) {
      log.run("02", 'e', {other("rec-2"), other("rec-3"), Delayed::failed("02", "open")});
    } else {
      log.run("02", 'e', {other("rec-2"), other("rec-3")});
    }
    log.approve('f', "2026-01-04", "03T10:00:00");
    log.gone("04", 'f');
    CHECK_FALSE(log.late().contains("approved"));
  }
}

TEST_CASE("A recording waited for the first approval after its date or department was put right") {
  Delayed log;
  const auto first = log.approve('e', "2026-01-02", "01T17:00:00");
  SECTION("while runs went by an older one, which cannot have had it") {
    log.correct(GENERATE("recorded_at", "department"), "02T01:00:00");
    log.run("02", 'e');
    log.run("03", 'e');
    const auto approved = log.approve('f', "2026-01-04", "03T10:00:00");
    log.gone("04", 'f');
    CHECK(log.late().at("approved") == approved);
    CHECK(contains(log.page(),
                   "A person had to approve the plan first; that was on 3 January 2026 (entry " +
                       std::to_string(approved) + ")."));
  }
  SECTION("also where the last run by the older one was before that, or needed none") {
    log.run("02", GENERATE('e', '-'));
    log.correct("recorded_at", "02T10:00:00");
    const auto approved = log.approve('f', "2026-01-04", "03T10:00:00");
    log.gone("04", 'f');
    CHECK(log.late().at("approved") == approved);
  }
  SECTION("also where somebody said yes to the older one again after that") {
    log.correct("recorded_at", "02T01:00:00");
    log.approve('e', "2026-01-02", "02T01:30:00");
    log.run("02", 'e');
    const auto approved = log.approve('f', "2026-01-04", "03T10:00:00");
    log.gone("04", 'f');
    CHECK(log.late().at("approved") == approved);
  }
  SECTION("but not where what was put right decides of no day") {
    log.correct("subject", "02T01:00:00");
    log.run("02", 'e');
    log.approve('f', "2026-01-04", "03T10:00:00");
    log.gone("04", 'f');
    CHECK_FALSE(log.late().contains("approved"));
  }
  SECTION("nor where an earlier run went by a plan of after that, or needed none") {
    log.correct("recorded_at", "02T01:00:00");
    const char plan = GENERATE('c', '-');
    if (plan == 'c') log.approve(plan, "2026-01-02", "02T01:30:00");
    log.run("02", plan);
    log.approve('f', "2026-01-04", "03T10:00:00");
    log.gone("04", 'f');
    CHECK_FALSE(log.late().contains("approved"));
  }
  SECTION("nor where it went by the plan of before that, which so did have it") {
    log.run("02", 'e');
    log.correct("department", "02T10:00:00");
    log.approve('e', "2026-01-02", "02T11:00:00");
    log.gone("03", 'e');
    CHECK_FALSE(log.late().contains("approved"));
  }
  SECTION("nor where an order was its cause, which no correction touches") {
    log.said.ground = "erasure";
    log.said.authority = "ERA/1";
    log.run("02", 'e');
    const auto corrected = log.correct("recorded_at", "02T10:00:00");
    log.approve('f', "2026-01-04", "03T10:00:00");
    log.gone("04", 'f');
    CHECK_FALSE(log.late().contains("approved"));
    CHECK(log.late().at("corrected").at(0).at("seq") == corrected);
    CHECK(contains(log.page(), "; an order needs that only while a brake is on"));
  }
  CHECK(first == 3);
}
