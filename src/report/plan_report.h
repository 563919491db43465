#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "plan/brakes.h"
#include "plan/plan.h"
#include "shred/target.h"

namespace expunge::report {

/// What is said above and below the recordings of a plan, in every format.
struct PlanHeading {
  std::string for_what;  ///< `the run of 2026-11-24 at 02:00`, `2026-12-01, as asked`
  plan::Judgement judgement;
  shred::Accept accept = shred::Accept::overwritten;  ///< as configured; the disk is not looked at

  /// Due recordings that the approved plan does not cover, where an approval is needed and there.
  [[nodiscard]] std::uint64_t waiting(const plan::Summary& summary) const;
};

/// Which recordings a report lists.
struct PlanFilter {
  std::string department;  ///< empty: every one
  bool all = false;        ///< the kept ones too

  [[nodiscard]] bool lists(const archive::Recording& recording,
                           const plan::Decision& decision) const;
};

/// One format of the plan. add() for every recording in plan order, then finish().
class PlanReport {
 public:
  PlanReport() = default;
  PlanReport(const PlanReport&) = delete;
  PlanReport& operator=(const PlanReport&) = delete;
  virtual ~PlanReport() = default;

  virtual void add(const archive::Recording& recording, const plan::Decision& decision) = 0;
  virtual void finish(const plan::Summary& summary, const PlanHeading& heading) = 0;
};

/// For people: sentences and tables, at most a thousand recordings of each kind (the CSV has them
/// all). Writes nothing before finish().
[[nodiscard]] std::unique_ptr<PlanReport> plan_table(std::ostream& out, const PlanFilter& filter);

/// RFC 4180, LF line ends; columns recording,department,recorded,due,verdict,reason,remedy. Cells
/// that a spreadsheet would take for a formula begin with an apostrophe.
[[nodiscard]] std::unique_ptr<PlanReport> plan_csv(std::ostream& out, const PlanFilter& filter);

/// One object, described in expunge(1).
[[nodiscard]] std::unique_ptr<PlanReport> plan_json(std::ostream& out, const PlanFilter& filter);

}  // namespace expunge::report
