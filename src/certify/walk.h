#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit/course.h"
#include "audit/log.h"
#include "base/sys.h"
#include "certify/entries.h"

// One pass over the log, and the checkpoints that what it finds can be proved by.
namespace expunge::certify {

/// What was true of the log at one size.
struct AtSize {
  base::Digest root{};
  std::string key_id;  ///< in force after the last entry
};

struct Walked {
  Opening opening;
  audit::CheckpointFile newest;
  std::map<std::uint64_t, AtSize> stamped;  ///< sizes that have a time-stamped frozen checkpoint
  AtSize end;                               ///< at the newest checkpoint
};

/// Calls `each` for every entry that the newest checkpoint covers, and for none beyond it, in
/// order. On return the entries handed out are those over which the checkpoint's root is; whose
/// signature that bears, audit::certify() finds out. Throws Failure(log_untrusted) otherwise, and
/// for a line that is no entry.
[[nodiscard]] Walked walk(base::Sys& sys, const audit::LogPlace& place,
                          const std::function<void(const audit::EntryView&)>& each);

/// The checkpoint that something is proved by.
struct Chosen {
  audit::CheckpointFile file;
  std::string name;    ///< below the log's directory
  std::string key_id;  ///< of the key that has to have signed it
  /// The time stamp on it: over it, as it says; whose it is was not looked at.
  struct Stamp {
    std::string name;                 ///< below the log's directory
    std::string der;                  ///< the authority's response
    std::chrono::sys_seconds time{};  ///< as it says
  };
  std::optional<Stamp> stamp{};
};

/// The oldest frozen checkpoint with a time stamp that covers the entry `seq`: the earliest moment
/// at which somebody else saw it. Where none does, the newest checkpoint, which covers it. Throws
/// Failure(log_untrusted) when the one chosen is not of the log that was walked, and Failure(usage)
/// naming the time stamp when that is none over it.
[[nodiscard]] Chosen choose_checkpoint(base::Sys& sys, const audit::LogPlace& place,
                                       const Walked& walked, std::uint64_t seq);

/// That the log verifies up to that checkpoint, which is signed as it must be; audit::certify()
/// with nothing to certify.
void verify_up_to(base::Sys& sys, const audit::LogPlace& place, const audit::CheckpointFile& file,
                  unsigned workers);

}  // namespace expunge::certify
