#include "report/run_event.h"

#include <fmt/format.h>

namespace expunge::report {
namespace {

std::string_view reason_of(base::ExitStatus status) {
  switch (status) {
    case base::ExitStatus::usage:
      return "configuration";
    case base::ExitStatus::log_untrusted:
      return "log-untrusted";
    case base::ExitStatus::locked:
      return "locked";
    default:
      return "failure";
  }
}

}  // namespace

std::string run_event(const run::Report* report, base::ExitStatus status) {
  const int number = static_cast<int>(status);
  if (report == nullptr) {
    return fmt::format("outcome=not-begun exit-status={} reason={}", number, reason_of(status));
  }
  const run::Tally& tally = report->tally;
  return fmt::format(
      "run={} outcome={} exit-status={} destroyed={} removed={} failed={} held={} attention={} "
      "acknowledged={} waiting={}",
      report->run_id, run::words(report->outcome), number, tally.destroyed, tally.removed,
      tally.failed, run::held_in(*report), run::attention_in(*report),
      run::acknowledged_in(*report), report->waiting);
}

std::string brake_event(const run::Report& report, const plan::Brake& brake) {
  return fmt::format("run={} brake={}", report.run_id, brake.name);
}

}  // namespace expunge::report
