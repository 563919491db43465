#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/types.h"
#include "audit/facts.h"
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
  /// After today; or after the day on which the index first had it, with kRecordedAfterIndexed of
  /// slack, so that no date becomes true because its day has come.
  date_in_the_future,
  unknown_department,  ///< perhaps an unlawful recording
  path_outside_root,
  no_file,
  malformed,     ///< its row was written past this program
  contradicted,  ///< a later import said otherwise, or the log
  came_back,     ///< its file is back after destruction
  /// No usable date, and in the index for longer than the longest period: kept for too long by any
  /// rule, and nobody can say since when.
  undated_overdue,
  ordered,  ///< due, ahead of the schedule
  /// Attention: due, and perhaps a segment of a held call: an import said that a recording under a
  /// hold is of its call, or a hold may mean another of its call.
  perhaps_held,
};

/// How much later than its first day in the index a recording's date may be: the file of a call
/// that goes on past midnight is there before the row with its end, and that day and the date may
/// be days of two time zones.
inline constexpr std::chrono::days kRecordedAfterIndexed{2};

/// Whether the index had a recording before the day on which it is said to have been made.
[[nodiscard]] bool is_after_indexing(base::CivilDate recorded_on, std::string_view indexed_on);

/// The decision on one recording, with its reason. Holds no text of its own, so that ten million
/// are cheap; pointers live as long as the Decider.
struct Decision {
  Verdict verdict = Verdict::attention;
  Cause cause = Cause::no_date;
  const policy::Department* department = nullptr;  ///< nullptr: not in the schedule
  std::optional<base::CivilDate> recorded_on;      ///< in the schedule's time zone
  std::optional<base::CivilDate> due_day;
  /// When held; and of what needs attention and is past its period, those that cover it too.
  std::vector<const archive::Hold*> holds;
  /// When undated_overdue, or past the period of every department and of none that the schedule
  /// names.
  std::optional<base::CivilDate> overdue_since;
  std::optional<base::CivilDate> acknowledged_until;  ///< a person knows of this
  bool is_begun = false;  ///< by a run that was interrupted; set by make_plan() alone
  /// When due or held: runs tried to destroy it and did not; set by make_plan() and note_tried()
  /// alone.
  const audit::Tried* tried = nullptr;
  /// When held by an order's doubt of its date or department: none of `holds` is sure to mean it.
  bool is_perhaps_held = false;
  bool by_order = false;  ///< an order decides it: due, held or perhaps_held, as of due_day
  /// Past its day: the first on which no hold kept it any more, where the index still knows.
  std::optional<base::CivilDate> let_go_on;
  const PerhapsHeld* perhaps_held_by = nullptr;  ///< when perhaps_held
  /// Why its date is none or cannot be true, also where something else decides; unset: it may be.
  std::optional<Cause> undated;
  bool is_after_indexing = false;  ///< for that alone: its day has come
};

/// What a person said of a recording's attention, by the key of its row; nullopt: nothing.
using AcknowledgementOf = std::function<std::optional<archive::Acknowledgement>(std::int64_t key)>;

/// Decides about recordings for one day. The same for the dry run and the run: it looks at nothing
/// but its arguments.
class Decider {
 public:
  Decider(const policy::RetentionSchedule& schedule, const HoldMatcher& holds,
          base::CivilDate today, AcknowledgementOf acknowledgement_of = nullptr);

  /// What is not understood is attention, never due.
  [[nodiscard]] Decision decide(const archive::Recording& recording) const;

  /// What of it may not be so, `contradicted` by imports included.
  [[nodiscard]] Doubt doubt(const Decision& decision, Doubt contradicted) const;
  /// The same of one that nothing was decided about: it asks no hold.
  [[nodiscard]] Doubt doubt(const archive::Recording& recording, Doubt contradicted) const;

  [[nodiscard]] base::CivilDate today() const { return today_; }
  /// A date before it cannot be true.
  [[nodiscard]] base::CivilDate earliest() const { return schedule_.earliest; }

 private:
  /// Those of a decision that no hold and no order is asked for.
  [[nodiscard]] Decision facts_of(const archive::Recording& recording) const;
  [[nodiscard]] std::optional<Cause> what_is_odd(const archive::Recording& recording,
                                                 Decision& so_far) const;
  [[nodiscard]] std::optional<Cause> why_undated(const archive::Recording& recording,
                                                 const Decision& so_far) const;
  [[nodiscard]] std::optional<base::CivilDate> acknowledged_until(
      const archive::Recording& recording, std::string_view cause) const;
  [[nodiscard]] std::optional<base::CivilDate> past_every_period(const Decision& decision) const;
  [[nodiscard]] std::optional<Cause> what_stops_order(const archive::Recording& recording) const;
  /// When an order decides about it, holds left aside: it is due from the order's day on, or from
  /// the schedule's if that is earlier.
  void apply_order(const archive::Recording& recording, std::optional<Cause> odd,
                   Decision& decision) const;

  const policy::RetentionSchedule& schedule_;
  const HoldMatcher& holds_;
  base::CivilDate today_;
  AcknowledgementOf acknowledgement_of_;
};

[[nodiscard]] std::string_view to_text(Verdict verdict);
/// `no-date`, `unknown-department`, …: for programs, stable.
[[nodiscard]] std::string_view to_text(Cause cause);

/// The cause of an acknowledgement of what is not of the verdict attention: a run said that one of
/// its files is missing. When due, each run after that says so again; when held, or kept because an
/// order was withdrawn or a date put right, none looks, and somebody may ask for it all the same.
inline constexpr std::string_view kMissingFile = "missing-file";
/// What of a recording a person can acknowledge now: the cause of its attention, or kMissingFile;
/// empty: nothing.
[[nodiscard]] std::string_view acknowledgeable(const Decision& decision,
                                               const archive::Recording& recording);
/// Whether a text is one of those, of whatever recording.
[[nodiscard]] bool can_be_acknowledged(std::string_view cause);
/// All of them, for a message.
[[nodiscard]] std::string acknowledgeable_causes();

/// The department's name: the schedule's, where it knows the one that the index has.
[[nodiscard]] const std::string& department_of(const Decision& decision,
                                               const archive::Recording& recording);

/// Whether an order can have a recording destroyed that, by itself, needs attention for this cause.
/// What it is of is then known, and only its date or department is not, or whether they are right;
/// never when nobody can say which files are its.
[[nodiscard]] bool order_overrides(Cause cause);

/// Whether its order decides nothing about it: what came back goes by an order that says so, and
/// nothing else does.
[[nodiscard]] bool is_order_of_another_ground(const archive::Recording& recording);

/// The reason in words; one clause, without a full stop. It may name a path: not for the log.
[[nodiscard]] std::string reason(const Decision& decision, const archive::Recording& recording);

/// Puts into the decision what runs tried before, if that is a matter of it: when it is due, and
/// when it is held, since what is on disk may not be what somebody asks for.
void note_tried(Decision& decision, const archive::Recording& recording,
                const audit::TriedRecordings& tried);

/// Since when runs have tried it and not destroyed it, and why, in words: `tried by every run …`.
[[nodiscard]] std::string tried_text(const audit::Tried& tried);

/// Why a run refused one, in words, without what can be done about it: `another process has the
/// file open`; the code, where this version does not know it.
[[nodiscard]] std::string why_refused(const std::string& reason);

/// What a person can do about that: of one that is due, and of one that is held.
[[nodiscard]] std::string remedy_of_refusal(const std::string& reason);
[[nodiscard]] std::string remedy_of_refusal_held(const std::string& reason);

/// `held by SAR-2026/117 (sar)`: what holds it, in words. Requires that something does.
[[nodiscard]] std::string held_by(const Decision& decision);
/// The same of holds, one at least.
[[nodiscard]] std::string held_by(const std::vector<const archive::Hold*>& holds);

/// What a person can do about a recording that needs attention; empty for the other verdicts.
[[nodiscard]] std::string_view remedy(Cause cause);
/// The same of what is perhaps held, by the id of the recording that is in doubt.
[[nodiscard]] std::string remedy_of_perhaps_held(const PerhapsHeld& by);
/// What a person can do about a recording that is known to lack a file: one that is due, and one
/// that is not.
[[nodiscard]] std::string remedy_of_missing_file();
[[nodiscard]] std::string remedy_of_missing_file_not_due();
/// Whichever of these, or that of why runs refuse it, the recording is in need of; empty:
/// nothing has to be done about it. What is acknowledged it does not say to acknowledge.
[[nodiscard]] std::string remedy(const Decision& decision, const archive::Recording& recording);

}  // namespace expunge::plan
