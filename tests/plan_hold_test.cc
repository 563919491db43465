// Which recordings a hold covers: compared with the rule said in another way, over many random
// holds and archives.

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <set>

#include "plan/coverage.h"
#include "plan/hold_review.h"
#include "policy/hold_kind.h"
#include "support/archive_fixture.h"
#include "support/catch.h"

using namespace expunge;
using archive::Hold;
using archive::HoldScope;
using archive::Recording;

namespace {

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t limit) {
  return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

const std::vector<std::string> kDepartments = {"Customer Services", "Revenues and Benefits", "X"};
const std::vector<std::string> kSubjects = {"", "01614960123", "+44 161 496 0123", "cr 12",
                                            "55555"};
const std::vector<std::string> kAgents = {"", "Ann B", "ann-b", "Bob", "2012"};
const std::vector<std::string> kInstants = {"",
                                            "2025-06-30T22:59:59Z",
                                            "2025-06-30T23:00:00Z",
                                            "2025-07-01T12:00:00Z",
                                            "2025-07-02T00:30:00Z",
                                            "2026-11-20T00:00:00Z"};

archive::ImportRow random_row(Random& random, int number) {
  archive::ImportRow row = test::row(fmt::format("r-{:03}", number), "");
  row.department = kDepartments[below(random, kDepartments.size())];
  row.subject = kSubjects[below(random, kSubjects.size())];
  row.agent = kAgents[below(random, kAgents.size())];
  const std::string& instant = kInstants[below(random, kInstants.size())];
  if (!instant.empty()) row.recorded_at = test::instant(instant);
  if (below(random, 3) == 0) row.call_id = fmt::format("c-{}", below(random, 8));
  return row;
}

HoldScope random_scope(Random& random) {
  const auto often = [&](std::size_t one_in) { return below(random, one_in) == 0; };
  HoldScope scope;
  if (often(12)) scope.everything = true;
  if (often(3)) scope.recording_id = fmt::format("r-{:03}", below(random, 50));
  if (often(3)) scope.subject_key = archive::subject_key(kSubjects[1 + below(random, 4)]);
  if (often(3)) scope.agent_key = archive::subject_key(kAgents[1 + below(random, 4)]);
  if (often(4)) scope.department = kDepartments[below(random, 3)];
  if (often(4)) scope.from = test::date("2025-07-01");
  if (often(4)) scope.to = test::date(often(2) ? "2025-06-30" : "2025-07-01");
  return scope;
}

/// The rule, said the long way: nothing that is set speaks against it.
bool fits(const HoldScope& scope, const archive::ImportRow& row, const policy::TimeZone& zone) {
  if (scope.everything) return true;
  std::vector<bool> against;
  if (scope.recording_id != "") against.push_back(scope.recording_id != row.id);
  if (scope.subject_key != "") {
    against.push_back(scope.subject_key != archive::subject_key(row.subject));
  }
  if (scope.agent_key != "") against.push_back(scope.agent_key != archive::subject_key(row.agent));
  if (scope.department != "") against.push_back(scope.department != row.department);
  if (row.recorded_at) {
    const base::CivilDate day = zone.civil_date(*row.recorded_at);
    if (scope.from) against.push_back(day < *scope.from);
    if (scope.to) against.push_back(day > *scope.to);
  }
  return std::find(against.begin(), against.end(), true) == against.end();
}

std::set<std::string> expected(const Hold& hold, const std::vector<archive::ImportRow>& rows,
                               const policy::TimeZone& zone) {
  const auto covers = [&](const archive::ImportRow& row) {
    return std::any_of(hold.scopes.begin(), hold.scopes.end(),
                       [&](const HoldScope& scope) { return fits(scope, row, zone); });
  };
  std::set<std::string> ids;
  for (const auto& row : rows) {
    const bool by_call =
        !row.call_id.empty() && std::any_of(rows.begin(), rows.end(), [&](auto& o) {
          return o.call_id == row.call_id && covers(o);
        });
    if (covers(row) || by_call) ids.insert(row.id);
  }
  return ids;
}

std::set<std::string> covered(const archive::Index& index, const plan::HoldMatcher& matcher,
                              const std::string& reference) {
  std::set<std::string> ids;
  index.scan([&](const Recording& recording) {
    for (const Hold* hold : matcher.covering(recording)) {
      if (hold->reference == reference) ids.insert(recording.id);
    }
    return true;
  });
  return ids;
}

policy::RetentionSchedule schedule() {
  return {*policy::TimeZone::find("Europe/London"),
          {{"Customer Services", *policy::parse_period("12 months")}},
          "",
          test::date("2000-01-01")};
}

Hold random_hold(Random& random, int number) {
  Hold hold;
  hold.reference = fmt::format("H-{:02}", number);
  hold.kind = "sar";
  hold.placed_at = test::log_time("2026-11-20T10:00:00.000Z");
  const std::size_t scopes = 1 + below(random, 3);
  for (std::size_t i = 0; i < scopes; ++i) hold.scopes.push_back(random_scope(random));
  return hold;
}

}  // namespace

TEST_CASE("A hold covers what one of its scopes fits and the other segments of those calls") {
  const policy::RetentionSchedule rules = schedule();
  const base::CivilDate today = test::date("2026-11-29");
  for (unsigned seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    std::vector<archive::ImportRow> rows;
    for (int i = 0; i < 50; ++i) rows.push_back(random_row(random, i));
    const test::Scratch dir;
    test::make_index(dir / "index.db", rows);
    archive::Index index = test::open_index(dir / "index.db");
    std::vector<Hold> holds;
    for (int i = 0; i < 20; ++i) holds.push_back(random_hold(random, i));
    {
      archive::Index::Writing writing(index);
      for (const Hold& hold : holds) writing.place_hold(hold);
      writing.commit();
    }
    const plan::HoldMatcher matcher = plan::holds_of_day(index, rules, today);
    const auto counts = plan::covered_by_each(index, rules, holds, today);
    for (std::size_t i = 0; i < holds.size(); ++i) {
      CAPTURE(i);
      const auto wanted = expected(holds[i], rows, rules.time_zone);
      CHECK(covered(index, matcher, holds[i].reference) == wanted);
      CHECK(counts[i] == wanted.size());
      std::set<std::string> each;
      std::uint64_t unmatched = 0;
      const plan::Coverage coverage =
          plan::coverage(index, rules, holds[i], today,
                         [&](const Recording& one, plan::Verdict, plan::Match match) {
                           const bool covered = match <= plan::Match::through_call;
                           unmatched += covered ? 0 : 1;
                           if (covered) each.insert(one.id);
                         });
      CHECK(each == wanted);
      CHECK(coverage.covered == wanted.size());
      CHECK(coverage.without_subject + coverage.without_agent + coverage.in_doubt == unmatched);
      std::uint64_t by_department = 0;
      for (const auto& [name, verdicts] : coverage.by_department) {
        for (const auto& [verdict, count] : verdicts) {
          CHECK(verdict != plan::Verdict::due);
          by_department += count.recordings;
        }
      }
      CHECK(by_department == wanted.size());
    }
  }
}

TEST_CASE("A hold on everything covers what has neither date nor department nor subject") {
  HoldScope scope;
  scope.everything = true;
  CHECK(plan::scope_fits(scope, Recording{}, std::nullopt));
  scope.department = "Customer Services";  // of whoever wrote to the index past us
  CHECK(plan::scope_fits(scope, Recording{}, std::nullopt));
}

TEST_CASE("A hold on an agent leaves alone what has another or none and says how much has none") {
  const test::Scratch dir;
  std::vector<archive::ImportRow> rows = {test::row("a", "2025-01-01T00:00:00Z"),
                                          test::row("b", "2025-01-01T00:00:00Z"),
                                          test::row("c", "2026-11-01T00:00:00Z")};
  rows[0].agent = "Ann B.";
  rows[2].agent = "ann b";
  test::make_index(dir / "index.db", rows);
  const archive::Index index = test::open_index(dir / "index.db");
  Hold hold;
  hold.reference = "SAR-1";
  hold.scopes = {{}};
  hold.scopes[0].agent_key = archive::subject_key("ANN-B");
  const auto coverage = plan::coverage(index, schedule(), hold, test::date("2026-11-29"));
  CHECK(coverage.covered == 2);
  CHECK(coverage.covered_due == 1);
  CHECK(coverage.without_agent == 1);
  CHECK(coverage.without_subject == 0);
  CHECK(coverage.by_department.at("Customer Services").at(plan::Verdict::held).recordings == 1);
  CHECK(coverage.by_department.at("Customer Services").at(plan::Verdict::kept).recordings == 1);
}

TEST_CASE("Each kind of hold has its usual review and the source of it") {
  const auto usual = [](const char* kind) {
    return base::to_text(policy::usual_review(kind, test::date("2026-11-30")));
  };
  CHECK(usual("sar") == "2027-02-28");
  CHECK(usual("foi") == "2027-06-30");
  CHECK(usual("eir") == "2027-06-30");
  CHECK(usual("complaint") == "2027-11-30");
  CHECK(usual("ico") == "2027-05-30");
  CHECK(usual("ombudsman") == "2027-11-30");
  CHECK(usual("litigation") == "2027-11-30");
  CHECK(usual("police") == "2027-05-30");
  CHECK(usual("restriction") == "2027-02-28");
  CHECK(usual("other") == usual("of an index that is newer"));
  CHECK(policy::hold_kinds().size() == 10);
  for (const policy::HoldKind& kind : policy::hold_kinds()) {
    CHECK(policy::find_hold_kind(kind.name) == &kind);
    CHECK_FALSE(kind.words.empty());
    CHECK_FALSE(kind.source.empty());
    CHECK(kind.after_response.has_value() == (kind.name == "foi" || kind.name == "eir"));
  }
  CHECK(policy::find_hold_kind("whim") == nullptr);
}

TEST_CASE("A hold is reviewed as last said or as placed or as usual from the day it was placed") {
  const policy::TimeZone zone = schedule().time_zone;
  Hold hold;
  hold.kind = "sar";
  hold.placed_at = test::log_time("2026-06-30T23:30:00.000Z");  // 1 July in London
  CHECK(plan::review_day(hold, zone) == test::date("2026-10-01"));
  hold.review_on = test::date("2026-09-01");
  CHECK(plan::review_day(hold, zone) == test::date("2026-09-01"));
  hold.reviews = {{test::date("2028-01-01"), {}, "", ""}, {test::date("2027-01-01"), {}, "", ""}};
  CHECK(plan::review_day(hold, zone) == test::date("2027-01-01"));
}
