#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "audit/entry.h"
#include "support/catch.h"
#include "support/certified_log.h"
#include "support/page_text.h"

namespace expunge::test::delayed_log {

using audit::HoldChange;
using audit::to_draft;

inline base::CivilDate day_of(const std::string& text) {
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

}  // namespace expunge::test::delayed_log
