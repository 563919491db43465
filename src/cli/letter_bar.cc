#include "cli/letter_bar.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "cli/log_ahead.h"
#include "plan/brakes.h"
#include "plan/lost_keeps.h"
#include "plan/plan.h"
#include "run/check.h"
#include "run/run.h"

namespace expunge::cli {
namespace {

bool is_named(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// That of the plan, as far as the clock brake differs by it. `recording` is one of the index.
std::optional<std::chrono::sys_seconds> newest_recording(const Desk& desk,
                                                         const audit::LogFacts& facts,
                                                         const archive::Recording& recording,
                                                         base::CivilDate day, base::Time start) {
  using std::chrono::sys_seconds;
  const plan::HoldMatcher holds = desk.hold_matcher(day);
  const plan::Decider decider(desk.config().schedule, holds, day);
  std::optional<sys_seconds> known;  // an older one makes no difference
  if (plan::proves_the_clock(recording, decider.decide(recording))) known = recording.recorded_at;
  std::optional<sys_seconds> after = known;
  const auto raise = [&after](base::Time time) {
    after = std::max(after.value_or(sys_seconds::min()),
                     std::chrono::floor<std::chrono::seconds>(time));
  };
  if (facts.newest_run_start) raise(facts.newest_run_start->time);
  // Nor does which one it is, if all are too long ago.
  if (after) raise(start - desk.config().safety.max_clock_step - std::chrono::seconds{1});
  const auto newest = plan::newest_recording(desk.index(), decider, after);
  return newest ? newest : known;
}

/// Those that need no look at the whole index, for one due recording.
std::vector<plan::Brake> brakes_without_scan(const Desk& desk, const audit::LogFacts& facts,
                                             const archive::Recording& recording,
                                             std::optional<base::CivilDate> as_of) {
  const Config& config = desk.config();
  const audit::Policy policy = run::logged_form(config.schedule);
  const std::vector<archive::Hold> holds = desk.index().holds(true);
  const base::Time start = desk.plan_time(as_of);
  plan::Summary summary;
  summary.today = desk.plan_day(as_of);
  summary.recordings = 1;
  summary.total[plan::Verdict::due].recordings = 1;
  // For another day the clock is left aside.
  summary.newest_recording = as_of ? std::chrono::floor<std::chrono::seconds>(start)
                                   : newest_recording(desk, facts, recording, summary.today, start);
  return plan::brakes({summary, facts, holds, policy, config.safety, host_name(), start, "",
                       plan::memory_of(desk.index()), config.approval, owner_of(config.path),
                       config.holds.needs_two});
}

/// Whether an approval covers anything that is due on that day: else it lifts no brake.
bool covers_any_due(const Desk& desk, const archive::Approval& approval, base::CivilDate day) {
  const plan::HoldMatcher holds = desk.hold_matcher(day);
  const plan::Decider decider(desk.config().schedule, holds, day);
  bool any = false;
  desk.index().for_each_approved(approval.number, [&](std::int64_t key) {
    if (any) return;
    const auto recording = desk.index().find(key);
    any = recording && decider.decide(*recording).verdict == plan::Verdict::due;
  });
  return any;
}

/// Whether an approval that the run of that day goes by lifts these: not those that stopped a run
/// since it was given.
bool is_lifted(const Desk& desk, base::CivilDate day, const audit::LogFacts& facts,
               const plan::ApprovalAsked& asked, const std::vector<std::string>& names) {
  const auto approvals = desk.index().approvals();
  const auto valid =
      plan::valid_approvals(approvals, asked.policy_digest, asked.now,
                            asked.rule == plan::ApprovalRule::two_person ? &asked.barred : nullptr);
  if (valid.empty() || !covers_any_due(desk, *valid.front(), day)) return false;
  const auto& last = facts.last_braked;
  return !last || last->time < valid.front()->approved_at ||
         std::none_of(names.begin(), names.end(),
                      [&](const std::string& name) { return is_named(last->brakes, name); });
}

}  // namespace

plan::ApprovalAsked approval_asked(const Desk& desk, const audit::LogFacts& facts,
                                   std::optional<base::CivilDate> as_of) {
  return {desk.config().approval,
          audit::policy_digest(run::logged_form(desk.config().schedule)),
          desk.approval_time(as_of),
          {facts.importers, owner_of(desk.config().path)}};
}

AtNextRun at_next_run(const Desk& desk, const audit::LogFacts& facts,
                      const archive::Recording& recording, std::optional<base::CivilDate> as_of) {
  std::vector<std::string> to_approve, others;
  for (const plan::Brake& brake : brakes_without_scan(desk, facts, recording, as_of)) {
    (brake.way_on == plan::Brake::WayOn::approval ? to_approve : others).push_back(brake.name);
  }
  const auto add_if_stopped = [&](std::vector<std::string>& names, const char* name) {
    const bool stopped = facts.last_braked && is_named(facts.last_braked->brakes, name);
    if (stopped && !is_named(names, name)) names.emplace_back(name);
  };
  add_if_stopped(to_approve, "share");
  add_if_stopped(others, "root");
  if (as_of) std::erase(others, "clock");
  const plan::ApprovalAsked asked = approval_asked(desk, facts, as_of);
  AtNextRun at;
  if (!others.empty()) at.next_run = report::NextRun::stops;
  if (!to_approve.empty() && !plan::is_approved(desk.index(), recording, asked)) {
    at.next_run = others.empty() && is_lifted(desk, desk.plan_day(as_of), facts, asked, to_approve)
                      ? report::NextRun::leaves_it
                      : report::NextRun::stops;
    others.insert(others.begin(), to_approve.begin(), to_approve.end());
  }
  at.brakes = fmt::format("{}", fmt::join(others, ", "));
  return at;
}

std::string brakes_line(report::NextRun next_run, const std::string& brakes) {
  if (next_run == report::NextRun::leaves_it) {
    return fmt::format(
        "  brake       {}: passed by an approval that is not for this recording; the next run "
        "leaves it\n",
        brakes);
  }
  if (next_run != report::NextRun::stops) return "";
  const bool is_one = brakes.find(',') == std::string::npos;
  const bool has_root = brakes.ends_with("root");  // the last one; a plan does not look for it
  return fmt::format("  brake       {}: {}; {} how to go on\n",
                     is_one ? "a brake is on" : "brakes are on", brakes,
                     !has_root ? "expunge plan says"
                     : is_one  ? "expunge check says"
                               : "expunge plan, and for root expunge check, say");
}

std::optional<std::string> bar_to_letter(Desk& desk, const audit::LogFacts& facts,
                                         const archive::RecordingHistory& history,
                                         std::optional<std::uint64_t> last_end) {
  std::string wrong;
  const auto add = [&wrong](const std::string& more) {
    wrong += (wrong.empty() ? "" : "; and ") + more;
  };
  const auto run_is_on = [&] { return run::run_is_on(desk.sys(), desk.config().log.directory); };
  const bool was_on = run_is_on();
  const auto older = plan::index_brake(facts, plan::memory_of(desk.index()));
  if (is_behind(history, last_end)) {
    std::string text = fmt::format(
        "entry {} of the log says that it was destroyed or removed, which the index does not know",
        *last_end);
    if (plan::in_journal(desk.index()).contains(history.key)) {
      text += was_on || run_is_on() ? " yet: ask again when the run that is on has ended"
                                    : " since a run was interrupted: the next run settles that";
    } else if (!older) {
      text += ": put the newest index back, or let the next run compare it with the log";
    }
    add(text);
  }
  const LogAhead ahead(desk, facts);
  if (const auto gone = ahead.why_gone(history.id); gone && !last_end) add(*gone);
  const bool is_behind_log = plan::behind(facts, plan::memory_of(desk.index())).any();
  if (older && (is_behind_log || is_on_disk(history)))
    add(older->message + ": " + older->way_on_text);
  if (is_on_disk(history)) {
    const std::vector<archive::Hold> holds = desk.index().holds(true);
    const auto lost = plan::lost_holds(facts, holds, desk.today());
    if (!lost.empty()) {
      add(std::string(plan::kLostHolds) + plan::lost_names(lost) + "; " +
          plan::way_to_mend(lost, desk.config().holds.needs_two));
    }
    const auto kept = plan::lost_keeps(desk.sys(), desk.config().log, facts, holds, desk.today());
    if (!kept.empty()) add(plan::lost_text(kept) + "; " + plan::way_to_mend(kept));
  }
  if (wrong.empty()) return std::nullopt;
  return "no letter is written about " + history.id + ": " + wrong;
}

}  // namespace expunge::cli
