#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "audit/log.h"
#include "base/error.h"
#include "plan/status.h"
#include "run/run.h"

// What monitoring is told, in Prometheus's text format. No name and no label says anything of a
// recording or a person. expunge(1) lists the metrics.
namespace expunge::report {

/// Samples: `name` or `name{label="value"}`, and the number as it is written.
using Figures = std::map<std::string, std::string>;

/// How a call of `run` ended.
struct LastRun {
  base::Time ended;
  base::ExitStatus status;
  const run::Report* report;  ///< null: it ended before it had one
};

/// How things stand, as far as it could be found out.
struct Standing {
  base::Time now;
  const policy::TimeZone& zone;
  std::optional<bool> log_verifies;
  const plan::Status* status;   ///< null: unknown
  const audit::LogState* log;   ///< null: unknown
  std::uint64_t log_bytes = 0;  ///< used with `log`
};

/// Those that begin with `expunge_last_run_`.
[[nodiscard]] Figures run_figures(const LastRun& last);

/// All others.
[[nodiscard]] Figures standing_figures(const Standing& standing);

/// The run_figures() that a file written before holds; lines that this version would not write, and
/// what is no number, left out.
[[nodiscard]] Figures kept_run_figures(std::string_view file);

/// The time that the standing_figures() of such a file are of; nullopt where it does not say.
[[nodiscard]] std::optional<base::Time> standing_time(std::string_view file);

/// The file: each metric of `figures` with its HELP and TYPE, then its samples.
[[nodiscard]] std::string metrics_text(const Figures& figures);

}  // namespace expunge::report
