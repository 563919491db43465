#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "certify/recordings.h"
#include "plan/decision.h"
#include "report/certificate_parts.h"
#include "report/page.h"

// What became of one recording, in sentences that may stand in a letter to whoever is on it. So no
// file, no number, and not what an order to keep is about: that it is of the police, say, is not
// for everybody.
namespace expunge::report {

/// What the next run does with what is due.
enum class NextRun {
  goes,   ///< destroys it, where nothing else stops it; or, where each plan is approved, what is
  stops,  ///< nothing: a brake is on
  leaves_it,  ///< goes past a brake by an approval that does not have it
};

/// What log and index say of one that the index has, besides the decision on it.
struct Circumstances {
  bool failed = false;         ///< the log's last word on it is that it could not be destroyed
  bool in_journal = false;     ///< a run has begun on it, and not finished
  bool refused_since = false;  ///< that: and since then one could not go on with it
  bool run_is_on = false;      ///< now; so that what a run has begun is not interrupted
  bool asks_approval = false;  ///< of every plan, by the configuration, before a run goes by it
  bool asks_approval_of_orders = false;  ///< likewise of what was ordered
  bool is_approved = false;  ///< where it is asked for: given, and good for the run of the day
  NextRun next_run = NextRun::goes;
  std::string brakes{};  ///< which make it otherwise: their names
  /// What is left of one in part destroyed; unset: no entry says.
  std::optional<certify::Left> left{};
  /// Of one of which a file is back: `destroyed on 24 November 2026`, `removed …`; else empty.
  std::string was_gone{};
  /// The orders to keep it that are in force on that day, also where its own has not come.
  std::vector<const archive::Hold*> covering{};
  /// Those in force today that end before the day that was decided for.
  std::vector<const archive::Hold*> ending{};
  /// That of the letter, where it is earlier than the day that was decided for.
  std::optional<base::CivilDate> today{};
  /// Of one of which a run found no file: on which civil day.
  std::optional<base::CivilDate> missing_on{};
  plan::Doubt contradicted{};  ///< which of its date and department imports contradict
  /// Orders that kept it, as far as is known, and have ended by that day.
  std::vector<const archive::Hold*> ended{};
  /// So many orders to keep recordings that have ended can have kept it after it was due, and
  /// before any that keeps it now; nobody knows whether one did.
  std::size_t others_ended = 0;
  /// The orders that do not cover it, and keep, or may keep, a recording that is, or may be, of its
  /// call.
  std::vector<const archive::Hold*> perhaps{};
};

/// What is left of one in part destroyed, in words for the office.
[[nodiscard]] std::string left_text(certify::Left left);

/// Of one that the index has, as decided for `day`. `schedule` is what it was decided by.
[[nodiscard]] Page story_of_kept(const archive::Recording& recording,
                                 const plan::Decision& decision,
                                 const policy::RetentionSchedule& schedule, base::CivilDate day,
                                 const Issue& issue, const Circumstances& is);

/// What became of it before a file of it came back, for Circumstances: by the log, or where that
/// does not name it, by the index.
[[nodiscard]] std::string was_gone_text(const certify::RecordingFacts& facts);
[[nodiscard]] std::string was_gone_text(const archive::RecordingHistory& history);

/// Of one that the log says was destroyed, or removed.
[[nodiscard]] Page story_of_gone(const certify::RecordingFacts& facts, const Issue& issue);

/// Of one that only a log before this one says was destroyed, or removed.
[[nodiscard]] Page story_of_gone(const archive::RecordingHistory& history, const Issue& issue);

}  // namespace expunge::report
