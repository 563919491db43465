#pragma once

#include "cli/desk.h"
#include "plan/brakes.h"
#include "plan/plan.h"
#include "report/plan_report.h"

namespace expunge::cli {

/// What stands between a plan and a run, as the desk sees it now.
struct Judgement {
  std::vector<archive::Approval> approvals;
  report::PlanHeading heading;  ///< points into `approvals`
};

[[nodiscard]] Judgement judge(Desk& desk, const plan::Summary& summary,
                              const audit::LogFacts& facts);

/// Prints a plan for `day` in `format` (table, json, csv) on `out`, and returns whether nobody is
/// needed. Throws Failure(needs_person) when the index changed meanwhile.
[[nodiscard]] base::ExitStatus print_plan(Desk& desk, base::CivilDate day,
                                          const std::string& for_what, report::PlanReport& report);

}  // namespace expunge::cli
