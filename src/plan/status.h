#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "archive/index.h"
#include "audit/facts.h"
#include "plan/brakes.h"

// How things stand. Nobody looks at the exit code of a job that has stopped running: what is asked
// here is asked from outside it.
namespace expunge::plan {

/// A run that ended complete must not be longer ago: a day, and the hour by which clocks go back,
/// and one more.
inline constexpr std::chrono::hours kMostSilence{26};

/// How many reviews of holds are named.
inline constexpr std::size_t kMostReviews = 5;

/// Something that a person must look at now.
struct Alarm {
  std::string name;     ///< silence, overdue, clock
  std::string message;  ///< what is wrong, and what to do
};

/// Something that a person must see to, and that is no alarm yet.
struct Need {
  /// failures, without-file, partial, attention, missing, missing-not-due, part-way, brakes,
  /// approval, reviews, confirmations, releases, keeps, after, interrupted, root
  std::string name;
  std::string message;  ///< one clause
  std::string command;  ///< that shows it: the words after `expunge`
};

/// When somebody should look again whether a hold is still needed.
struct Review {
  std::string reference, kind;
  base::CivilDate on;
};

/// A released hold, and the last day on which it is in force.
struct Ending {
  std::string reference, kind;
  base::CivilDate through;
};

/// What is so now, and what of it is alarming.
struct Status {
  base::Time now;
  std::optional<audit::RunStarted> last_start;
  std::optional<audit::RunEnded> last_end;  ///< of that run; unset: it is on, or was interrupted
  /// Of a last run without an end: whether it is on; unset: nobody can tell.
  std::optional<bool> is_on;
  std::optional<audit::RunEnded> last_complete_end;  ///< never of a restricted one
  /// Of what a run could not destroy, the recordings of which it was the first to miss a file: of
  /// the last, and of the last complete one.
  std::uint64_t last_missed = 0, complete_missed = 0;
  /// How many that runs tried they have not destroyed, nor anybody put right; unset: very many.
  std::optional<std::uint64_t> tried{};
  std::optional<audit::RunStopped> last_braked;  ///< since that run
  std::uint64_t last_partial = 0;                ///< recordings of which the last run left a part
  Summary summary;          ///< of the plan for today, when nothing has been destroyed yet of it
  std::uint64_t holds = 0;  ///< in force
  std::uint64_t reviews_overdue = 0;  ///< of these, with a review in the past
  std::uint64_t unconfirmed = 0;     ///< of these, those whose release a second person must confirm
  std::vector<Review> next_reviews;  ///< kMostReviews at most, the earliest first
  std::vector<Ending> next_ends;     ///< likewise of those that are released
  std::uint64_t ending = 0;          ///< all that are
  std::vector<Alarm> alarms;         ///< empty: the exit status is 0
  /// Recordings that need attention, counted as a `run.end` does: by their verdict, with a file
  /// known to be missing, or left part way by a run that has ended. And those that are known.
  std::uint64_t attention = 0, acknowledged = 0;
  std::vector<Need> needs;  ///< empty, without an alarm: nothing needs a person
};

/// Plans for `decider`'s day, and judges; `needs` is left to judge_needs(). Reads the index as
/// make_plan() does.
[[nodiscard]] Status make_status(const archive::Index& index, const Decider& decider,
                                 const policy::TimeZone& zone, const audit::LogFacts& facts,
                                 base::Time now);

/// What needs a person: of the runs that ended, of the index, of what would stop a run now or wait
/// in it (`root`: what stopped the last call, until a run has gone ahead); and `untold` recordings,
/// of which the recorder's database was not told.
void judge_needs(Status& status, const Judgement& judgement, const Permission& permission,
                 std::uint64_t untold);

}  // namespace expunge::plan
