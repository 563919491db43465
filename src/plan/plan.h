#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "archive/index.h"
#include "base/sha256.h"
#include "plan/decision.h"
#include "plan/key_set.h"

namespace expunge::plan {

/// The bytes of a recording's files, as far as the index knows them.
struct Size {
  std::uint64_t bytes = 0;
  bool is_known = true;  ///< of every file
};
[[nodiscard]] Size size_of(const archive::Recording& recording);

/// Recordings of one kind, and their bytes as far as the index knows the sizes.
struct Count {
  std::uint64_t recordings = 0;
  std::uint64_t bytes = 0;
  std::uint64_t without_size = 0;  ///< of the recordings, those with a file of unknown size

  void add(Size size);
  void add(const Count& more);
  /// Without `part`, which was counted into it.
  [[nodiscard]] Count without(const Count& part) const;
};

/// Departments that the schedule does not name, listed one by one. A wrong column imported as the
/// department must not fill the memory.
inline constexpr std::size_t kMaxUnknownDepartments = 1000;

/// Nothing may be past its due day by more than this.
inline constexpr std::chrono::days kMostOverdue{3};

/// What a plan comes to.
struct Summary {
  base::CivilDate today;
  /// As the schedule names them, else as the index does; of those that the schedule does not name,
  /// kMaxUnknownDepartments and then `(others)`.
  std::map<std::string, std::map<Verdict, Count>> by_department;
  std::map<Verdict, Count> total;
  Count acknowledged;     ///< of those that need attention, what a person said to know of
  Count undated_overdue;  ///< of those that need attention, what has no usable date for too long
  std::optional<base::CivilDate> undated_overdue_since;  ///< the earliest of these
  Count due_without_file;           ///< of the due ones, those of which a file was missing before
  std::uint64_t missing_known = 0;  ///< of these, what a person said to know of
  /// Of the held and the kept ones, likewise: no run looks for them, and somebody may ask for them.
  Count not_due_without_file;
  std::uint64_t not_due_missing_known = 0;
  Count tried;  ///< of the due ones, those that runs tried and did not destroy
  std::optional<base::Time> tried_since;  ///< the first time of all these
  KeySet tried_with_files;  ///< of these, those of which no file is known to be missing
  Count unpromised;         ///< of the due ones: tried, or without a file; nobody can say they go
  Count ordered;            ///< of the due ones, those that an order has destroyed
  std::map<base::CivilDate, Count> falls_due;  ///< kept, due within the 30 days after today
  /// The kept ones by the month of their due day, as far as falls_due_until(); and those later.
  std::map<std::chrono::year_month, Count> falls_due_in;
  Count falls_due_later;
  /// By the month of recording, where the date is one that can be true; and those without.
  std::map<std::chrono::year_month, Count> recorded_in;
  Count without_date;
  std::uint64_t recordings = 0;  ///< all of them
  std::optional<base::CivilDate> oldest_due_day;
  /// Due, or in need of attention and past their period, by more than kMostOverdue, and as long let
  /// go by every hold that the index still knows to have kept them; those that are acknowledged,
  /// and those whose file is known to be missing, left out.
  Count overdue;
  std::optional<base::CivilDate> oldest_overdue;  ///< the earliest due day of these
  /// Not after the end of today, and none that needs attention: what is odd proves no clock right.
  std::optional<std::chrono::sys_seconds> newest_recording;
  base::Digest digest{};  ///< of the due ones
  KeySet due;
  std::int64_t newest_key = 0;        ///< in the index when the plan was made
  std::uint64_t in_journal = 0;       ///< recordings that an interrupted run left part way
  std::uint64_t in_journal_kept = 0;  ///< of these, those not due now: the next run leaves them so
  std::uint64_t in_part = 0;          ///< a run destroyed a part of them, and what is left is kept

  [[nodiscard]] const Count& count(Verdict verdict) const;
  /// All that need attention: by their verdict, or with a file known to be missing.
  [[nodiscard]] std::uint64_t attention() const {
    return count(Verdict::attention).recordings + due_without_file.recordings +
           not_due_without_file.recordings;
  }
  /// Of all these, those that a person said to know of.
  [[nodiscard]] std::uint64_t attention_known() const {
    return acknowledged.recordings + missing_known + not_due_missing_known;
  }
  /// Whether a person must look at any that is acknowledged by nobody: an exit status of 1 is for
  /// that, of the plan as of the run that refused or missed it.
  [[nodiscard]] bool needs_person() const {
    return attention() > attention_known() || tried.recordings > 0;
  }
  /// Held or kept, with a file known to be missing, and acknowledged by nobody.
  [[nodiscard]] std::uint64_t not_due_missing() const {
    return not_due_without_file.recordings - not_due_missing_known;
  }
  /// Recordings of the verdict attention that nobody acknowledged.
  [[nodiscard]] std::uint64_t unacknowledged() const {
    return count(Verdict::attention).recordings - acknowledged.recordings;
  }
};

/// The last day that a plan of `today` looks ahead to: twelve months.
[[nodiscard]] base::CivilDate falls_due_until(base::CivilDate today);

/// Called for every recording with the decision on it, in plan order; the objects are reused.
using EachDecision = std::function<void(const archive::Recording&, const Decision&)>;

/// Decides about every recording of the index, in plan order. Reads as Index::scan does. `tried`:
/// what runs tried before, where that is to be told; it changes no verdict.
[[nodiscard]] Summary make_plan(const archive::Index& index, const Decider& decider,
                                const EachDecision& each, const audit::TriedRecordings& tried = {});

/// Whether its date is one that nobody doubts: also of what an order decides, which need not be
/// odd.
[[nodiscard]] bool proves_the_clock(const archive::Recording& recording, const Decision& decision);

/// What make_plan() finds as Summary::newest_recording, as far as it is later than `after`;
/// nullopt: it is not, or there is none. Looks from the newest back, and stops at the first that
/// counts: so it is quick unless much of the newest needs attention.
[[nodiscard]] std::optional<std::chrono::sys_seconds> newest_recording(
    const archive::Index& index, const Decider& decider,
    std::optional<std::chrono::sys_seconds> after);

/// `13 left by an interrupted run; the next finishes them`, or how many of them it leaves as they
/// are, because they are no longer due.
[[nodiscard]] std::string part_way_text(const Summary& summary, bool run_is_on);

/// The recordings that a run has begun on and not finished.
[[nodiscard]] KeySet in_journal(const archive::Index& index);

/// The holds in force on `day`; asks the index for segments as long as it lives.
[[nodiscard]] HoldMatcher holds_of_day(const archive::Index& index,
                                       const policy::RetentionSchedule& schedule,
                                       base::CivilDate day);

/// Which of its date and its department imports contradict.
[[nodiscard]] Doubt contradicted_in(const archive::Index& index,
                                    const archive::Recording& recording);

/// What people acknowledged; asks the index as long as it lives.
[[nodiscard]] AcknowledgementOf acknowledgements(const archive::Index& index);

/// The plan's digest over a subset: SHA-256 of `id TAB due-day LF` for each, in plan order.
class PlanDigest {
 public:
  void add(const std::string& id, base::CivilDate due_day);
  [[nodiscard]] base::Digest finish() { return sha_.finish(); }

 private:
  base::Sha256 sha_;
};

/// The day that a plan made now is for: that of the next scheduled run, which starts daily at
/// `run_at` (since midnight) by the clocks on the wall.
[[nodiscard]] base::CivilDate day_of_next_run(const policy::TimeZone& zone,
                                              std::chrono::sys_seconds now,
                                              std::chrono::minutes run_at);

/// The moment at which it starts; never before `now`.
[[nodiscard]] std::chrono::sys_seconds time_of_next_run(const policy::TimeZone& zone,
                                                        std::chrono::sys_seconds now,
                                                        std::chrono::minutes run_at);

}  // namespace expunge::plan
