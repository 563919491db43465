#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>

namespace expunge::run {

/// What a run spends its time on, in the order in which a batch goes through them.
enum class Phase {
  plan,         ///< until the first batch: trusting the log, planning, `run.start`
  open,         ///< opening, checking and fingerprinting a batch's files
  fingerprint,  ///< the part of `open` that reads and hashes; summed over the workers
  journal,      ///< deciding again under the write lock, and the index's journal
  overwrite,
  flush,
  read_back,
  log,
  remove,
  index,  ///< settling the index
  close,  ///< after the last batch: the file system's journal, `run.end`, its checkpoint
};
inline constexpr std::size_t kPhases = 11;

/// `read-back`, as it is printed.
[[nodiscard]] std::string_view words(Phase phase);

/// Time that passes, whatever the clock on the wall says, since some moment that stays the same.
/// Callable from any thread. Only `cli` passes the system's.
using Ticks = std::function<std::chrono::nanoseconds()>;

/// How long each phase took, as the threads saw it that ran them: two that overlap both count
/// whole, so the sum may exceed the time that passed. Any thread may add at any time.
class Phases {
 public:
  /// Without `ticks` nothing is timed by Timed.
  Phases() = default;
  explicit Phases(Ticks ticks) : ticks_(std::move(ticks)) {}
  Phases(const Phases& other) { *this = other; }
  Phases& operator=(const Phases& other);

  [[nodiscard]] std::chrono::nanoseconds now() const {
    return ticks_ ? ticks_() : std::chrono::nanoseconds{0};
  }
  void add(Phase phase, std::chrono::nanoseconds time) {
    at(phase).fetch_add(time.count(), std::memory_order_relaxed);
  }
  [[nodiscard]] std::chrono::nanoseconds of(Phase phase) const {
    return std::chrono::nanoseconds(
        times_ns_[static_cast<std::size_t>(phase)].load(std::memory_order_relaxed));
  }
  /// Of all but `fingerprint`, which `open` contains.
  [[nodiscard]] std::chrono::nanoseconds sum() const;

 private:
  std::atomic<std::int64_t>& at(Phase phase) { return times_ns_[static_cast<std::size_t>(phase)]; }

  Ticks ticks_;
  std::array<std::atomic<std::int64_t>, kPhases> times_ns_{};
};

/// Adds the time from here to the end of its scope, also when that is left by an exception.
class Timed {
 public:
  Timed(Phases& phases, Phase phase) : phases_(phases), phase_(phase), begin_(phases.now()) {}
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;
  ~Timed() { phases_.add(phase_, phases_.now() - begin_); }

 private:
  Phases& phases_;
  Phase phase_;
  std::chrono::nanoseconds begin_;
};

}  // namespace expunge::run
