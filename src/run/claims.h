#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "archive/index.h"
#include "audit/log.h"
#include "base/sys.h"
#include "shred/target.h"

namespace expunge::run {

/// What a log says became of a recording.
struct Logged {
  std::uint64_t seq;
  base::Time time;
  archive::State state;  ///< destroyed, removed, partial
  std::string department;
  base::CivilDate recorded_on;
  std::optional<std::uint64_t> log_number{};  ///< of the past log that says so; unset: the one in
                                              ///< use
};
using LoggedById = std::map<std::string, Logged, std::less<>>;

/// Calls `each` for what the log says of recordings from entry `from_seq` on, in its order. The log
/// must have been verified before.
void for_each_logged(base::Sys& sys, const audit::LogPlace& place, std::uint64_t from_seq,
                     const std::function<void(const std::string& id, const Logged&)>& each);

/// The last that it says of each.
[[nodiscard]] LoggedById logged_since(base::Sys& sys, const audit::LogPlace& place,
                                      std::uint64_t from_seq);

/// What past logs say of recordings that the index still has, by key. `department` is left empty.
[[nodiscard]] std::map<std::int64_t, Logged> said_by_past_logs(const archive::Index& index);

/// For the index, of a recording that the log says is gone. What is missing and stays so, its entry
/// says; what stands under such a name all the same was put there since, stays in the index, and
/// makes it a recording that has come back.
[[nodiscard]] archive::Outcome outcome_by_log(const shred::ArchiveRoot& root,
                                              const archive::Recording& recording,
                                              const Logged& logged);

}  // namespace expunge::run
