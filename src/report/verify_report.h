#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "audit/timestamp.h"
#include "audit/verify.h"

namespace expunge::report {

/// The time stamps of a log's checkpoints.
struct TimeStamps {
  struct Checked {
    std::string checkpoint;  ///< the file that is stamped
    std::uint64_t size;      ///< of that checkpoint
    audit::CheckedStamp stamp;
  };
  bool are_checked = false;
  std::size_t found = 0;
  std::vector<Checked> checked{};  ///< all that were found, if they are checked and good
};

/// A log's verdict, and what it was made from.
struct Verified {
  const audit::Verdict& verdict;
  const audit::Evidence& evidence;
  bool has_outside_checkpoint;  ///< one that was not kept beside the log
  const TimeStamps& time_stamps;
};

/// Some lines for people: what was verified and how, and what that rests on. Requires a log that
/// verifies.
[[nodiscard]] std::string verify_text(const Verified& verified);

/// One JSON object, `expunge-verify/1` of expunge(1).
[[nodiscard]] std::string verify_json(const Verified& verified);

/// The fault in one line. Requires one.
[[nodiscard]] std::string fault_text(const Verified& verified);

}  // namespace expunge::report
