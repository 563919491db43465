#include <fmt/format.h>

#include <iostream>

#include "base/text.h"
#include "cli/carry_out.h"
#include "cli/judge.h"
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
  Desk desk(call, archive::Index::Access::write);
  return carry_out(desk, call.global, request, options.has("timings") ? Timings::yes : Timings::no)
      .status();
}

}  // namespace expunge::cli
