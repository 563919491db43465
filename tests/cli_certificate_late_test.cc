// What a certificate says of a recording that was later than due, or ahead of its period.

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/certified_log.h"
#include "support/office.h"
#include "support/page_text.h"

using namespace expunge;
using namespace expunge::test;

namespace {

/// A hold from its placing to its release, which takes effect on that day.
void hold(CertifiedLog& of, const std::string& reference, const char* effective) {
  using audit::HoldChange;
  of.append(to_draft(HoldChange{HoldChange::Kind::place, reference, "sar", "jane"}),
            "2026-01-01T16:00:00.000Z");
  if (effective == nullptr) return;
  of.append(to_draft(HoldChange{HoldChange::Kind::release, reference, "sar", "jane",
                                base::parse_date(effective)}),
            "2026-01-01T16:00:01.000Z");
}

/// The certificate of rec-1, due on 1 January 2026 and destroyed on the 2nd.
std::string night(CertifiedLog& of) {
  of.night("rec-1");
  CHECK_ENDED(of.certificate({"rec-1"}), 0);
  return unwrapped(slurp(of.out("rec-1.txt")));
}

}  // namespace

TEST_CASE("A certificate says that it was later than due and what the log has of that time") {
  CertifiedLog of;
  SECTION("a hold that ended then, without its reference, and not that it covered this one") {
    hold(of, "SAR-1", "2026-01-02");
    const std::string text = night(of);
    check_all_in(text, {"Later than due by 1 day",
                        "In that time an order to keep recordings for another purpose came to an "
                        "end (entries 3 and 4). A recording that such an order is for is kept "
                        "until then; whether this was one, the log does not say, since nothing is "
                        "kept of what an ended order was for."});
    CHECK_FALSE(contains(text, "SAR-1"));
    CHECK(contains(slurp(of.out("rec-1.html")), "entries 3 and 4"));
    const auto json = nlohmann::json::parse(of.certificate({"rec-1", "--json", "--replace"}).out);
    CHECK(json.at("recordings").at(0).at("late") ==
          nlohmann::json::parse(R"({"days":1,"holds_ended":[{"placed":3,"released":4}],
                                    "other_policies":[],"approved":2})"));
    // What the page speaks of is verified.
    std::string lines = of.log.text();
    const auto at = lines.find("\"reference\":\"SAR-1\"");
    lines.replace(at, 21, "\"reference\":\"SAR-2\"");
    spill(of.log.file("log.jsonl"), lines);
    CHECK_ENDED(of.certificate({"rec-1", "--replace"}), 4);
  }
  SECTION("several holds, and none that ended before its day or is in force still") {
    hold(of, "SAR-1", "2026-01-02");
    hold(of, "SAR-2", "2025-12-31");
    hold(of, "SAR-3", nullptr);
    hold(of, "SAR-4", "2026-01-03");
    hold(of, "SAR-5", "2026-01-02");
    CHECK(contains(night(of),
                   "In that time 2 orders to keep recordings for another purpose came to an end "
                   "(entries 3 and 4; entries 10 and 11). A recording that such an order is for is "
                   "kept until then; whether this was one of those, the log does not say"));
  }
  SECTION("no hold whose release was taken back") {
    hold(of, "SAR-1", "2026-01-02");
    of.append(to_draft(audit::HoldChange{audit::HoldChange::Kind::keep, "SAR-1", "sar", "jane"}),
              "2026-01-01T17:00:00.000Z");
    CHECK(contains(night(of),
                   "than to the day on which it was due. A person had to approve the plan first; "
                   "that was on 1 January 2026 (entry 2)."));
  }
  SECTION("a hold that was released at once on its day, where a run was on meanwhile") {
    using audit::HoldChange;
    const std::string before = "20260101T020000Z-5f0c";
    const audit::RunStart started{before,
                                  "rec1",
                                  "expunge",
                                  *base::parse_date("2026-01-01"),
                                  "Europe/London",
                                  std::string(64, 'b'),
                                  0,
                                  1,
                                  0,
                                  std::string(64, 'd'),
                                  {},
                                  ""};
    const audit::Draft placed =
        to_draft(HoldChange{HoldChange::Kind::place, "SAR-1", "sar", "jane"});
    const audit::Draft released = to_draft(HoldChange{HoldChange::Kind::release, "SAR-1", "sar",
                                                      "jane", base::parse_date("2026-01-01")});
    const audit::Draft start = to_draft(started), end = of.end(0, 0, before);
    std::vector<audit::Draft> drafts;
    bool told = true;
    SECTION("from beginning to end") {
      drafts = {placed, start, end, released};
    }
    SECTION("that had begun before") {
      drafts = {start, placed, end, released};
    }
    SECTION("that had not ended") {
      drafts = {placed, start, released, end};
    }
    SECTION("and not before or after it: that kept nothing") {
      told = false;
      drafts = GENERATE_REF(std::vector<audit::Draft>{start, end, placed, released},
                            std::vector<audit::Draft>{placed, released, start, end},
                            std::vector<audit::Draft>{placed, released});
    }
    of.append(drafts, "2026-01-01T16:00:00.000Z");
    CHECK(contains(night(of),
                   "In that time an order to keep recordings for another purpose came "
                   "to an end (entries ") == told);
  }
  SECTION("what a person put right from its day on, of this recording alone") {
    const auto correct = [&](const char* id, const char* fact, const char* time) {
      of.append(to_draft(audit::Correct{id, fact, "HR/1", "jane"}), time);
    };
    correct("rec-2", "department", "2026-01-01T17:00:00.000Z");
    correct("rec-1", "department", "2026-01-01T17:00:01.000Z");
    correct("rec-1", "recorded_at", "2026-01-01T17:00:02.000Z");
    const std::string text = night(of);
    CHECK(contains(text,
                   "On 1 January 2026 its department was put right, or confirmed (entry 4). On 1 "
                   "January 2026 its date was put right, or confirmed (entry 5). A person had"));
    const auto json = nlohmann::json::parse(of.certificate({"rec-1", "--json", "--replace"}).out);
    CHECK(
        json.at("recordings").at(0).at("late").at("corrected") ==
        nlohmann::json::parse(R"([{"seq":4,"fact":"department"},{"seq":5,"fact":"recorded_at"}])"));
  }
  SECTION("a schedule with another period for it") {
    of.append(to_draft(audit::Policy{"Europe/London", {{of.department, "18 months"}}, "RS-8"}),
              "2026-01-01T17:00:00.000Z");
    of.append(to_draft(audit::Policy{"Europe/London", {{of.department, "12 months"}}, "RS-9"}),
              "2026-01-02T01:00:00.000Z");
    CHECK(contains(night(of),
                   "For some of that time the retention schedule had another period for it, or "
                   "none (entry 3)."));
  }
  SECTION("an attempt that failed") {
    const std::string before = "20260101T020000Z-5f0c";
    of.append({of.start(before), to_draft(audit::DestroyFailed{before, "rec-1", "open-elsewhere"}),
               of.end(0, 1, before)},
              "2026-01-01T18:00:00.000Z");
    const std::string text = night(of);
    CHECK(contains(text,
                   "It had been tried before, on 1 January 2026: it could not be destroyed, as is "
                   "said below."));
    // That run went by a plan that can have had it: it did not wait for one.
    CHECK_FALSE(contains(text, "had to approve"));
  }
  SECTION("a file that was missing first, and no hold that was in force when it was tried") {
    const auto tried = [&](const char* reason, const char* time) {
      const std::string before = "20260101T020000Z-5f0c";
      of.append({of.start(before), to_draft(audit::DestroyFailed{before, "rec-1", reason}),
                 of.end(0, 1, before)},
                time);
    };
    const std::string order = "In that time an order to keep recordings for another purpose";
    SECTION("in force then") {
      hold(of, "SAR-1", "2026-01-02");
      tried("missing", "2026-01-01T18:00:00.000Z");
      const std::string text = night(of);
      CHECK(contains(text,
                     "It had been tried before, on 1 January 2026: a file of it was not in its "
                     "place, as is said below."));
      CHECK_FALSE(contains(text, "an order to keep"));
    }
    SECTION("over before the run that tried it on its day") {
      hold(of, "SAR-1", "2026-01-01");
      tried("missing", "2026-01-01T18:00:00.000Z");
      CHECK_FALSE(contains(night(of), "an order to keep"));
    }
    SECTION("but one that was placed after that, and after what is put first") {
      tried("missing", "2026-01-01T15:50:00.000Z");
      hold(of, "SAR-1", "2026-01-02");
      CHECK(contains(night(of), "as is said below. " + order));
    }
    SECTION("and what is said of a file that was replaced speaks of no hold") {
      hold(of, "SAR-1", "2026-01-02");
      tried("replaced", "2026-01-01T18:00:00.000Z");
      CHECK(contains(night(of), "as is said below. " + order));
    }
  }
  SECTION("no hold that was placed on the day of the run") {
    using audit::HoldChange;
    of.append(to_draft(HoldChange{HoldChange::Kind::place, "SAR-1", "sar", "jane"}),
              "2026-01-02T01:00:00.000Z");
    of.append(to_draft(HoldChange{HoldChange::Kind::release, "SAR-1", "sar", "jane",
                                  base::parse_date("2026-01-02")}),
              "2026-01-02T01:30:00.000Z");
    CHECK_FALSE(contains(night(of), "an order to keep"));
  }
  SECTION("that the log knows nothing of the days before its first") {
    audit::Destroyed entry = of.destroyed("rec-1");
    const auto late = [&](const char* due) {
      entry.due = *base::parse_date(due);
      of.append({of.start(), to_draft(entry), of.end(1)}, CertifiedLog::kNight);
      CHECK_ENDED(of.certificate({"rec-1"}), 0);
      return unwrapped(slurp(of.out("rec-1.txt")));
    };
    SECTION("where it was past its day before") {
      CHECK(contains(late("2025-11-30"),
                     "It was past its day before the present log of destructions was begun, on 1 "
                     "December 2025 (entry 0): of the time before that day this log knows nothing. "
                     "A person had to approve the plan first; that was on 1 January 2026"));
      const auto json = nlohmann::json::parse(of.certificate({"rec-1", "--json", "--replace"}).out);
      CHECK(json.at("recordings").at(0).at("late").at("log_began") == "2025-12-01");
    }
    SECTION("and not where its day was the log's first") {
      CHECK_FALSE(contains(late("2025-12-01"), "knows nothing"));
    }
  }
  SECTION("an approval that it waited for while runs went by an older plan, which had not got it") {
    const std::string plan(64, 'c'), before = "20260101T020000Z-5f0c";
    const base::CivilDate day = *base::parse_date("2026-01-01");
    of.append({to_draft(audit::PlanApprove{plan, *base::parse_date("2025-12-31"), 3, 9, "jane"}),
               to_draft(audit::RunStart{before,
                                        "rec1",
                                        "expunge",
                                        day,
                                        "Europe/London",
                                        std::string(64, 'b'),
                                        3,
                                        1,
                                        9,
                                        plan,
                                        {},
                                        plan}),
               of.end(3, 0, before)},
              "2026-01-01T18:00:00.000Z");
    CHECK(
        contains(night(of),
                 "A person had to approve the plan first; that was on 1 January 2026 (entry 2)."));
  }
  SECTION("nothing where nothing is known, and not that there was no reason") {
    using audit::RunStart;
    of.append({to_draft(RunStart{CertifiedLog::kRun,
                                 "rec1",
                                 "expunge",
                                 *base::parse_date("2026-01-02"),
                                 "Europe/London",
                                 std::string(64, 'b'),
                                 3,
                                 1,
                                 12000,
                                 std::string(64, 'a'),
                                 {},
                                 ""}),
               to_draft(of.destroyed("rec-1")), of.end(1)},
              CertifiedLog::kNight);
    CHECK_ENDED(of.certificate({"rec-1"}), 0);
    const std::string text = unwrapped(slurp(of.out("rec-1.txt")));
    CHECK(contains(text, "Later than due by 1 day"));
    for (const char* const never : {"had to approve", "does not say why", "It was kept longer"}) {
      CHECK_FALSE(contains(text, never));
    }
  }
}

TEST_CASE("What went in a run of the day on which it was due was not late, also past midnight") {
  CertifiedLog of;
  audit::Destroyed entry = of.destroyed("rec-1");
  entry.due = *base::parse_date("2026-01-02");
  entry.recorded = *base::parse_date("2025-01-01");
  hold(of, "SAR-1", "2026-01-02");
  of.append({of.start(), to_draft(entry), of.end(1)}, "2026-01-03T00:30:00.000Z");
  const Ended ended = of.certificate({"rec-1", "--json"});
  CHECK_ENDED(ended, 0);
  CHECK_FALSE(nlohmann::json::parse(ended.out).at("recordings").at(0).contains("late"));
  const std::string text = unwrapped(slurp(of.out("rec-1.txt")));
  CHECK(contains(text, "Kept for 12 months, through 1 January 2026"));
  CHECK_FALSE(contains(text, "Later than due"));
}

TEST_CASE("Of what an order destroyed no certificate says that it was kept for its whole period") {
  CertifiedLog of;
  audit::Destroyed entry = of.destroyed("rec-1");
  entry.ground = "erasure";
  entry.authority = "ERA/1";
  entry.recorded = *base::parse_date("2025-06-20");
  SECTION("nor, when the order alone was carried out late, that it was later than due") {
    entry.due = *base::parse_date("2026-01-01");
    hold(of, "SAR-1", "2026-01-02");
    of.append({of.start(), to_draft(entry), of.end(1)}, CertifiedLog::kNight);
    CHECK_ENDED(of.certificate({"rec-1"}), 0);
    const std::string text = unwrapped(slurp(of.out("rec-1.txt")));
    check_all_in(text, {"To be kept for 12 months, through 20 June 2026",
                        "it was ahead of the retention schedule", "Later than ordered by 1 day",
                        "The order was carried out later than on the day on which the recording "
                        "was due by it. In that time an order to keep "});
    for (const char* const never : {"Later than due", "It was kept longer", " Kept for "}) {
      CHECK_FALSE(contains(text, never));
    }
    CHECK(contains(slurp(of.out("rec-1.html")), "Later than ordered"));
  }
  SECTION("also where it went on the day of the order") {
    entry.due = *base::parse_date("2026-01-02");
    of.append({of.start(), to_draft(entry), of.end(1)}, CertifiedLog::kNight);
    CHECK_ENDED(of.certificate({"rec-1"}), 0);
    const std::string text = unwrapped(slurp(of.out("rec-1.txt")));
    CHECK(contains(text, "To be kept for 12 months, through 20 June 2026"));
    CHECK(contains(slurp(of.out("rec-1.html")), "To be kept for"));
    CHECK_FALSE(contains(text, "Later than"));
  }
  SECTION("but late by the schedule is what an order came after") {
    entry.recorded = *base::parse_date("2024-12-31");
    entry.due = *base::parse_date("2026-01-01");
    of.append({of.start(), to_draft(entry), of.end(1)}, CertifiedLog::kNight);
    CHECK_ENDED(of.certificate({"rec-1"}), 0);
    CHECK(contains(unwrapped(slurp(of.out("rec-1.txt"))), "Later than due by 1 day"));
  }
}
