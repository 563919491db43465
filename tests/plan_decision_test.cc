#include "plan/decision.h"

#include "support/catch.h"

using namespace expunge;
using plan::Cause;
using plan::Verdict;

namespace {

policy::RetentionSchedule schedule() {
  return {*policy::TimeZone::find("Europe/London"),
          {{"Customer Services", *policy::parse_period("12 months")},
           {"Revenues and Benefits", *policy::parse_period("6 weeks")}},
          "",
          *base::parse_date("2000-01-01")};
}

archive::Recording recording(const char* recorded_at) {
  archive::Recording each;
  each.key = 1;
  each.id = "rec-1";
  each.department = "Customer Services";
  if (*recorded_at != '\0') each.recorded_at = base::parse_instant(recorded_at);
  each.files.push_back({"2025/11/23/rec-1.wav", "audio", std::nullopt, std::nullopt});
  return each;
}

struct Bench {
  policy::RetentionSchedule rules = schedule();
  std::vector<archive::Hold> holds;
  std::vector<archive::Recording> segments;

  plan::Decision decide(const archive::Recording& one, const char* today) {
    matcher = std::make_unique<plan::HoldMatcher>(
        holds, rules.time_zone, [this](const std::string&) { return segments; },
        *base::parse_date(today));
    return plan::Decider(rules, *matcher, *base::parse_date(today)).decide(one);
  }

  std::unique_ptr<plan::HoldMatcher> matcher;
};

archive::Hold hold(const char* reference, archive::HoldScope scope) {
  archive::Hold each;
  each.reference = reference;
  each.kind = "sar";
  each.scopes = {std::move(scope)};
  return each;
}

}  // namespace

TEST_CASE("A recording is kept the day before its due day and due on it and after") {
  Bench bench;
  const auto one = recording("2025-11-23T10:00:00Z");
  CHECK(bench.decide(one, "2026-11-23").verdict == Verdict::kept);
  CHECK(bench.decide(one, "2026-11-24").verdict == Verdict::due);
  CHECK(bench.decide(one, "2031-01-01").verdict == Verdict::due);
  CHECK(reason(bench.decide(one, "2026-11-23"), one) == "kept for 12 months, due on 2026-11-24");
  CHECK(reason(bench.decide(one, "2026-11-24"), one) == "kept for 12 months, due since 2026-11-24");
}

TEST_CASE("A recording made late on a summer evening is due a day later than its UTC date says") {
  Bench bench;
  const auto one = recording("2025-07-01T23:30:00Z");
  CHECK(bench.decide(one, "2026-07-02").verdict == Verdict::kept);
  CHECK(bench.decide(one, "2026-07-03").verdict == Verdict::due);
}

TEST_CASE("What is not understood is attention and never due") {
  Bench bench;
  const auto cause_of = [&](const archive::Recording& one) {
    const auto decision = bench.decide(one, "2026-11-24");
    CHECK(decision.verdict == Verdict::attention);
    CHECK_FALSE(plan::remedy(decision.cause).empty());
    CHECK_FALSE(reason(decision, one).empty());
    return decision.cause;
  };
  CHECK(cause_of(recording("")) == Cause::no_date);
  CHECK(cause_of(recording("1970-01-01T00:00:00Z")) == Cause::date_too_early);
  CHECK(cause_of(recording("1999-12-31T23:59:59Z")) == Cause::date_too_early);
  CHECK(cause_of(recording("2026-11-25T00:00:00Z")) == Cause::date_in_the_future);
  auto one = recording("2020-01-01T10:00:00Z");
  one.department = "Housing";
  CHECK(cause_of(one) == Cause::unknown_department);
  CHECK(reason(bench.decide(one, "2026-11-24"), one).find("does not name its department") !=
        std::string::npos);
  one.department.clear();
  CHECK(cause_of(one) == Cause::unknown_department);
  CHECK(reason(bench.decide(one, "2026-11-24"), one) ==
        "it has no department, so nobody can say how long to keep it; past the period of every "
        "department, so overdue since 2021-01-02");
  CHECK(plan::remedy(Cause::unknown_department).substr(0, 65) ==
        "if it has none, or a wrong one, put it right: expunge correct ID ");
  one = recording("2020-01-01T10:00:00Z");
  one.files.clear();
  CHECK(cause_of(one) == Cause::no_file);
  for (const char* path : {"../outside.wav", "/etc/passwd", "a/../../b", "", "a//b", "./a"}) {
    one = recording("2020-01-01T10:00:00Z");
    one.files.push_back({path, "audio", std::nullopt, std::nullopt});
    CAPTURE(path);
    CHECK(cause_of(one) == Cause::path_outside_root);
  }
  one = recording("2020-01-01T10:00:00Z");
  one.contradiction = "an import says otherwise";
  CHECK(cause_of(one) == Cause::contradicted);
  one = recording("2020-01-01T10:00:00Z");
  one.state = archive::State::returned;
  CHECK(cause_of(one) == Cause::came_back);
}

TEST_CASE("A recording of today is not in the future") {
  Bench bench;
  CHECK(bench.decide(recording("2026-11-24T23:59:59Z"), "2026-11-24").verdict == Verdict::kept);
}

TEST_CASE("A hold holds only what is due and names itself") {
  Bench bench;
  bench.holds = {hold("SAR-1", {"rec-1", "", "", {}, {}})};
  const auto one = recording("2025-11-23T10:00:00Z");
  CHECK(bench.decide(one, "2026-11-23").verdict == Verdict::kept);
  const auto decision = bench.decide(one, "2026-11-24");
  CHECK(decision.verdict == Verdict::held);
  CHECK(reason(decision, one) == "due since 2026-11-24, held by SAR-1 (sar)");
}

TEST_CASE("A released hold holds until the day on which its release takes effect") {
  Bench bench;
  const auto one = recording("2025-11-23T10:00:00Z");
  bench.holds = {hold("SAR-1", {"rec-1", "", "", {}, {}})};
  bench.holds[0].released_at = base::Time{};
  CHECK(bench.decide(one, "2099-11-24").verdict == Verdict::held);  // not confirmed
  bench.holds[0].effective_on = base::parse_date("2026-12-01");
  CHECK(bench.decide(one, "2026-11-30").verdict == Verdict::held);
  CHECK(bench.decide(one, "2026-12-01").verdict == Verdict::due);
}

TEST_CASE("The members of a scope must all fit") {
  Bench bench;
  auto one = recording("2025-07-01T23:30:00Z");  // 2 July in London
  one.subject_key = "01462474000";
  const auto verdict_under = [&](const archive::HoldScope& scope) {
    bench.holds = {hold("X-1", scope)};
    return bench.decide(one, "2026-11-24").verdict;
  };
  const auto july = [](unsigned day) {
    return std::optional(
        base::CivilDate{std::chrono::year{2025}, std::chrono::July, std::chrono::day{day}});
  };
  CHECK(verdict_under({"", "01462474000", "", {}, {}}) == Verdict::held);
  CHECK(verdict_under({"", "01462474001", "", {}, {}}) == Verdict::due);
  CHECK(verdict_under({"", "01462474000", "Revenues and Benefits", {}, {}}) == Verdict::due);
  CHECK(verdict_under({"", "", "Customer Services", july(2), july(2)}) == Verdict::held);
  CHECK(verdict_under({"", "", "", july(3), {}}) == Verdict::due);
  CHECK(verdict_under({"", "", "", {}, july(1)}) == Verdict::due);
}

TEST_CASE("A hold on one segment of a call covers the others") {
  Bench bench;
  auto one = recording("2025-11-23T10:00:00Z");
  one.call_id = "call-7";
  auto other = recording("2025-11-23T10:05:00Z");
  other.id = "rec-2";
  other.subject_key = "01462474000";
  bench.segments = {one, other};
  bench.holds = {hold("SAR-1", {"", "01462474000", "", {}, {}})};
  CHECK(bench.decide(one, "2026-11-24").verdict == Verdict::held);
  bench.segments.clear();
  CHECK(bench.decide(one, "2026-11-24").verdict == Verdict::due);
}
