#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iostream>

#include "base/text.h"
#include "cli/judge.h"
#include "cli/options.h"
#include "report/run_report.h"
#include "run/run.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // set by a signal handler

void request_stop(int) {
  stop_requested = true;
}

/// SIGTERM and SIGINT finish the batch, write `run.end`, and stop.
void catch_signals() {
  struct sigaction action {};
  action.sa_handler = request_stop;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGTERM, SIGINT}) ::sigaction(signal, &action, nullptr);
}

void draw_progress(std::uint64_t done, std::uint64_t of) {
  constexpr std::uint64_t kWidth = 30;
  const std::uint64_t filled = of == 0 ? kWidth : std::min(done, of) * kWidth / of;
  std::cerr << fmt::format("\r[{}{}] {} of {}", std::string(filled, '#'),
                           std::string(kWidth - filled, ' '), base::grouped(done),
                           base::grouped(of))
            << std::flush;
}

ExitStatus dry_run(const Invocation& call, const plan::Accepted& accepted) {
  Desk desk(call, archive::Index::Access::read);
  const base::CivilDate today = desk.config().schedule.time_zone.civil_date(
      std::chrono::floor<std::chrono::seconds>(desk.now()));
  const auto report = report::plan_table(std::cout, {});
  return print_plan(desk, {today, desk.now(), "a run now, on " + base::to_text(today)}, accepted,
                    Streams::no, *report);
}

ExitStatus status_of(const run::Report& report) {
  if (report.outcome == run::Outcome::braked) return ExitStatus::braked;
  return run::needs_person(report) ? ExitStatus::needs_person : ExitStatus::done;
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
  request.stop = &stop_requested;
  request.confine = run::Confine::yes;
  const bool draws = !call.global.quiet && ::isatty(STDERR_FILENO) == 1;
  if (draws) request.progress = draw_progress;

  catch_signals();
  Desk desk(call, archive::Index::Access::write);
  const Config& config = desk.config();
  const run::Setting setting{desk.sys(),    desk.clock(), desk.index(),        config.schedule,
                             config.safety, config.log,   config.log_key_path, config.archive_root,
                             host_name(),   login_name(), config.limits};
  const run::Report report = run::carry_out_plan(setting, request);
  if (draws && report.planned > 0) std::cerr << "\n";
  messages(report::run_needs(report));
  if (!call.global.quiet) std::cout << report::run_line(report) << "\n";
  if (call.global.verbose) {
    message(report::run_confinement(report));
    for (const std::string& residue : report.cleaned) message(residue);
  }
  if (options.has("timings")) messages(report::run_timings(report));
  return status_of(report);
}

}  // namespace expunge::cli
