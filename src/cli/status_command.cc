#include <iostream>
#include <optional>

#include "cli/metrics_file.h"
#include "cli/options.h"
#include "cli/standing.h"
#include "report/status_report.h"

namespace expunge::cli {

using base::ExitStatus;

namespace {

/// That the log does not verify is something for monitoring too.
Standing take_standing_or_tell(const Desk& desk) {
  try {
    return take_standing(desk);
  } catch (const base::Failure&) {
    static_cast<void>(write_metrics(desk, std::nullopt));
    throw;
  }
}

}  // namespace

ExitStatus status_command(Invocation call) {
  Options options("status [--json]",
                  "Says how things stand: the last run, what is due and overdue, and since when.\n"
                  "Call it once a day from a timer of its own, and look at its exit status: a\n"
                  "nightly run that has stopped does not say so itself.\n"
                  "Exit status 1: no run has ended complete for 26 hours, or something is past\n"
                  "its period by more than three days.");
  options.flag("json", "one JSON object");
  if (!options.parse(call)) return ExitStatus::done;
  const Desk desk(call, archive::Index::Access::read);
  const Standing standing = take_standing_or_tell(desk);
  const plan::Status& status = standing.status;
  // Before anything is printed: a pipe may keep us waiting.
  const bool written = write_metrics(desk, standing);
  if (options.has("json")) {
    std::cout << report::status_json(status);
  } else {
    std::cout << report::status_text(status, call.global.quiet ? report::StatusDetail::alarms
                                                               : report::StatusDetail::everything);
  }
  return status.alarms.empty() && written ? ExitStatus::done : ExitStatus::needs_person;
}

}  // namespace expunge::cli
