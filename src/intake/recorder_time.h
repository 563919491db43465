#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "intake/recorder.h"

namespace expunge::intake {

/// The latest of the times that a row gives: when in doubt, a recording was made later. NULL, zero,
/// 1970 and what lies in the future are no dates.
class LatestTime {
 public:
  explicit LatestTime(const RecorderClock& clock) : clock_(clock) {}

  /// A time as the import file has it, or as PostgreSQL writes it (`+00` for an offset), and how
  /// many seconds after it the call ended; empty: not known.
  void consider(std::string_view text, std::string_view seconds = {});

  [[nodiscard]] std::optional<std::chrono::sys_seconds> time() const { return time_; }
  /// Of a text that is no time at all, where no other gave one.
  [[nodiscard]] std::optional<std::string> cause() const { return time_ ? std::nullopt : cause_; }

 private:
  [[nodiscard]] bool is_date(std::chrono::sys_seconds instant) const;

  RecorderClock clock_;
  std::optional<std::chrono::sys_seconds> time_;
  std::optional<std::string> cause_;
};

}  // namespace expunge::intake
