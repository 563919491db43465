#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/desk.h"
#include "cli/standing.h"
#include "report/metrics.h"

namespace expunge::cli {

/// Directories that the process must be able to write to for that; none where it is not configured.
[[nodiscard]] std::vector<std::string> metrics_directories(const Config& config);

// Each writes `metrics.textfile`, where that is configured, whole or not at all: beside it,
// fsync, rename; mode 0644. What goes wrong is said on standard error, and false then; never
// throws Failure. Figures of the last run that are not given stay as the file has them; and then a
// file that somebody wrote meanwhile, with what was found out later, stays altogether.

/// After `standing` was found out.
[[nodiscard]] bool write_metrics(const Desk& desk, const Standing& standing);

/// After a run, or a call of `run` that came to none; finds out how things stand, which takes as
/// long as `status` does. `last` unset: what was done is nobody's nightly run.
[[nodiscard]] bool write_metrics(const Desk& desk, const std::optional<report::LastRun>& last);

/// After a call of `run` that could not even open index and log.
[[nodiscard]] bool write_metrics(base::Sys& sys, const Config& config, const report::LastRun& last);

}  // namespace expunge::cli
