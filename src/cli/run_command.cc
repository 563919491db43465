#include <fmt/format.h>

#include <exception>
#include <iostream>
#include <optional>
#include <utility>

#include "base/text.h"
#include "cli/carry_out.h"
#include "cli/judge.h"
#include "cli/metrics_file.h"
#include "cli/options.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;

ExitStatus dry_run(const Invocation& call, const plan::Accepted& accepted) {
  Desk desk(call, archive::Index::Access::read);
  const base::CivilDate today = desk.config().schedule.time_zone.civil_date(
      std::chrono::floor<std::chrono::seconds>(desk.now()));
  const auto report = report::plan_table(std::cout, {});
  return print_plan(desk, {today, desk.now(), "a run now, on " + base::to_text(today)}, accepted,
                    Streams::no, *report);
}

/// Monitoring is to learn of a call that came to nothing too, as far as the configuration says
/// where; but while another run is on, the figures are to be that one's.
void tell_of_failure(const Invocation& call, const std::optional<Desk>& desk, ExitStatus status) {
  if (status == ExitStatus::locked) return tell_of_no_run(status);
  const report::LastRun last{call.clock(), status, nullptr};
  try {
    base::Sys& sys = base::real_sys();
    static_cast<void>(desk ? write_metrics(*desk, last)
                           : write_metrics(sys, configure(sys, call.global), last));
  } catch (const std::exception&) {
    // It is the configuration that is wrong, which is about to be said.
  }
  tell_of_no_run(status);
}

ExitStatus run_tonight(const Invocation& call, run::Request request, Timings timings) {
  std::optional<Desk> desk;
  try {
    desk.emplace(call, archive::Index::Access::write);
    const Carried carried = carry_out(*desk, call.global, std::move(request), timings);
    tell_of_run(carried.report, carried.status());
    return carried.status();
  } catch (const base::Failure& failure) {
    tell_of_failure(call, desk, failure.status());
    throw;
  } catch (const std::exception&) {
    tell_of_failure(call, desk, ExitStatus::needs_person);
    throw;
  }
}

}  // namespace

ExitStatus run_command(Invocation call) {
  Options options(
      "run [OPTION…]",
      "The nightly job: destroys what is due today, reads it back, logs it, and removes\n"
      "it. A brake stops it before anything is touched, and says how to go on.\n"
      "SIGTERM and SIGINT finish the batch and stop.");
  options.flag("dry-run", "only print what a run now would do")
      .flag("accept-clock", "go on although the clock brake is on; logged")
      .flag("accept-host", "go on although the last run was on another machine; logged")
      .flag("accept-index", "go on although the index is older than the log; logged")
      .flag("accept-root", "go on although the archive root is another directory; logged")
      .value("stop-after", "begin no batch after this time, as 4h or 30m")
      .flag("timings", "say at the end, on standard error, where the time went");
  if (!options.parse(call)) return ExitStatus::done;
  run::Request request;
  if (options.has("stop-after")) {
    request.stop_after = parse_duration(options.text("stop-after"));
    if (!request.stop_after) options.refuse("--stop-after takes a time as 4h, 30m or 90s");
  }
  request.accepted = {options.has("accept-clock"), options.has("accept-host"),
                      options.has("accept-root"), options.has("accept-index")};
  if (options.has("dry-run")) return dry_run(call, request.accepted);
  stop_on_signals(request);
  return run_tonight(call, request, options.has("timings") ? Timings::yes : Timings::no);
}

}  // namespace expunge::cli
