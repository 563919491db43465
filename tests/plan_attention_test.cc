// Attention that a person can clear: other names of departments, what stays undated for too long,
// and what is acknowledged.

#include "plan/plan.h"
#include "support/archive_fixture.h"
#include "support/catch.h"

using namespace expunge;
using plan::Cause;
using plan::Verdict;
using test::contains_text;

namespace {

struct Bench {
  policy::RetentionSchedule rules{*policy::TimeZone::find("Europe/London"),
                                  {{"Customer Services", *policy::parse_period("12 months")},
                                   {"Revenues and Benefits", *policy::parse_period("6 weeks")}},
                                  "",
                                  test::date("2000-01-01"),
                                  {{"Cust Svcs", "Customer Services"}}};
  std::vector<archive::Hold> holds;
  plan::AcknowledgementOf known;

  plan::Decision decide(const archive::Recording& one, const char* today) {
    std::vector<archive::Hold> all;
    for (const archive::Hold& hold : holds) all.push_back(plan::with_all_names(hold, rules));
    matcher = std::make_unique<plan::HoldMatcher>(
        all, rules.time_zone, [](const std::string&) { return std::vector<archive::Recording>(); },
        test::date(today));
    return plan::Decider(rules, *matcher, test::date(today), known).decide(one);
  }

  std::unique_ptr<plan::HoldMatcher> matcher;
};

archive::Recording recording(const char* recorded_at, const char* department = "Cust Svcs") {
  archive::Recording each;
  each.key = 1;
  each.id = "rec-1";
  each.department = department;
  if (*recorded_at != '\0') each.recorded_at = base::parse_instant(recorded_at);
  each.indexed_on = "2025-11-23";
  each.files.push_back({"2025/11/23/rec-1.wav", "audio", std::nullopt, std::nullopt});
  return each;
}

archive::Hold on_department(const char* department) {
  archive::Hold hold;
  hold.reference = "FOI-1";
  hold.kind = "foi";
  hold.scopes.emplace_back().department = department;
  return hold;
}

plan::AcknowledgementOf says(const std::string& cause, const char* until) {
  archive::Acknowledgement known;
  known.cause = cause;
  known.until = test::date(until);
  return [known](std::int64_t) { return known; };
}

}  // namespace

TEST_CASE("A recording under an alias is kept for the department's period and named as it") {
  Bench bench;
  const auto one = recording("2025-11-23T10:00:00Z");
  const auto decision = bench.decide(one, "2026-11-24");
  CHECK(decision.verdict == Verdict::due);
  CHECK(department_of(decision, one) == "Customer Services");
  CHECK(bench.decide(one, "2026-11-23").verdict == Verdict::kept);
  CHECK(bench.decide(recording("2025-11-23T10:00:00Z", "Cust"), "2026-11-24").cause ==
        Cause::unknown_department);
}

TEST_CASE("A hold on any name of a department covers what came by another") {
  Bench bench;
  for (const char* held : {"Customer Services", "Cust Svcs"}) {
    for (const char* came : {"Customer Services", "Cust Svcs"}) {
      CAPTURE(held, came);
      bench.holds = {on_department(held)};
      CHECK(bench.decide(recording("2025-11-23T10:00:00Z", came), "2026-11-24").verdict ==
            Verdict::held);
    }
  }
  bench.holds = {on_department("Revenues and Benefits")};
  CHECK(bench.decide(recording("2025-11-23T10:00:00Z"), "2026-11-24").verdict == Verdict::due);
}

TEST_CASE("An alias is read up to the colon before a department and no other way") {
  const std::vector<policy::Department> departments = {
      {"A: B", *policy::parse_period("1 year")},
      {"Customer Services", *policy::parse_period("1 year")}};
  const auto alias = policy::parse_alias(" Cust: Svcs :  Customer Services ", departments);
  REQUIRE(alias.has_value());
  CHECK(alias->name == "Cust: Svcs");
  CHECK(alias->department == "Customer Services");
  CHECK(policy::parse_alias("x: A: B", departments)->department == "A: B");
  for (const char* bad : {"", "Cust Svcs", "Cust Svcs: Housing", ": Customer Services",
                          "Cust\tSvcs: Customer Services", "Cust Svcs: customer services"}) {
    CAPTURE(bad);
    CHECK_FALSE(policy::parse_alias(bad, departments).has_value());
  }
  const std::vector<policy::Department> both = {{"B", *policy::parse_period("1 year")},
                                                {"X: B", *policy::parse_period("1 year")}};
  CHECK_FALSE(policy::parse_alias("a: X: B", both).has_value());
}

TEST_CASE("What has no usable date is overdue after the longest period in the index") {
  Bench bench;
  for (const char* recorded_at : {"", "1970-01-01T00:00:00Z", "2036-01-01T00:00:00Z"}) {
    CAPTURE(recorded_at);
    const auto one = recording(recorded_at, "Revenues and Benefits");
    const auto before = bench.decide(one, "2026-11-23");
    CHECK(before.verdict == Verdict::attention);
    CHECK(before.cause != Cause::undated_overdue);
    const auto after = bench.decide(one, "2026-11-24");
    CHECK(after.verdict == Verdict::attention);
    CHECK(after.cause == Cause::undated_overdue);
    CHECK(after.overdue_since == test::date("2026-11-24"));
    CHECK_THAT(reason(after, one), contains_text("in the index since 2025-11-23"));
    CHECK_THAT(reason(after, one), contains_text("overdue since 2026-11-24"));
  }
}

TEST_CASE("A date later than the first day in the index stays attention when its day has come") {
  Bench bench;
  auto one = recording("2026-12-20T10:00:00Z");
  one.indexed_on = "2026-11-29";
  const auto ahead = bench.decide(one, "2026-11-30");
  CHECK(ahead.cause == Cause::date_in_the_future);
  CHECK(reason(ahead, one) == "its date 2026-12-20 is in the future");
  for (const char* day : {"2026-12-20", "2026-12-22", "2027-11-29"}) {
    CAPTURE(day);
    const auto later = bench.decide(one, day);
    CHECK(later.verdict == Verdict::attention);
    CHECK(later.cause == Cause::date_in_the_future);
    CHECK(reason(later, one) ==
          "its date 2026-12-20 is later than the day on which the index first had it, 2026-11-29");
  }
  const auto overdue = bench.decide(one, "2027-11-30");
  CHECK(overdue.cause == Cause::undated_overdue);
  CHECK(overdue.overdue_since == test::date("2027-11-30"));
  one.indexed_on = "2026-12-22";  // a person said that the date is right
  CHECK(bench.decide(one, "2026-12-22").verdict == Verdict::kept);
}

TEST_CASE("A recording may be two days younger than its first day in the index and no more") {
  Bench bench;
  auto one = recording("2026-03-01T10:00:00Z");
  const auto cause_if_indexed_on = [&](const char* day) {
    one.indexed_on = day;
    return bench.decide(one, "2026-03-10").cause;
  };
  CHECK(cause_if_indexed_on("2026-03-05") == Cause::not_yet);
  CHECK(cause_if_indexed_on("2026-03-01") == Cause::not_yet);
  CHECK(cause_if_indexed_on("2026-02-27") == Cause::not_yet);
  CHECK(cause_if_indexed_on("2026-02-26") == Cause::date_in_the_future);
  for (const char* unknown : {"", "yesterday", "2026-02-30"}) {
    CHECK(cause_if_indexed_on(unknown) == Cause::not_yet);
  }
}

TEST_CASE("What an order decides is held by days that a doubtful date may lie in") {
  Bench bench;
  auto one = recording("2026-03-01T10:00:00Z");
  one.indexed_on = "2026-01-15";
  one.order = archive::Order{"order", "COURT-1", test::date("2026-03-09"), "clerk"};
  CHECK(bench.decide(one, "2026-03-10").cause == Cause::ordered);
  archive::Hold january;
  january.reference = "SAR-1";
  january.kind = "sar";
  auto& scope = january.scopes.emplace_back();
  scope.from = test::date("2026-01-01");
  scope.to = test::date("2026-01-31");
  bench.holds = {january};
  CHECK(bench.decide(one, "2026-03-10").verdict == Verdict::held);
  one.indexed_on = "2026-03-01";
  CHECK(bench.decide(one, "2026-03-10").cause == Cause::ordered);
}

TEST_CASE("A contradiction does not hide that something undated is overdue") {
  Bench bench;
  auto one = recording("");
  one.contradiction = "department was A, the import of 2026-01-01 says B";
  CHECK(bench.decide(one, "2026-11-23").cause == Cause::contradicted);
  const auto after = bench.decide(one, "2026-11-24");
  CHECK(after.cause == Cause::undated_overdue);
  CHECK_THAT(reason(after, one), contains_text(one.contradiction));
}

TEST_CASE("Nobody knows how long what has no day of its own was in the index") {
  Bench bench;
  for (const char* day : {"", "yesterday", "2026-02-30"}) {
    auto one = recording("");
    one.indexed_on = day;
    CHECK(bench.decide(one, "2036-01-01").cause == Cause::no_date);
  }
}

TEST_CASE("An acknowledgement is for its cause and until its day included and leaves the verdict") {
  Bench bench;
  bench.known = says("no-date", "2026-01-31");
  const auto one = recording("");
  const auto known = bench.decide(one, "2026-01-31");
  CHECK(known.verdict == Verdict::attention);
  CHECK(known.acknowledged_until == test::date("2026-01-31"));
  CHECK_THAT(reason(known, one), contains_text("; acknowledged until 2026-01-31"));
  CHECK_FALSE(bench.decide(one, "2026-02-01").acknowledged_until.has_value());
  CHECK_FALSE(bench.decide(recording("1970-01-01T00:00:00Z"), "2026-01-31").acknowledged_until);
  // It was given before it was overdue, and for something less.
  bench.known = says("no-date", "2026-12-31");
  CHECK(bench.decide(one, "2026-11-23").acknowledged_until.has_value());
  CHECK_FALSE(bench.decide(one, "2026-11-24").acknowledged_until.has_value());
  bench.known = says("undated-overdue", "2026-12-31");
  CHECK(bench.decide(one, "2026-11-24").acknowledged_until.has_value());
}

TEST_CASE("No acknowledgement keeps or makes due what needs no attention") {
  Bench bench;
  for (const char* cause : {"no-date", "period-over", "not-yet", "missing-file"}) {
    bench.known = says(cause, "2026-12-31");
    const auto one = recording("2025-11-23T10:00:00Z");
    CHECK(bench.decide(one, "2026-11-23").verdict == Verdict::kept);
    const auto due = bench.decide(one, "2026-11-24");
    CHECK(due.verdict == Verdict::due);
    CHECK_FALSE(due.acknowledged_until.has_value());
  }
  auto missing = recording("2025-11-23T10:00:00Z");
  missing.missing_seq = 7;
  const auto due = bench.decide(missing, "2026-11-24");
  CHECK(due.verdict == Verdict::due);
  CHECK(due.acknowledged_until == test::date("2026-12-31"));
}

TEST_CASE("Every cause of attention can be acknowledged and no other word") {
  for (const Cause cause :
       {Cause::no_date, Cause::date_too_early, Cause::date_in_the_future, Cause::unknown_department,
        Cause::path_outside_root, Cause::no_file, Cause::malformed, Cause::contradicted,
        Cause::came_back, Cause::undated_overdue}) {
    CHECK(plan::can_be_acknowledged(plan::to_text(cause)));
    CHECK_FALSE(plan::remedy(cause).empty());
  }
  CHECK(plan::can_be_acknowledged("missing-file"));
  for (const char* other : {"", "period-over", "not-yet", "under-hold", "no_date"}) {
    CHECK_FALSE(plan::can_be_acknowledged(other));
  }
}
