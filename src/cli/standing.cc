#include "cli/standing.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "base/text.h"
#include "cli/judge.h"
#include "plan/lost_keeps.h"
#include "plan/lost_releases.h"
#include "run/check.h"

namespace expunge::cli {
namespace {

/// What cannot be looked at, as by a login that may not, is not said to be gone.
bool is_gone(const std::string& directory) {
  std::error_code error;
  const auto type = std::filesystem::status(directory, error).type();
  return type != std::filesystem::file_type::directory &&
         type != std::filesystem::file_type::none && type != std::filesystem::file_type::unknown;
}

}  // namespace

Standing take_standing(const Desk& desk) {
  const base::Time at = desk.now();
  // Before the log is read, which then has the end of a run that is over.
  const auto is_on = run::run_goes_on(desk.sys(), desk.config().log.directory);
  audit::LogState log = desk.read_log();
  const base::CivilDate today = desk.today();
  const policy::RetentionSchedule& schedule = desk.config().schedule;
  // It ends before anybody prints: a pipe may keep us waiting, and a writer would wait too.
  const archive::Index::Snapshot snapshot(desk.index());
  const plan::HoldMatcher holds = desk.hold_matcher(today);
  const plan::Decider decider(schedule, holds, today, plan::acknowledgements(desk.index()));
  plan::Status status =
      plan::make_status(desk.index(), decider, schedule.time_zone, log.facts, desk.now());
  const auto& start = status.last_start;
  if (start && !status.last_end && start->host == host_name() && start->time < at) {
    status.is_on = is_on;
  }
  const std::vector<archive::Approval> approvals = desk.index().approvals();
  const Judged judged =
      judge(desk, log.facts, decider, status.summary, approvals, {}, desk.now(), desk.now());
  plan::judge_needs(status, judged.judgement, judged.permission,
                    desk.index().count_untold().recordings);
  if (const std::string& root = desk.config().archive_root; is_gone(root)) {
    status.needs.push_back(
        {"root",
         "no directory is at archive.root, " + base::printable(root) + ", and no run can begin",
         "check"});
  }
  const std::vector<archive::Hold> all_holds = desk.index().holds(true);
  const auto lost = plan::lost_releases(desk.sys(), desk.config().log, log.facts, all_holds, today);
  if (!lost.empty()) {
    status.needs.push_back({"releases",
                            "holds whose release the index has lost: " + plan::names_of(lost),
                            "hold list"});
  }
  const auto kept = plan::lost_keeps(desk.sys(), desk.config().log, log.facts, all_holds, today);
  if (!kept.empty()) {
    status.needs.push_back(
        {"keeps",
         "holds whose release was taken back, which the index has lost: " + plan::names_of(kept),
         "hold list"});
  }
  return {at, std::move(log), std::move(status)};
}

}  // namespace expunge::cli
