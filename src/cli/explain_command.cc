#include <fmt/format.h>

#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "cli/desk.h"
#include "cli/options.h"
#include "plan/decision.h"
#include "report/log_report.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;

void print_live(Desk& desk, const archive::Recording& recording, base::CivilDate day) {
  const policy::RetentionSchedule& schedule = desk.config().schedule;
  const plan::HoldMatcher holds = desk.hold_matcher();
  const plan::Decision decision = plan::Decider(schedule, holds, day).decide(recording);
  if (recording.recorded_at && decision.recorded_on) {
    std::cout << fmt::format(
        "  recorded    {}, which is {} in {}\n", base::to_text(*recording.recorded_at),
        base::to_text(*decision.recorded_on), base::printable(schedule.time_zone.name()));
  } else {
    std::cout << "  recorded    no date\n";
  }
  if (decision.due_day) {
    std::cout << fmt::format(
        "  rule        {}: kept for {}, through {}, due on {}\n",
        base::printable(decision.department->name), policy::to_text(decision.department->period),
        base::to_text(policy::last_day_kept(*decision.recorded_on, decision.department->period)),
        base::to_text(*decision.due_day));
  }
  for (const archive::File& file : recording.files) {
    std::cout << fmt::format("  {:10}  {}{}\n", base::printable(file.role),
                             base::printable(file.path),
                             file.bytes ? " (" + base::grouped(*file.bytes) + " bytes)" : "");
  }
  const auto covering = holds.covering(recording);
  for (const archive::Hold* hold : covering) {
    std::cout << fmt::format("  hold        {} ({}), since {}\n", base::printable(hold->reference),
                             base::printable(hold->kind),
                             base::to_text(hold->placed_at).substr(0, 10));
  }
  if (covering.empty()) std::cout << "  holds       none\n";
  std::cout << fmt::format("  verdict     {} on {}: {}\n", plan::to_text(decision.verdict),
                           base::to_text(day), base::printable(reason(decision, recording)));
  if (decision.verdict == plan::Verdict::attention) {
    std::cout << fmt::format("  what to do  {}\n", plan::remedy(decision.cause));
  }
}

void print_past(const archive::RecordingHistory& history) {
  if (history.recorded_on) {
    std::cout << fmt::format("  recorded    {}\n", base::to_text(*history.recorded_on));
  }
  const bool removed = history.state == archive::State::removed;
  std::cout << fmt::format("  {:10}  {}{}", removed ? "removed" : "destroyed",
                           removed ? "without overwriting, " : "",
                           history.destroyed_at ? base::to_text(*history.destroyed_at) : "");
  if (history.log_seq) std::cout << fmt::format(", log entry {}", *history.log_seq);
  std::cout << "\n";
}

}  // namespace

ExitStatus explain_command(Invocation call) {
  Options options("explain ID [--as-of DATE]",
                  "Tells all about one recording: rule, dates, holds, verdict, log entries.");
  options.argument("id", 1).value("as-of", "for another day than that of the next run");
  if (!options.parse(call)) return ExitStatus::done;
  const std::string id = options.required("id");
  const auto as_of = options.date("as-of");
  Desk desk(call, archive::Index::Access::read);
  const auto history = desk.index().history(id);
  if (!history) {
    throw Failure(ExitStatus::usage, "the index knows no recording '" + base::printable(id) + "'");
  }
  std::cout << fmt::format("Recording {}\n  department  {}\n", base::printable(id),
                           base::printable(history->department));
  if (const std::string source = desk.index().source_id(id); !source.empty()) {
    std::cout << fmt::format("  recorder's  {}\n", base::printable(source));
  }
  if (const auto recording = desk.index().find(id)) {
    print_live(desk, *recording, desk.plan_day(as_of));
  } else {
    print_past(*history);
  }
  std::cout << "Log\n";
  bool any = false;
  audit::for_each_entry(desk.sys(), desk.config().log, 0, [&](const audit::EntryView& entry) {
    if (audit::recording_of(entry) != id) return true;
    any = true;
    std::cout << report::entry_line(entry) << "\n";
    return true;
  });
  if (!any) std::cout << "  no entry names it\n";
  return ExitStatus::done;
}

}  // namespace expunge::cli
