#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audit/timestamp.h"
#include "audit/verify.h"
#include "base/sys.h"
#include "cli/options.h"
#include "report/verify_report.h"

// What several commands do about time stamps.
namespace expunge::cli {

/// Adds --tsa-ca and --tsa-untrusted.
void add_timestamp_trust(Options& options);

/// What these options name; nullopt without --tsa-ca. Throws Failure(usage).
[[nodiscard]] std::optional<audit::TimestampTrust> timestamp_trust(base::Sys& sys,
                                                                   const Options& options);

/// One response, and the checkpoints of which it must be over one.
struct StampedCheckpoints {
  audit::Evidence::Named response;
  std::vector<audit::Evidence::Named> checkpoints;
};

/// Every checkpoints/SIZE.tsr of a log with its SIZE.ckpt, ascending. Throws Failure(log_untrusted)
/// naming a file that is missing or cannot be read.
[[nodiscard]] std::vector<StampedCheckpoints> read_stamps(base::Sys& sys,
                                                          const std::string& directory);

/// All of them checked, in order. Throws as audit::check_timestamp does.
[[nodiscard]] std::vector<report::TimeStamps::Checked> check_stamps(
    const std::vector<StampedCheckpoints>& stamps, const audit::TimestampTrust& trust);

}  // namespace expunge::cli
