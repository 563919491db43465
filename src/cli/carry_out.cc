#include "cli/carry_out.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iostream>

#include "base/text.h"
#include "cli/after.h"
#include "cli/anchor.h"
#include "cli/metrics_file.h"
#include "report/run_event.h"
#include "report/run_report.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // set by a signal handler

void request_stop(int) {
  stop_requested = true;
}

std::chrono::nanoseconds steady_ticks() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

void draw_progress(std::uint64_t done, std::uint64_t of) {
  constexpr std::uint64_t kWidth = 30;
  const std::uint64_t filled = of == 0 ? kWidth : std::min(done, of) * kWidth / of;
  std::cerr << fmt::format("\r[{}{}] {} of {}", std::string(filled, '#'),
                           std::string(kWidth - filled, ' '), base::grouped(done),
                           base::grouped(of))
            << std::flush;
}

/// What fails here takes nothing back of a run that has ended.
bool tell_recorder(AfterPost& after, archive::Index& index) {
  try {
    return after.tell(index);
  } catch (const base::Failure& failure) {
    message(failure.what(), Level::error);
    return false;
  }
}

}  // namespace

void stop_on_signals(run::Request& request) {
  struct sigaction action {};
  action.sa_handler = request_stop;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGTERM, SIGINT}) ::sigaction(signal, &action, nullptr);
  request.stop = &stop_requested;
}

ExitStatus Carried::status() const {
  if (report.outcome == run::Outcome::braked) return ExitStatus::braked;
  return run::needs_person(report) || !followed ? ExitStatus::needs_person : ExitStatus::done;
}

void tell_of_run(const run::Report& report, ExitStatus status) {
  event(report::run_event(&report, status), level_of(status));
  for (const plan::Brake& brake : report.brakes) {
    event(report::brake_event(report, brake), level_of(status));
  }
}

void tell_of_no_run(ExitStatus status) {
  event(report::run_event(nullptr, status), level_of(status));
}

Carried carry_out(Desk& desk, const Global& global, run::Request request, Timings timings) {
  request.confine = run::Confine::yes;
  const bool draws = !global.quiet && ::isatty(STDERR_FILENO) == 1;
  if (draws) request.progress = draw_progress;
  const Config& config = desk.config();
  const run::Setting setting{desk.sys(),
                             desk.clock(),
                             desk.index(),
                             config.schedule,
                             config.safety,
                             config.log,
                             config.log_keys,
                             config.archive_root,
                             host_name(),
                             login_name(),
                             config.limits,
                             config.rotate,
                             config.approval,
                             owner_of(config.path),
                             config.after.empty() ? archive::Tell::no : archive::Tell::yes,
                             steady_ticks,
                             metrics_directories(config),
                             config.holds.needs_two};
  // A run that has confined itself can open no socket, and start no program.
  open_events();
  AnchorPost anchor{Anchor(config)};
  AfterPost after(config);
  Carried carried{run::carry_out_plan(setting, request), true};
  const run::Report& report = carried.report;
  if (draws && report.planned > 0) std::cerr << "\n";
  messages(report::run_needs(report), level_of(carried.status()));
  if (!global.quiet) std::cout << report::run_line(report) << "\n";
  if (global.verbose) {
    message(report::run_confinement(report), Level::info);
    for (const std::string& residue : report.cleaned) message(residue, Level::info);
  }
  if (timings == Timings::yes) messages(report::run_timings(report), Level::info);
  const bool anchored = anchor.call(report.frozen_size);
  carried.followed = tell_recorder(after, desk.index()) && anchored;
  // An officer's own run is nobody's night: what the night's figures say is to stay.
  std::optional<report::LastRun> night;
  if (request.only == nullptr) night = {desk.now(), carried.status(), &report};
  carried.followed = write_metrics(desk, night) && carried.followed;
  return carried;
}

}  // namespace expunge::cli
