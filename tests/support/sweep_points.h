#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "support/sweep_night.h"

namespace expunge::test {

[[nodiscard]] bool sweeps_everything();
[[nodiscard]] unsigned sweep_seed();

/// Every way in which each of these calls can fail, with what may follow: the process goes on with
/// its page cache, or loses it, or the power goes.
[[nodiscard]] std::vector<Point> points_of(const std::vector<FaultyDisk::Call>& calls);
/// The same with less after each: for what is tried in more than one way besides.
[[nodiscard]] std::vector<Point> deaths_of(const std::vector<FaultyDisk::Call>& calls);

/// A sample of that many, of each kin about the same number, another each time (its seed is
/// printed, and EXPUNGE_SWEEP_SEED sets it); all of them with EXPUNGE_SWEEP=all; with
/// EXPUNGE_SWEEP_ONLY those in whose words, or kin, that text is.
[[nodiscard]] std::vector<Point> chosen(std::vector<Point> all, std::size_t sample);

/// Where one part of a sweep counts what it tried. Prints `swept: NAME points=N failures=M` when it
/// goes.
class FaultCount {
 public:
  explicit FaultCount(std::string name) : name_(std::move(name)) {}
  FaultCount(const FaultCount&) = delete;
  FaultCount& operator=(const FaultCount&) = delete;
  ~FaultCount();

  /// What was tried, in words: faults fail the test case. A point whose call never came counts not.
  void tried(const std::string& where, const SweepNight::Trial& trial);
  [[nodiscard]] std::size_t points() const { return points_; }

 private:
  std::string name_;
  std::size_t points_ = 0, failures_ = 0;
};

}  // namespace expunge::test
