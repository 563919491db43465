#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "archive/index.h"
#include "audit/log.h"
#include "base/fd.h"
#include "base/sys.h"

namespace expunge::run {

/// The log that a new one is opened in the place of.
struct OldLog {
  audit::Predecessor named;  ///< as the new log's first entry names it
  std::string directory;     ///< where it is; empty: not at hand
  /// Whether it is there and verifies: then what it alone says is taken over too.
  bool believed = false;
  audit::LogFacts facts{};  ///< of a believed one
};

/// Keeps runs under the old log off until it is let go. Failure(locked) when one is on; changes
/// nothing there.
[[nodiscard]] base::Fd lock_out_runs(base::Sys& sys, const OldLog& old);

/// Compares the index, which still belongs to it, with a believed old log, which nobody can append
/// to any more: a recording that is gone and that the index has never heard of is known to be gone
/// on return, durably. Returns what it says is gone of what the index still has, for hand_over().
[[nodiscard]] std::vector<archive::PastClaim> compare_with_old_log(archive::Index& index,
                                                                   base::Sys& sys,
                                                                   const OldLog& old);

/// What the new log, which knows `known`, must be told of the holds in force on `today`: a
/// `hold.place` for each that it lacks, of those of the index as they were placed; of those that
/// only the old log knows by `user`, so that the brake for lost holds stays on; and a
/// `hold.release` where one is under way.
[[nodiscard]] std::vector<audit::Draft> holds_to_place(const archive::Index& index,
                                                       const OldLog& old, const std::string& user,
                                                       const audit::LogFacts& known,
                                                       base::CivilDate today);

/// The holds of the index that it has as released, and of which the new log, which knows `known`,
/// or else a believed old one says otherwise: hand_over() has the index keep them.
[[nodiscard]] std::vector<std::string> kept_by_logs(const archive::Index& index, const OldLog& old,
                                                    const audit::LogFacts& known,
                                                    base::CivilDate today);

/// With this transaction the index, which belonged to the old log, belongs to the new one.
void hand_over(archive::Index& index, archive::Index::Writing& writing, const OldLog& old,
               const audit::LogFacts& known, const std::vector<archive::PastClaim>& claims,
               const std::string& origin, const audit::Position& position, base::CivilDate today);

}  // namespace expunge::run
