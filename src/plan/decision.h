#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/types.h"
#include "plan/hold_matcher.h"
#include "policy/schedule.h"

namespace expunge::plan {

/// Each recording gets exactly one.
enum class Verdict { attention, kept, held, due };
inline constexpr std::size_t kVerdicts = 4;

/// Why it got it.
enum class Cause {
  not_yet,         ///< kept: its due day is after today
  period_over,     ///< due
  under_hold,      ///< held
  no_date,         ///< attention, as all that follow
  date_too_early,  ///< before the schedule's `earliest`
  date_in_the_future,
  unknown_department,  ///< perhaps an unlawful recording
  path_outside_root,
  no_file,
  malformed,     ///< its row was written past this program
  contradicted,  ///< a later import said otherwise
  came_back,     ///< its file is back after destruction
};

/// The decision on one recording, with its reason. Holds no text of its own, so that ten million
/// are cheap; pointers live as long as the Decider.
struct Decision {
  Verdict verdict = Verdict::attention;
  Cause cause = Cause::no_date;
  const policy::Department* department = nullptr;  ///< nullptr: not in the schedule
  std::optional<base::CivilDate> recorded_on;      ///< in the schedule's time zone
  std::optional<base::CivilDate> due_day;
  std::vector<const archive::Hold*> holds;  ///< when held
};

/// Decides about recordings for one day. The same for the dry run and the run: it looks at nothing
/// but its arguments.
class Decider {
 public:
  Decider(const policy::RetentionSchedule& schedule, const HoldMatcher& holds,
          base::CivilDate today);

  /// What is not understood is attention, never due.
  [[nodiscard]] Decision decide(const archive::Recording& recording) const;

  [[nodiscard]] base::CivilDate today() const { return today_; }

 private:
  [[nodiscard]] std::optional<Cause> what_is_odd(const archive::Recording& recording,
                                                 const Decision& so_far) const;

  const policy::RetentionSchedule& schedule_;
  const HoldMatcher& holds_;
  base::CivilDate today_;
};

[[nodiscard]] std::string_view to_text(Verdict verdict);
/// `no-date`, `unknown-department`, …: for programs, stable.
[[nodiscard]] std::string_view to_text(Cause cause);

/// The reason in words; one clause, without a full stop. It may name a path: not for the log.
[[nodiscard]] std::string reason(const Decision& decision, const archive::Recording& recording);

/// What a person can do about a recording that needs attention; empty for the other verdicts.
[[nodiscard]] std::string_view remedy(Cause cause);

}  // namespace expunge::plan
