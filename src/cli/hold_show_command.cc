#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "cli/hold_commands.h"
#include "plan/brakes.h"
#include "plan/lost_keeps.h"
#include "plan/lost_releases.h"
#include "run/check.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;

/// Whether an import said of a recording that it is of whom the hold names: nothing is stale then.
bool may_mean_another(const archive::Index& index, const archive::Hold& hold) {
  return std::any_of(hold.scopes.begin(), hold.scopes.end(), [&](const archive::HoldScope& scope) {
    const auto forms = archive::subject_forms(scope.subject_key);
    const bool subject = std::any_of(forms.begin(), forms.end(), [&](const auto& key) {
      return !key.empty() && !index.said_of("subject", key).empty();
    });
    return subject ||
           (!scope.agent_key.empty() && !index.said_of("agent", scope.agent_key).empty());
  });
}

/// As the index is at one moment.
std::vector<report::ListedHold> list_holds(Desk& desk, bool with_ended) {
  const archive::Index::Snapshot snapshot(desk.index());
  std::vector<archive::Hold> holds = desk.index().holds(with_ended);
  const base::CivilDate today = desk.today();
  if (!with_ended) {
    std::erase_if(holds, [&](const archive::Hold& hold) { return !hold.in_force_on(today); });
  }
  const std::vector<std::uint64_t> covered =
      plan::covered_by_each(desk.index(), desk.config().schedule, holds, today);
  std::vector<report::ListedHold> all;
  for (std::size_t i = 0; i < holds.size(); ++i) {
    all.push_back(listed(desk, std::move(holds[i])));
    all.back().covered = covered[i];
    all.back().stale = all.back().in_force && covered[i] == 0 && !all.back().is_new &&
                       !may_mean_another(desk.index(), all.back().hold);
  }
  return all;
}

/// Says what the log knows and the index has lost, and returns whether there is any; says nothing
/// where this user cannot read the log, or it is not to be trusted, which other commands say.
bool say_lost(const Desk& desk) {
  try {
    const audit::LogFacts facts = desk.read_log().facts;
    const std::vector<archive::Hold> holds = desk.index().holds(true);
    const std::vector<plan::LostHold> lost = plan::lost_holds(facts, holds, desk.today());
    const std::vector<plan::LostRelease> releases =
        plan::lost_releases(desk.sys(), desk.config().log, facts, holds, desk.today());
    const std::vector<plan::LostKeep> keeps =
        plan::lost_keeps(desk.sys(), desk.config().log, facts, holds, desk.today());
    if (!lost.empty()) {
      message(std::string(plan::kLostHolds) + plan::lost_names(lost) + "; " +
              plan::way_to_mend(lost, desk.config().holds.needs_two));
    }
    if (!releases.empty()) {
      message(plan::lost_text(releases) + ": " + plan::way_to_mend(releases));
    }
    if (!keeps.empty()) message(plan::lost_text(keeps) + ": " + plan::way_to_mend(keeps));
    return !lost.empty() || !releases.empty() || !keeps.empty();
  } catch (const base::Failure&) {
    return false;
  }
}

/// Where the index is older than the log; unset too where this user cannot read that, or it is not
/// to be trusted.
std::optional<LogAhead> log_ahead(const Desk& desk) {
  try {
    LogAhead ahead(desk, desk.read_log().facts);
    if (ahead.knows_more()) return ahead;
  } catch (const base::Failure&) {
  }
  return std::nullopt;
}

}  // namespace

ExitStatus hold_list_command(Invocation call) {
  Options options("hold list [--all] [--json]",
                  "Lists the holds in force, by reference: who placed them and when, how many\n"
                  "recordings they cover now, when they are to be reviewed.\n"
                  "Exit status 1: a review is overdue, or the log knows holds, releases of\n"
                  "holds, or that one was taken back, and the index has lost that.");
  options.flag("all", "the ended ones too").flag("json", "as one JSON object, see expunge(1)");
  if (!options.parse(call)) return ExitStatus::done;
  Desk desk(call, archive::Index::Access::read);
  const std::vector<report::ListedHold> all = list_holds(desk, options.has("all"));
  if (options.has("json")) {
    std::cout << report::hold_json(all, desk.today());
  } else if (all.empty()) {
    std::cout << "No holds.\n";
  } else {
    std::cout << report::hold_table(all, desk.today());
  }
  const bool has_lost = say_lost(desk);
  const auto overdue = std::count_if(all.begin(), all.end(),
                                     [](const report::ListedHold& hold) { return hold.overdue; });
  if (overdue == 0) return has_lost ? ExitStatus::needs_person : ExitStatus::done;
  message(fmt::format(
      "holds whose review is overdue: {}; expunge hold review says until when one is still "
      "needed, expunge hold release ends it",
      base::grouped(static_cast<std::uint64_t>(overdue))));
  return ExitStatus::needs_person;
}

ExitStatus hold_show_command(Invocation call) {
  Options options(
      "hold show REFERENCE [--recordings] [--unmatched]",
      "Shows one hold: who placed, reviewed and released it, when and why, and what it\n"
      "covers now, by department and verdict.");
  options.argument("reference", 1)
      .flag("recordings", "the ids of what it covers too")
      .flag("unmatched", "the ids of what it may mean, and does not cover, too");
  if (!options.parse(call)) return ExitStatus::done;
  const std::string reference = reference_of(options);
  Desk desk(call, archive::Index::Access::read);
  const report::ListedHold shown = listed(desk, require_hold(desk, reference));
  std::cout << report::hold_page(shown, desk.today());
  if (!shown.in_force) return ExitStatus::done;
  const auto ahead = log_ahead(desk);
  std::uint64_t gone = 0;
  std::vector<std::string> lines;
  const plan::EachMatch each = [&](const archive::Recording& recording, plan::Verdict verdict,
                                   plan::Match match) {
    const bool covered = is_covered(match);
    if (covered && ahead && ahead->why_gone(recording.id)) ++gone;
    if (!options.has(covered ? "recordings" : "unmatched")) return;
    lines.push_back(report::match_line(recording, verdict, match));
  };
  const bool looks = options.has("recordings") || options.has("unmatched") || ahead;
  const plan::Coverage coverage = plan::coverage(desk.index(), desk.config().schedule, shown.hold,
                                                 desk.today(), looks ? each : nullptr);
  std::cout << report::coverage_text(coverage, reference,
                                     run::run_is_on(desk.sys(), desk.config().log.directory))
            << report::coverage_table(coverage);
  for (const std::string& line : lines) std::cout << line << "\n";
  if (ahead) say_if_older(*ahead, reference, gone);
  return ExitStatus::done;
}

}  // namespace expunge::cli
