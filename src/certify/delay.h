#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "certify/entries.h"
#include "certify/runs.h"

namespace expunge::certify {

/// What the log says of the time between the day on which a recording was due and the later day on
/// which it went. Which recordings a hold covers no log says: so of no hold that it kept this one.
struct Delay {
  /// A hold whose last day was in that time, and that can have kept it: it was in force neither
  /// when the recording went nor when a run tried to destroy it; entries.
  struct EndedHold {
    /// Where one that had ended was brought back, the second ending has the `hold.keep` as placed.
    std::uint64_t placed = 0, released = 0;
    std::uint64_t order = 0;  ///< placed it first: the same for every ending of one hold
  };
  /// A person put a fact of this recording right, or said that it is.
  struct Corrected {
    std::uint64_t entry = 0;
    base::CivilDate on;
    std::string fact;  ///< as the entry has it: `department`, `recorded_at`, …
  };
  /// The yes to the plan that it went by.
  struct Approved {
    std::uint64_t entry = 0;
    base::CivilDate on;
  };

  /// A `destroy.failed` of this recording.
  struct Attempt {
    std::uint64_t entry = 0;
    base::Time time;
  };

  std::uint64_t days = 0;  ///< by which it went later; at least 1
  std::vector<EndedHold> holds;
  /// Entries of the policies in force in that time which had another period for the recording's
  /// department, or did not name it; of what was due on the day of an order, and not of the
  /// schedule, none.
  std::vector<std::uint64_t> policies;
  std::vector<Corrected> corrections{};  ///< in the log's order
  /// Set when no run could destroy it before that: the plan had to be approved, and no earlier run
  /// from its day on went by a plan that can have had it. None had it that was made before its date
  /// or its department was put right.
  std::optional<Approved> approved{};
  /// The day of the log's first entry, where that came after the day on which it was due: of the
  /// time before it the log knows nothing.
  std::optional<base::CivilDate> log_began{};
  /// Entries of the policies of that time that gave the recording's department a name which the
  /// schedule before knew in no way; likewise.
  std::vector<std::uint64_t> names_added{};
};

/// Whether a `destroy.failed` for this reason shows that no hold covered the recording then. What a
/// run finds changed of what an interrupted one had begun on, it says also of what is held.
[[nodiscard]] bool tells_of_no_hold(const std::string& reason);

/// Follows a log's entries on holds, policies, approvals and runs.
class DelayTrail {
 public:
  explicit DelayTrail(std::string log_path) : path_(std::move(log_path)) {}

  /// Takes in the next entry, of whatever type.
  void take(const audit::EntryView& entry);

  /// How many holds have by where the trail stands come to an end by `today` that can have kept a
  /// recording between its due day and `until`, which may be the day of the next run: each once,
  /// however often it did. One that is in force again does not count, nor the last time of one of
  /// which it is `known` what it kept, by its reference. `zone` is that of the clocks on the wall.
  [[nodiscard]] std::size_t count_that_can_have_kept(base::CivilDate due, base::CivilDate until,
                                                     base::CivilDate today, const std::string& zone,
                                                     const std::set<std::string>& known) const;

  /// Of what went on `done_on`, by an entry where the trail stands, in `run`, which may have gone
  /// on past midnight; nullopt: that was not later than due. `corrections` are the recording's so
  /// far, and `attempts` those of which a hold would have kept it: see tells_of_no_hold().
  [[nodiscard]] std::optional<Delay> delay_of(const audit::Destroyed& says, const RunFacts& run,
                                              base::CivilDate done_on,
                                              std::span<const Logged<audit::Correct>> corrections,
                                              std::span<const Delay::Attempt> attempts) const;

 private:
  struct Span {
    Delay::EndedHold entries;
    std::string reference;
    base::Time placed_at{};
    std::optional<base::CivilDate> effective{};
    base::Time released_at{};
  };
  struct Run {
    std::string run;
    base::CivilDate today;
    std::uint64_t from = 0;                      // entry: its plan is no newer
    std::optional<base::CivilDate> planned_for;  // by the approval that it went by
    std::uint64_t due = 0;                       // what it was allowed
    std::uint64_t gone = 0;                      // destroyed or removed in it
    bool is_exact = true;                        // nothing else happened in it, nor was left to it
    /// Recordings of which it missed a file, and which did not go in it all the same by now.
    std::set<std::string> missing{};
  };
  struct Night {  // a run, of whatever kind
    base::CivilDate today;
    std::uint64_t from = 0;           // entry
    std::optional<std::uint64_t> to;  // entry; unset: the log has no end of it yet
  };
  struct Approved {
    base::CivilDate planned_for;
    std::uint64_t first = 0;  // entry of the first yes to the plan
  };

  void take_hold(const Logged<audit::HoldChange>& change);
  void take_approval(const Logged<audit::PlanApprove>& approval);
  void take_run(const Logged<audit::RunStart>& start);
  void end_run(std::uint64_t seq);
  [[nodiscard]] static bool accounts_for_all(const Run& run) {
    return run.is_exact && run.missing.empty() && run.gone == run.due;
  }
  [[nodiscard]] bool can_have_kept(const Span& span, base::CivilDate due, base::CivilDate run_day,
                                   std::span<const Delay::Attempt> attempts,
                                   const std::string& zone) const;
  [[nodiscard]] bool is_run_on_its_last_day(const Span& span) const;
  [[nodiscard]] bool is_in_force_again(const Span& span, base::CivilDate today) const;
  [[nodiscard]] std::optional<Delay::Approved> approval_of(
      const audit::Destroyed& says, const RunFacts& run,
      std::span<const Logged<audit::Correct>> corrections) const;
  void add_policies(Delay& delay, const audit::Destroyed& says, const std::string& zone) const;

  std::string path_;
  std::optional<base::Time> began_at_;  // of the first entry
  std::vector<Span> holds_;
  std::map<std::string, std::size_t> newest_;  // of holds_, by reference
  std::vector<Logged<audit::Policy>> policies_;
  std::map<std::string, Approved> approved_;  // by the plan's digest
  std::vector<Night> nights_;
  bool is_run_open_ = false;  // the newest of runs_
  std::vector<Run> runs_;     // that were allowed something, and more than what was ordered
};

}  // namespace expunge::certify
