#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "certify/entries.h"

namespace expunge::certify {

/// What the log says of the time between the day on which a recording was due and the later day on
/// which it went. Which recordings a hold covers no log says: so of no hold that it kept this one.
struct Delay {
  /// A hold whose last day was in that time; entries.
  struct EndedHold {
    std::uint64_t placed = 0, released = 0;
  };

  std::uint64_t days = 0;  ///< by which it went later; at least 1
  std::vector<EndedHold> holds;
  /// Entries of the policies in force in that time which had another period for the recording's
  /// department, or did not name it; of what an order had destroyed none.
  std::vector<std::uint64_t> policies;
};

/// Follows a log's entries on holds and policies.
class DelayTrail {
 public:
  explicit DelayTrail(std::string log_path) : path_(std::move(log_path)) {}

  /// Takes in the next entry, of whatever type.
  void take(const audit::EntryView& entry);

  /// Of what went on `done_on`, by an entry where the trail stands, in a run of the day `run_day`,
  /// which may have gone on past midnight; nullopt: that was not later than due.
  [[nodiscard]] std::optional<Delay> delay_of(const audit::Destroyed& says, base::CivilDate run_day,
                                              base::CivilDate done_on) const;

 private:
  struct Span {
    Delay::EndedHold entries;
    std::optional<base::CivilDate> effective;
  };

  void take_hold(const Logged<audit::HoldChange>& change);

  std::string path_;
  std::vector<Span> holds_;
  std::map<std::string, std::size_t> newest_;  // of holds_, by reference
  std::vector<Logged<audit::Policy>> policies_;
};

}  // namespace expunge::certify
