#pragma once

#include <vector>

#include "cli/desk.h"
#include "plan/brakes.h"
#include "report/plan_report.h"

namespace expunge::cli {

/// Whether a report writes before its finish().
enum class Streams { no, yes };

/// What a plan is for.
struct PlanFor {
  base::CivilDate day;
  base::Time start;     ///< of the run whose brakes it shows
  std::string words;    ///< `the next run, on …`, `2026-12-01, as asked`
  std::string as_of{};  ///< the option that asked for that day, with a space before it; or nothing
};

/// What stands between a plan and a run that starts at `start`, and what that run may destroy:
/// nothing, while a brake is on. It looks at approvals, as to whether they are good, at
/// `approvals_at`. `approvals` must outlive it. Requires that `summary` was made of
/// the index as it is, by `decider`. The archive's root is not looked at.
struct Judged {
  plan::Judgement judgement;
  plan::Permission permission;
};
[[nodiscard]] Judged judge(const Desk& desk, const audit::LogFacts& facts,
                           const plan::Decider& decider, const plan::Summary& summary,
                           const std::vector<archive::Approval>& approvals,
                           const plan::Accepted& accepted, base::Time start,
                           base::Time approvals_at);

/// What the plan of a day takes as said by a person: of a day that is over, that the clock is
/// right, as such a plan knows no recording made since, whose date speaks for the clock. Lifts
/// nothing for a run.
[[nodiscard]] plan::Accepted accepted_for_day(const Desk& desk, base::CivilDate day);

/// Decides for that day, prints the plan through `report`, and says whether a person is needed. One
/// that writes nothing before its end is made of one view of the index; for one that streams the
/// index may change meanwhile, and Failure(needs_person) then says so at the end.
[[nodiscard]] base::ExitStatus print_plan(Desk& desk, const PlanFor& plan_for,
                                          const plan::Accepted& accepted, Streams streams,
                                          report::PlanReport& report);

}  // namespace expunge::cli
