#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "plan/brakes.h"
#include "plan/plan.h"
#include "report/csv.h"
#include "shred/target.h"

namespace expunge::report {

/// How a plan was made: what its page says that the plan does not.
struct PlanMaking {
  std::string program;        ///< and its version
  std::string call;           ///< the words before a command: `expunge`, and which configuration
  std::string as_of;          ///< the option with a space before it, or nothing
  std::string config, index;  ///< their paths
  std::string controller;     ///< as configured; may be empty
  std::string contact;        ///< likewise
  base::Time at;
  const policy::RetentionSchedule* schedule = nullptr;
  std::vector<archive::Hold> holds;  ///< those in force
  bool run_is_on = false;            ///< as far as that can be told
};

/// Of what is due and lacks a file, by the log: the plan does not look at the disk.
inline constexpr const char* kLooksAgain =
    "Each run looks again, and destroys what it finds; they are not counted above as what will be "
    "destroyed.";

/// Of the others that lack a file.
inline constexpr const char* kNotLookedFor =
    "No run looks for these before they are due and nothing holds them.";

/// Of what is due and was tried in vain.
inline constexpr const char* kTriesAgain =
    "Each run tries again, in vain for as long as what stops it is there, so they are not counted "
    "above as what will be destroyed.";
inline constexpr const char* kTriedTitle = "Tried, and not destroyed";

/// What is said above and below the recordings of a plan, in every format.
struct PlanHeading {
  std::string for_what;  ///< `the run of 2026-11-24 at 02:00`, `2026-12-01, as asked`
  plan::Judgement judgement;
  shred::Accept accept = shred::Accept::overwritten;  ///< as configured; the disk is not looked at
  base::CivilDate day;                                ///< that it is for
  PlanMaking making;

  plan::Permission permission{};  ///< what the run may destroy, and what waits

  /// Due recordings that no approved plan covers, where an approval is needed.
  [[nodiscard]] std::uint64_t waiting(const plan::Summary& summary) const;
  /// Where the plan is narrowed to what is approved: how many of that can be said to go.
  [[nodiscard]] std::uint64_t promised() const;
};

/// Which recordings a report lists.
struct PlanFilter {
  std::string department;  ///< as the schedule names it; empty: every one
  bool all = false;        ///< the kept ones too

  [[nodiscard]] bool lists(const archive::Recording& recording,
                           const plan::Decision& decision) const;
};

/// How many are due that runs tried and did not destroy, since when, and what that means. Requires
/// that there are any.
[[nodiscard]] std::string tried_sentence(const plan::Summary& summary);

/// A department's name, for people; `(none)` where a recording has none.
[[nodiscard]] const std::string& department_text(const std::string& name);

/// Whether what was ordered to be destroyed goes without an approval, and there is any.
[[nodiscard]] bool goes_by_orders(const plan::Summary& summary, const plan::Judgement& judgement);
/// `as approved or ordered`: by whose word something goes where an approval narrows a run.
[[nodiscard]] const char* by_whose_word(const plan::Summary& summary,
                                        const plan::Judgement& judgement);

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

/// RFC 4180, in UTF-8; columns recording,department,recorded,due,verdict,reason,remedy. csv.h says
/// how cells are made safe.
[[nodiscard]] std::unique_ptr<PlanReport> plan_csv(std::ostream& out, const PlanFilter& filter,
                                                   CsvFor whom = CsvFor::program);

/// One page to read, print and file; at most 5,000 recordings of each verdict, 500 of each cause
/// for attention. Writes nothing before finish().
[[nodiscard]] std::unique_ptr<PlanReport> plan_html(std::ostream& out, const PlanFilter& filter);

/// One object, described in expunge(1).
[[nodiscard]] std::unique_ptr<PlanReport> plan_json(std::ostream& out, const PlanFilter& filter);

}  // namespace expunge::report
