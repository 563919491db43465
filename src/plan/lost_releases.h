#pragma once

#include <optional>
#include <string>
#include <vector>

#include "archive/types.h"
#include "audit/facts.h"
#include "audit/log.h"
#include "base/sys.h"

namespace expunge::plan {

/// A hold that the index has in force without an end, and of which the log knows a release. What it
/// covers is kept, so this stops no run.
struct LostRelease {
  std::string reference;
  enum class ByLog {
    to_confirm,  ///< asked for, and to be confirmed
    under_way,   ///< in force through the day before `ends_on`
    over,
  } by_log = ByLog::over;
  std::optional<base::CivilDate> ends_on{};
  bool only_confirmation = false;  ///< the index knows that it was asked for
};

/// By reference. Reads the log once more where a hold may be one; a hold that an interruption kept
/// from the log, or that was placed after the log's last entry about it, is none. Requires `facts`
/// of a log that was read before the holds, the released ones too. Throws as for_each_entry().
[[nodiscard]] std::vector<LostRelease> lost_releases(base::Sys& sys, const audit::LogPlace& place,
                                                     const audit::LogFacts& facts,
                                                     const std::vector<archive::Hold>& holds,
                                                     base::CivilDate today);
/// `HY (in force through 2026-12-07), SAR-1 (ended)`.
[[nodiscard]] std::string names_of(const std::vector<LostRelease>& lost);
/// What is wrong, in words.
[[nodiscard]] std::string lost_text(const std::vector<LostRelease>& lost);
/// What a person can do about each of them, in words.
[[nodiscard]] std::string way_to_mend(const std::vector<LostRelease>& lost);

}  // namespace expunge::plan
