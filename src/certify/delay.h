#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "certify/entries.h"
#include "certify/runs.h"

namespace expunge::certify {

/// What the log says of the time between the day on which a recording was due and the later day on
/// which it went. Which recordings a hold covers no log says: so of no hold that it kept this one.
struct Delay {
  /// A hold whose last day was in that time; entries.
  struct EndedHold {
    std::uint64_t placed = 0, released = 0;
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

  std::uint64_t days = 0;  ///< by which it went later; at least 1
  std::vector<EndedHold> holds;
  /// Entries of the policies in force in that time which had another period for the recording's
  /// department, or did not name it; of what an order had destroyed none.
  std::vector<std::uint64_t> policies;
  std::vector<Corrected>
      corrections{};  ///< in the log's order; of what an order had destroyed none
  /// Set when no run could destroy it before that: the plan had to be approved, and no earlier run
  /// from its day on went by a plan that can have had it.
  std::optional<Approved> approved{};
};

/// Follows a log's entries on holds, policies, approvals and runs.
class DelayTrail {
 public:
  explicit DelayTrail(std::string log_path) : path_(std::move(log_path)) {}

  /// Takes in the next entry, of whatever type.
  void take(const audit::EntryView& entry);

  /// Of what went on `done_on`, by an entry where the trail stands, in `run`, which may have gone
  /// on past midnight; nullopt: that was not later than due. `corrections` are the recording's so
  /// far.
  [[nodiscard]] std::optional<Delay> delay_of(
      const audit::Destroyed& says, const RunFacts& run, base::CivilDate done_on,
      std::span<const Logged<audit::Correct>> corrections) const;

 private:
  struct Span {
    Delay::EndedHold entries;
    std::optional<base::CivilDate> effective;
    base::Time released_at{};
  };
  struct Run {
    std::string run;
    base::CivilDate today;
    std::optional<base::CivilDate> planned_for;  // by the approval that it went by
  };

  void take_hold(const Logged<audit::HoldChange>& change);
  void take_run(const Logged<audit::RunStart>& start);
  [[nodiscard]] std::optional<Delay::Approved> approval_of(const audit::Destroyed& says,
                                                           const RunFacts& run) const;

  std::string path_;
  std::vector<Span> holds_;
  std::map<std::string, std::size_t> newest_;  // of holds_, by reference
  std::vector<Logged<audit::Policy>> policies_;
  std::map<std::string, base::CivilDate> planned_for_;  // by the digest of an approved plan
  std::vector<Run> runs_;  // that were allowed something, and more than what was ordered
};

}  // namespace expunge::certify
