#pragma once

#include <optional>
#include <string>
#include <vector>

#include "archive/types.h"
#include "audit/facts.h"
#include "audit/log.h"
#include "base/sys.h"

namespace expunge::plan {

/// A hold that the index has in force, released or to be released, and of which the log knows that
/// this release was taken back. No run need stop for it before the index ends it: from that day on
/// it is one of lost_holds().
struct LostKeep {
  std::string reference;
  /// By the index: the first day on which it keeps nothing any more; unset: once it is confirmed.
  std::optional<base::CivilDate> ends_on{};
  bool released_again = false;  ///< by the log, to end on another day
};

/// By reference. Reads the log once more where a hold may be one; a hold whose release the log does
/// not know yet, or that an interruption kept from the log, is none. Requires `facts` of a log that
/// was read before the holds. Throws as for_each_entry().
[[nodiscard]] std::vector<LostKeep> lost_keeps(base::Sys& sys, const audit::LogPlace& place,
                                               const audit::LogFacts& facts,
                                               const std::vector<archive::Hold>& holds,
                                               base::CivilDate today);
/// `HY (by the index in force through 2026-12-07)`.
[[nodiscard]] std::string names_of(const std::vector<LostKeep>& lost);
/// What is wrong, in words.
[[nodiscard]] std::string lost_text(const std::vector<LostKeep>& lost);
/// What a person can do about each of them, in words.
[[nodiscard]] std::string way_to_mend(const std::vector<LostKeep>& lost);

}  // namespace expunge::plan
