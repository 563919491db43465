#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "audit/entry.h"
#include "audit/facts.h"
#include "cli/desk.h"
#include "plan/brakes.h"

namespace expunge::cli {

/// Whether it is neither destroyed nor removed, as far as the index knows.
[[nodiscard]] bool is_on_disk(const archive::RecordingHistory& history);

/// Whether the index takes for kept what entry `last_end`, the last one of the log in use that says
/// that the recording was destroyed or removed, says is gone; false when there is none.
[[nodiscard]] bool is_behind(const archive::RecordingHistory& history,
                             std::optional<std::uint64_t> last_end);

/// Orders to destroy that stand, by recording.
using StandingOrders = std::map<std::string, audit::OrderChange, std::less<>>;

/// By the log in use from entry `from` on: neither withdrawn nor carried out.
[[nodiscard]] StandingOrders standing_orders(const Desk& desk, std::uint64_t from);

/// What the log knows to be gone, and an index put back from a backup has not heard of. No command
/// may take that for kept.
class LogAhead {
 public:
  /// `facts` of a log that verified. Reads on where a run last compared the two, and only when the
  /// index is older than the log; what it knows of past logs it knows always.
  LogAhead(const Desk& desk, const audit::LogFacts& facts);

  /// Why nothing can be decided about it any more, as `the log says that it was destroyed or
  /// removed (entry 7), …`; nullopt: the index is right.
  [[nodiscard]] std::optional<std::string> why_gone(const std::string& id) const;
  /// An order to destroy it that stands in the log, in words, where the index has no order or
  /// another; nullopt: there is none.
  [[nodiscard]] std::optional<std::string> other_order(const std::string& id,
                                                       const archive::Order& order) const;
  /// Whether why_gone() may have something to say.
  [[nodiscard]] bool knows_more() const { return older_ || !past_ends_.empty(); }
  /// That the index is older than the log, and what to do; nullopt: it is not.
  [[nodiscard]] const std::optional<plan::Brake>& older() const { return older_; }

 private:
  const Desk& desk_;
  std::optional<plan::Brake> older_;
  std::map<std::string, std::uint64_t, std::less<>> ends_;  ///< entries, by recording
  std::map<std::int64_t, std::uint64_t> past_ends_;         ///< of past logs, by key
  StandingOrders orders_;
};

}  // namespace expunge::cli
