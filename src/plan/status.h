#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "archive/index.h"
#include "audit/facts.h"
#include "plan/plan.h"

// How things stand. Nobody looks at the exit code of a job that has stopped running: what is asked
// here is asked from outside it.
namespace expunge::plan {

/// A run that ended complete must not be longer ago: a day, and the hour by which clocks go back,
/// and one more.
inline constexpr std::chrono::hours kMostSilence{26};

/// Nothing may be past its due day by more than this.
inline constexpr std::chrono::days kMostOverdue{3};

/// How many reviews of holds are named.
inline constexpr std::size_t kMostReviews = 5;

/// Something that a person must look at now.
struct Alarm {
  std::string name;     ///< silence, overdue, clock
  std::string message;  ///< what is wrong, and what to do
};

/// When somebody should look again whether a hold is still needed.
struct Review {
  std::string reference, kind;
  base::CivilDate on;
};

/// What is so now, and what of it is alarming.
struct Status {
  base::Time now;
  std::optional<audit::RunStarted> last_start;
  std::optional<audit::RunEnded> last_end;  ///< of that run; unset: it is on, or was interrupted
  std::optional<audit::RunEnded> last_complete_end;
  Summary summary;  ///< of the plan for today, when nothing has been destroyed yet of it
  /// Due, or in need of attention and past their period, by more than kMostOverdue; those that are
  /// acknowledged, and those whose file is known to be missing, left out.
  Count overdue;
  std::optional<base::CivilDate> oldest_overdue;  ///< the earliest due day of these
  std::uint64_t holds = 0;                        ///< in force
  std::uint64_t reviews_overdue = 0;              ///< of these, with a review in the past
  std::vector<Review> next_reviews;               ///< kMostReviews at most, the earliest first
  std::vector<Alarm> alarms;                      ///< empty: all is well
};

/// Plans for `decider`'s day, and judges. Reads the index as make_plan() does.
[[nodiscard]] Status make_status(const archive::Index& index, const Decider& decider,
                                 const policy::TimeZone& zone, const audit::LogFacts& facts,
                                 base::Time now);

}  // namespace expunge::plan
