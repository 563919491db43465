#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "archive/types.h"
#include "certify/delay.h"
#include "certify/recordings.h"
#include "cli/desk.h"
#include "policy/time_zone.h"

namespace expunge::cli {

/// What the log in use says of one recording.
struct LogOfRecording {
  std::string text;                                    ///< a line for each entry that names it
  std::optional<std::uint64_t> last_end, last_failed;  ///< entries: destroyed or removed; failed
  bool failed = false;                                 ///< that is its last word on it
  std::optional<certify::Left> left;                   ///< of what it says to be destroyed in part
  std::map<std::uint64_t, std::string> times;          ///< of those entries
  certify::DelayTrail holds;                           ///< up to the log's end

  /// The civil day on which a run found that a file of it was missing; nullopt: none did, or the
  /// log does not say.
  [[nodiscard]] std::optional<base::CivilDate> day_of_missing(const archive::Recording& recording,
                                                              const policy::TimeZone& zone) const;
};

/// Reads the log once. Throws Failure(log_untrusted) for a line that is no entry.
[[nodiscard]] LogOfRecording read_log_of(const Desk& desk, const std::string& id);

}  // namespace expunge::cli
