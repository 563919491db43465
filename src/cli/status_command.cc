#include <iostream>

#include "cli/judge.h"
#include "cli/options.h"
#include "plan/status.h"
#include "report/status_report.h"

namespace expunge::cli {

using base::ExitStatus;

ExitStatus status_command(Invocation call) {
  Options options("status [--json]",
                  "Says how things stand: the last run, what is due and overdue, and since when.\n"
                  "Call it once a day from a timer of its own, and look at its exit status: a\n"
                  "nightly run that has stopped does not say so itself.\n"
                  "Exit status 1: no run has ended complete for 26 hours, or something is past\n"
                  "its period by more than three days.");
  options.flag("json", "one JSON object");
  if (!options.parse(call)) return ExitStatus::done;
  Desk desk(call, archive::Index::Access::read);
  const audit::LogState log = desk.read_log();
  const base::CivilDate today = desk.today();
  const plan::Status status = [&] {
    // Ends before anything is printed: a pipe may keep us waiting, and a writer would wait too.
    const archive::Index::Snapshot snapshot(desk.index());
    const plan::HoldMatcher holds = desk.hold_matcher(today);
    const plan::Decider decider(desk.config().schedule, holds, today,
                                plan::acknowledgements(desk.index()));
    plan::Status now = plan::make_status(desk.index(), decider, desk.config().schedule.time_zone,
                                         log.facts, desk.now());
    const std::vector<archive::Approval> approvals = desk.index().approvals();
    const Judged judged = judge(desk, log.facts, decider, now.summary, approvals, {}, desk.now());
    plan::judge_needs(now, judged.judgement, judged.permission,
                      desk.index().count_untold().recordings);
    return now;
  }();
  if (options.has("json")) {
    std::cout << report::status_json(status);
  } else {
    std::cout << report::status_text(status, call.global.quiet ? report::StatusDetail::alarms
                                                               : report::StatusDetail::everything);
  }
  return status.alarms.empty() ? ExitStatus::done : ExitStatus::needs_person;
}

}  // namespace expunge::cli
