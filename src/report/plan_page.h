#pragma once

#include <array>
#include <map>

#include "report/page.h"
#include "report/plan_report.h"

// The parts of the plan as a page, each made from figures alone.
namespace expunge::report {

/// The recordings of one verdict or cause that the page lists, and how many there are.
struct Listed {
  plan::Count count;
  Rows rows;  ///< the first ones
};

/// What a plan's page gathers while the plan is made; it does not grow beyond its limits.
struct PlanRows {
  std::map<plan::Cause, Listed> attention;
  Listed missing;          ///< those that are due, lack a file, and that nobody acknowledged
  Listed missing_not_due;  ///< likewise, and held or kept
  Listed acknowledged;     ///< of all these, what somebody knows of
  std::map<std::string, Listed> tried;         ///< by why the last run refused them
  std::map<std::string, plan::Count> held_by;  ///< by the hold's reference
  Listed held, due, kept;
};

/// What will happen, in one sentence.
[[nodiscard]] std::string what_will_happen(const plan::Summary& summary,
                                           const PlanHeading& heading);
[[nodiscard]] Section brakes_section(const plan::Summary& summary, const PlanHeading& heading);
[[nodiscard]] Section departments_section(const plan::Summary& summary, const PlanHeading& heading);
[[nodiscard]] Section falls_due_section(const plan::Summary& summary);
[[nodiscard]] Section age_section(const plan::Summary& summary);
[[nodiscard]] Section approval_section(const plan::Summary& summary, const PlanHeading& heading);
[[nodiscard]] Section making_section(const PlanHeading& heading);

[[nodiscard]] Section attention_section(const PlanRows& rows, const PlanFilter& filter,
                                        const PlanHeading& heading);
/// Of what runs tried and did not destroy. Requires that there is any.
[[nodiscard]] Section tried_section(const PlanRows& rows, const PlanFilter& filter,
                                    const PlanHeading& heading);
[[nodiscard]] Section held_section(const PlanRows& rows, const PlanFilter& filter,
                                   const PlanHeading& heading);
[[nodiscard]] Section due_section(const PlanRows& rows, const plan::Summary& summary,
                                  const PlanFilter& filter, const PlanHeading& heading);
[[nodiscard]] Section kept_section(const PlanRows& rows, const PlanFilter& filter,
                                   const PlanHeading& heading);

/// `1 recording`, `1,234 recordings`.
[[nodiscard]] std::string recordings_text(std::uint64_t count);
/// `Tuesday 24 November 2026`.
[[nodiscard]] std::string weekday_text(base::CivilDate day);

}  // namespace expunge::report
