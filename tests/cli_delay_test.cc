// Why a recording went later than it was due, as far as the log knows: holds that were brought
// back, approvals given before a correction, names that the schedule did not know.

#include <nlohmann/json.hpp>

#include "audit/entry.h"
#include "support/catch.h"
#include "support/certified_log.h"
#include "support/council_program.h"
#include "support/page_text.h"

using namespace expunge;
using namespace expunge::test;

namespace {

using audit::HoldChange;
using audit::to_draft;

base::CivilDate day_of(const std::string& text) {
  return *base::parse_date(text);
}

/// A log in which things happen to rec-1, of the days of January 2026 on which it is not yet gone.
class Delayed {
 public:
  std::uint64_t add(const audit::Draft& draft, const std::string& time) {
    return of.append(draft, "2026-01-" + time + ".000Z");
  }

  std::uint64_t hold(HoldChange::Kind change, const std::string& time,
                     const char* effective = nullptr) {
    HoldChange entry{change, "SAR-1", "sar", "jane"};
    if (effective != nullptr) entry.effective = day_of(effective);
    return add(to_draft(entry), time);
  }

  std::uint64_t approve(char plan, const std::string& day, const std::string& time) {
    return add(to_draft(audit::PlanApprove{std::string(64, plan), day_of(day), 3, 9, "jane"}),
               time);
  }

  std::uint64_t correct(const char* fact, const std::string& time) {
    audit::Correct entry{"rec-1", fact, "HR/1", "jane"};
    if (entry.fact == "department") entry.department = of.department;
    if (entry.fact == "recorded_at") entry.recorded = day_of("2024-12-31");
    return add(to_draft(entry), time);
  }

  std::uint64_t policy(const std::vector<audit::PolicyDepartment>& departments,
                       const std::vector<audit::PolicyAlias>& aliases, const std::string& time) {
    return add(to_draft(audit::Policy{"Europe/London", departments, "RS-8", aliases}), time);
  }

  /// A run at two o'clock of that day, by that plan (`-`: none), in which `what` happened.
  void run(const std::string& day, char plan, const std::vector<audit::Draft>& what = {}) {
    const std::string by = plan == '-' ? "" : std::string(64, plan);
    std::vector<audit::Draft> drafts{to_draft(audit::RunStart{"run-" + day,
                                                              "rec1",
                                                              "expunge",
                                                              day_of("2026-01-" + day),
                                                              "Europe/London",
                                                              std::string(64, 'b'),
                                                              3,
                                                              1,
                                                              9,
                                                              std::string(64, 'd'),
                                                              {},
                                                              by})};
    drafts.insert(drafts.end(), what.begin(), what.end());
    drafts.push_back(of.end(1, 0, "run-" + day));
    of.append(drafts, "2026-01-" + day + "T02:00:00.000Z");
  }

  static audit::Draft failed(const std::string& day, const char* reason) {
    return to_draft(audit::DestroyFailed{"run-" + day, "rec-1", reason});
  }

  void gone(const std::string& day, char plan) {
    audit::Destroyed entry = said;
    entry.run = "run-" + day;
    run(day, plan, {to_draft(entry)});
  }

  /// `late` of its certificate.
  [[nodiscard]] nlohmann::json late() const { return recording().at("late"); }

  /// What its certificate says of it.
  [[nodiscard]] nlohmann::json recording() const {
    const Ended ended = of.certificate({"rec-1", "--json", "--replace"});
    CHECK_ENDED(ended, 0);
    return nlohmann::json::parse(ended.out).at("recordings").at(0);
  }

  [[nodiscard]] std::string page() const {
    CHECK_ENDED(of.certificate({"rec-1", "--replace"}), 0);
    return unwrapped(slurp(of.out("rec-1.txt")));
  }

  /// That a page which says what the log has, is refused when the log had something else there.
  void check_verified(const std::string& from, const std::string& to) const {
    const std::string good = of.log.text();
    std::string bad = good;
    REQUIRE(from.size() == to.size());
    bad.replace(bad.find(from), from.size(), to);
    spill(of.log.file("log.jsonl"), bad);
    CHECK_ENDED(of.certificate({"rec-1", "--replace"}), 4);
    spill(of.log.file("log.jsonl"), good);
  }

  CertifiedLog of;
  audit::Destroyed said = of.destroyed("rec-1");  // due on the 1st, if nothing else is said
};

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

TEST_CASE("A name that the schedule learnt for its department may be why it went late") {
  Delayed log;
  const std::vector<audit::PolicyDepartment> departments{{log.of.department, "12 months"}};
  const audit::PolicyAlias alias{"Cust Svcs", log.of.department};
  SECTION("and is told with its entry, and not that it was of that name") {
    const auto seq = log.policy(departments, {alias}, "03T02:00:00");
    log.gone("04", '-');
    const auto late = log.late();
    CHECK(late.at("names_added") == nlohmann::json::array({seq}));
    CHECK(late.at("other_policies").empty());
    const std::string page = log.page();
    CHECK(contains(page,
                   "In that time the retention schedule was given another name for its department "
                   "(entry 3). About a recording whose records had that name nobody could decide "
                   "before; whether this was one, the log does not say."));
    CHECK_FALSE(contains(page, "Cust Svcs"));
    log.check_verified("\"name\":\"Cust Svcs\"", "\"name\":\"Cust Svcz\"");
  }
  SECTION("several, and each once, when it was new") {
    const auto one = log.policy(departments, {alias}, "03T02:00:00");
    const auto two =
        log.policy(departments, {alias, {"Customers", log.of.department}}, "04T02:00:00");
    log.policy(departments, {}, "05T02:00:00");
    log.gone("06", '-');
    CHECK(log.late().at("names_added") == nlohmann::json::array({one, two}));
    CHECK(contains(log.page(),
                   "was given other names for its department (entry 3; entry 4). About a recording "
                   "whose records had such a name nobody"));
  }
  SECTION("and no other period where it was only called otherwise") {
    log.policy({{"Contact Centre", "12 months"}}, {{log.of.department, "Contact Centre"}},
               "03T02:00:00");
    log.said.department = "Contact Centre";
    log.gone("04", '-');
    CHECK(log.late().at("other_policies").empty());
  }
  SECTION("but another where several are one now that had several periods") {
    const auto seq = log.policy({departments[0], {"Switchboard", "6 months"}}, {}, "02T02:00:00");
    log.policy({{"Contact Centre", "12 months"}},
               {{log.of.department, "Contact Centre"}, {"Switchboard", "Contact Centre"}},
               "03T02:00:00");
    log.said.department = "Contact Centre";
    log.gone("04", '-');
    CHECK(log.late().at("other_policies") == nlohmann::json::array({seq}));
  }
  SECTION("but nothing of what had come back, which had gone before") {
    log.said.ground = "returned";
    log.said.authority = "DPO/1";
    log.policy(departments, {alias}, "03T02:00:00");
    log.gone("04", '-');
    CHECK_FALSE(log.late().contains("names_added"));
    CHECK_FALSE(log.recording().contains("late_by_schedule"));
    const std::string page = log.page();
    CHECK(contains(page, "Later than ordered by 3 days"));
    CHECK_FALSE(contains(page, "kept longer"));
    CHECK(contains(page, "To be kept for"));
  }
  SECTION("and not one of another department") {
    log.policy({departments[0], {"Revenues", "12 months"}}, {{"Revs", "Revenues"}}, "03T02:00:00");
    log.gone("04", '-');
    CHECK_FALSE(log.late().contains("names_added"));
  }
  SECTION("nor one of which it could be decided before, as it was a department") {
    log.policy({departments[0], {"Cust Svcs", "12 months"}}, {}, "03T02:00:00");
    log.policy(departments, {alias}, "04T02:00:00");
    log.gone("05", '-');
    CHECK_FALSE(log.late().contains("names_added"));
  }
  SECTION("nor one that it learnt before the recording was due") {
    log.said.due = day_of("2026-01-04");
    log.policy(departments, {alias}, "03T02:00:00");
    log.gone("06", '-');
    CHECK_FALSE(log.late().contains("names_added"));
  }
  SECTION("of what an order had destroyed only from the schedule's day on") {
    log.said.ground = "erasure";
    log.said.authority = "ERA/1";
    log.said.due = day_of("2025-12-20");
    log.policy({{log.of.department, "11 months"}}, {}, "02T01:00:00");
    const auto seq = log.policy(departments, {alias}, "03T02:00:00");
    log.gone("04", '-');
    const auto late = log.late();
    CHECK(late.at("days") == 15);
    CHECK_FALSE(late.contains("names_added"));
    CHECK(late.at("other_policies").empty());
    const auto by_schedule = log.recording().at("late_by_schedule");
    CHECK(by_schedule.at("days") == 3);
    CHECK(by_schedule.at("names_added") == nlohmann::json::array({seq}));
    CHECK(by_schedule.at("other_policies") == nlohmann::json::array({seq - 1}));
    const std::string page = log.page();
    CHECK(contains(page, "Later than ordered by 15 days"));
    CHECK(contains(page, "Later than due by the schedule by 3 days"));
    CHECK(
        contains(page,
                 "It was also kept longer than to the day on which it was due by the schedule. "
                 "For some of that time the retention schedule had another period for it, or none "
                 "(entry 3). In that time the retention schedule was given another name"));
  }
}

TEST_CASE("The letter of one whose department had a name that was new says what is known of that") {
  using std::chrono::days;
  Council council(machine_time(-days{12}).c_str());
  if (!council.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const std::string audio(9000, 'A');
  council.add("first", Office::days_ago(500), "first.wav", audio);
  council.add("strange", Office::days_ago(500), "strange.wav", audio, "Cust Svcs");
  CHECK(council.approve_and_run().tally.destroyed == 1);
  council.schedule.aliases = {{"Cust Svcs", "Customer Services"}};
  council.set_clock(machine_time(-days{6}).c_str());
  CHECK(council.approve_and_run().tally.destroyed == 1);
  const Ended told = CouncilProgram(council).call({"explain", "strange"});
  CHECK_ENDED(told, 0);
  const std::string letter = unwrapped(told.out.substr(0, told.out.find("For the office")));
  CHECK(contains(letter,
                 " the retention schedule was given another name for its department. About a "
                 "recording whose records had that name nobody could decide before; whether this "
                 "was one, the log does not say. "));
  CHECK_FALSE(contains(letter, "Cust Svcs"));
}

TEST_CASE("What is told after the time of which the log knows nothing is not told of that time") {
  Delayed log;
  log.said.due = day_of("2025-11-20");
  log.hold(HoldChange::Kind::place, "01T16:00:00");
  log.hold(HoldChange::Kind::release, "01T16:00:01", "2026-01-05");
  log.policy({{log.of.department, "18 months"}}, {}, "03T02:00:00");
  log.policy({{log.of.department, "12 months"}}, {{"Cust Svcs", log.of.department}}, "04T02:00:00");
  log.gone("20", '-');
  const std::string page = log.page();
  check_all_in(page,
               {"of the time before that day this log knows nothing. Since this log was begun, an "
                "order to keep recordings for another purpose came to an end (entries 3 and 4).",
                " For some of the time since this log was begun the retention schedule had another "
                "period for it, or none (entry 5). Since this log was begun, the retention "
                "schedule was given another name for its department (entry 6)."});
  CHECK_FALSE(contains(page, "hat time an"));
  CHECK_FALSE(contains(page, "n that time the"));
  CHECK_FALSE(contains(page, "some of that time"));
}
