#include <fmt/format.h>

#include "audit/entry.h"
#include "base/error.h"
#include "base/text.h"
#include "plan/lost_keeps.h"
#include "plan/lost_releases.h"
#include "run/check_parts.h"
#include "run/run.h"

namespace expunge::run {
namespace {

using plan::Verdict;

/// What the next run will read, and when.
struct Night {
  const archive::Index& index;
  const policy::RetentionSchedule& schedule;
  base::CivilDate day;
  base::Time at;
};

/// What the next run would decide, had it been called at its time.
struct Outlook {
  plan::Summary summary;
  std::vector<archive::Approval> approvals;  // the judgement points into them
  plan::Judgement judgement;
  plan::Permission permission;
  std::vector<plan::LostRelease> lost_releases;
  std::vector<plan::LostKeep> lost_keeps;
};

Outlook look_ahead(const CheckSetting& setting, const Night& night, const audit::LogFacts& facts,
                   const std::string& root) {
  const archive::Index& index = night.index;
  Outlook ahead;
  const archive::Index::Snapshot snapshot(index);
  const plan::HoldMatcher holds = plan::holds_of_day(index, night.schedule, night.day);
  const plan::Decider decider(night.schedule, holds, night.day, plan::acknowledgements(index));
  ahead.summary = plan::make_plan(index, decider, nullptr);
  ahead.approvals = index.approvals();
  const std::vector<archive::Hold> all_holds = index.holds(true);
  const audit::Policy policy = logged_form(night.schedule);
  ahead.judgement =
      plan::judge({ahead.summary, facts, all_holds, policy, setting.safety, setting.next_run->host,
                   night.at, root, plan::memory_of(index), setting.next_run->approval,
                   setting.next_run->config_owner, setting.next_run->release_needs_two},
                  ahead.approvals, {}, [&](const archive::Approval& approval) {
                    return plan::count_covered(index, approval, ahead.summary.due);
                  });
  ahead.permission = plan::permit(index, decider, ahead.summary, ahead.judgement);
  ahead.lost_releases =
      plan::lost_releases(setting.sys, setting.log_place, facts, all_holds, night.day);
  ahead.lost_keeps = plan::lost_keeps(setting.sys, setting.log_place, facts, all_holds, night.day);
  return ahead;
}

std::string counted(const plan::Count& count) {
  if (count.recordings > 0 && count.without_size == count.recordings) {
    return base::grouped(count.recordings) + " (size not known)";
  }
  return fmt::format("{} ({})", base::grouped(count.recordings), base::human_bytes(count.bytes));
}

/// The command that says yes to this plan, in the place of the one without its digest.
std::string with_digest(std::string text, const plan::Summary& summary) {
  constexpr std::string_view kWithout = "(expunge approve DIGEST --reason TEXT)";
  const auto at = text.find(kWithout);
  if (at == std::string::npos) return text;
  return text.replace(
      at, kWithout.size(),
      fmt::format("(expunge approve {} --reason TEXT)", base::to_hex(summary.digest)));
}

/// Some brakes are about what other findings are about too.
std::string about(const plan::Brake& brake) {
  const bool shared = brake.name == "clock" || brake.name == "index" || brake.name == "root";
  return shared ? brake.name : "brakes";
}

void say_brakes(const Outlook& ahead, Findings& findings) {
  const plan::Judgement& judgement = ahead.judgement;
  for (const plan::Brake& brake : judgement.still_on) {
    findings.problem(
        about(brake),
        fmt::format("{}: the next run is braked ({})", base::printable(brake.message), brake.name),
        with_digest(base::printable(brake.way_on_text), ahead.summary));
  }
  if (const std::string way = plan::way_past_together(judgement); !way.empty()) {
    findings.note("brakes", "two or more are on, each with its own option of run",
                  "to pass the " + way);
  }
  if (!judgement.still_on.empty()) return;
  if (judgement.tripped.empty()) return findings.ok("brakes", "none is on for the next run");
  for (const plan::Brake& brake : judgement.tripped) {
    findings.ok("brakes", fmt::format("{} is on, and lifted by an approval", brake.name));
  }
}

void say_plan(const Night& night, const Outlook& ahead, Findings& findings) {
  const plan::Summary& summary = ahead.summary;
  findings.ok("tonight", fmt::format("the plan for {} has {} due, {} held",
                                     base::to_text(night.day), counted(summary.count(Verdict::due)),
                                     base::grouped(summary.count(Verdict::held).recordings)));
  if (ahead.judgement.still_on.empty() && ahead.permission.waiting.recordings > 0) {
    findings.warning("approval",
                     fmt::format("of the due, {} stand in no approved plan, and wait",
                                 counted(ahead.permission.waiting)),
                     with_digest(plan::way_to_approve(ahead.judgement.rule), summary));
  }
  if (const std::uint64_t need = summary.attention() - summary.attention_known(); need > 0) {
    findings.note("attention", "recordings that need a person: " + base::grouped(need),
                  "expunge plan says which, and what to do about each");
  }
  if (summary.in_journal > 0) {
    findings.note("tonight", "part way: recordings " + plan::part_way_text(summary, false),
                  "leave the archive as it is");
  }
}

void say_root(const archive::Index& index, const shred::ArchiveRoot& root, Findings& findings) {
  const std::string known = index.root_identity();
  if (known == root.identity()) {
    findings.ok("root", "the same directory as at the last run");
  } else if (known.empty()) {
    findings.note("root", "no run yet; the first one remembers this directory");
  }
}

}  // namespace

std::optional<plan::Summary> check_tonight(const CheckSetting& setting, const audit::LogState* log,
                                           const shred::ArchiveRoot* root, Findings& findings) {
  const policy::RetentionSchedule& schedule = *setting.next_run->schedule;
  const auto now = std::chrono::floor<std::chrono::seconds>(setting.now);
  const Night night{
      *setting.index, schedule,
      plan::day_of_next_run(schedule.time_zone, now, setting.next_run->at),
      std::max<base::Time>(setting.now,
                           plan::time_of_next_run(schedule.time_zone, now, setting.next_run->at))};
  if (root != nullptr) say_root(*setting.index, *root, findings);
  if (log == nullptr) {
    findings.warning("brakes", "unknown, while the log cannot be trusted", "see the log first");
    return std::nullopt;
  }
  const Outlook ahead =
      look_ahead(setting, night, log->facts, root != nullptr ? root->identity() : "");
  say_plan(night, ahead, findings);
  say_brakes(ahead, findings);
  if (!ahead.lost_releases.empty()) {
    findings.warning("holds", plan::lost_text(ahead.lost_releases),
                     plan::way_to_mend(ahead.lost_releases));
  }
  if (!ahead.lost_keeps.empty()) {
    findings.warning("holds", plan::lost_text(ahead.lost_keeps),
                     plan::way_to_mend(ahead.lost_keeps));
  }
  return ahead.summary;
}

}  // namespace expunge::run
