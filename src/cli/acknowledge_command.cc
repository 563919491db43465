#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "audit/tried.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/desk.h"
#include "cli/named_ids.h"
#include "cli/options.h"
#include "plan/plan.h"
#include "run/remember.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;

constexpr std::chrono::days kLongest{90};

/// Whose attention is to be left aside.
struct Wanted {
  std::vector<std::string> ids;  ///< empty: all that have the cause
  bool in_bulk = false;          ///< nobody has typed each
  std::string cause;             ///< empty: whichever it has
  std::string department;        ///< as the schedule names it; empty: every one
  std::optional<std::uint64_t> expected;
};

/// One recording, and what of it is to be left aside.
struct Known {
  std::int64_t key = 0;
  std::string id;  ///< empty in bulk
  std::string_view cause;
};

Wanted read_wanted(const Options& options) {
  Wanted wanted;
  NamedIds named = read_named_ids(options);
  wanted.ids = std::move(named.ids);
  wanted.in_bulk = named.in_bulk;
  if (options.has("cause")) {
    wanted.cause = options.required("cause");
    if (!plan::can_be_acknowledged(wanted.cause)) {
      options.refuse("--cause '" + base::printable(wanted.cause) + "' is none of " +
                     plan::acknowledgeable_causes());
    }
  }
  if (wanted.ids.empty()) {
    if (wanted.cause.empty()) options.refuse("recordings are missing: their ids, or --cause");
    wanted.in_bulk = true;
  }
  if (options.has("department")) wanted.department = options.required("department");
  wanted.expected = read_expected(options);
  return wanted;
}

/// Why one cannot be acknowledged that needs no attention; what runs refuse can be put right.
std::string why_not(const plan::Decision& decision, const archive::Recording& recording) {
  if (decision.tried == nullptr) {
    return fmt::format("it needs no attention (verdict: {})", plan::to_text(decision.verdict));
  }
  return fmt::format("it is {}, and was {}. What helps is not to acknowledge it, but this: {}",
                     plan::to_text(decision.verdict), plan::tried_text(*decision.tried),
                     plan::remedy(decision, recording));
}

/// Those named, all of which must need attention, and for the cause and of the department if these
/// are given.
std::vector<Known> find_named(const archive::Index& index, const plan::Decider& decider,
                              const Wanted& wanted, const audit::TriedRecordings& tried) {
  std::vector<Known> found;
  for (const std::string& id : wanted.ids) {
    const auto refuse = [&](const std::string& why) {
      throw Failure(ExitStatus::usage,
                    "recording " + base::printable(id) + ": " + why + "; nothing was acknowledged");
    };
    const auto recording = index.find(id);
    if (!recording) refuse("the index has no such recording that is not destroyed");
    plan::Decision decision = decider.decide(*recording);
    note_tried(decision, *recording, tried);
    const std::string_view cause = acknowledgeable(decision, *recording);
    if (cause.empty()) refuse(why_not(decision, *recording));
    if (!wanted.cause.empty() && cause != wanted.cause) {
      refuse(fmt::format("it needs attention for another cause, {}", cause));
    }
    if (!wanted.department.empty() && department_of(decision, *recording) != wanted.department) {
      refuse("it is of another department");
    }
    if (!archive::is_id(id)) refuse("such an id may not go into the log");
    found.push_back({recording->key, wanted.in_bulk ? "" : id, cause});
  }
  const auto by_key = [](const Known& a, const Known& b) { return a.key < b.key; };
  std::sort(found.begin(), found.end(), by_key);
  found.erase(std::unique(found.begin(), found.end(),
                          [](const Known& a, const Known& b) { return a.key == b.key; }),
              found.end());
  return found;
}

/// All that have the cause now, but for those left aside for as long or longer already.
std::vector<Known> find_all(const archive::Index& index, const plan::Decider& decider,
                            const Wanted& wanted, base::CivilDate until) {
  std::vector<Known> found;
  index.scan([&](const archive::Recording& recording) {
    const plan::Decision decision = decider.decide(recording);
    const std::string_view cause = acknowledgeable(decision, recording);
    const bool fits =
        cause == wanted.cause &&
        (wanted.department.empty() || department_of(decision, recording) == wanted.department);
    if (fits && (!decision.acknowledged_until || *decision.acknowledged_until < until)) {
      found.push_back({recording.key, "", cause});
    }
    return true;
  });
  return found;
}

using ByCause = std::map<std::string_view, std::uint64_t>;

ByCause count_causes(const std::vector<Known>& found) {
  ByCause counts;
  for (const Known& each : found) ++counts[each.cause];
  return counts;
}

std::string causes_text(const ByCause& counts) {
  std::string text;
  for (const auto& [cause, count] : counts) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", cause, base::grouped(count));
  }
  return text;
}

/// A slip must not leave a million aside that nobody has seen.
void check_expected(const Wanted& wanted, const std::vector<Known>& found) {
  if (found.empty()) {
    throw Failure(ExitStatus::usage,
                  "no recording needs such attention that is not acknowledged for as long already; "
                  "nothing was acknowledged (expunge acknowledge --list)");
  }
  if (wanted.expected == found.size() || (!wanted.in_bulk && !wanted.expected)) return;
  throw Failure(
      ExitStatus::usage,
      fmt::format("recordings that this would acknowledge: {} ({}); nothing was "
                  "acknowledged; if that is meant, say so: --expect {}",
                  base::grouped(found.size()), causes_text(count_causes(found)), found.size()));
}

/// One for each recording that somebody named, else one for each cause.
std::vector<audit::Draft> entries_of(const std::vector<Known>& found, bool in_bulk,
                                     base::CivilDate until, const std::string& user) {
  std::vector<audit::Draft> drafts;
  if (in_bulk) {
    for (const auto& [cause, count] : count_causes(found)) {
      drafts.push_back(audit::to_draft(audit::Acknowledge{count, std::string(cause), until, user}));
    }
    return drafts;
  }
  for (const Known& each : found) {
    drafts.push_back(
        audit::to_draft(audit::Acknowledge{1, std::string(each.cause), until, user, each.id}));
  }
  return drafts;
}

/// Refuses a day on which it would be over before the next run, or that is too far ahead.
base::CivilDate read_until(const Options& options, const Desk& desk) {
  const auto until = options.date("until");
  if (!until) options.refuse("until is missing");
  const base::CivilDate next_run = desk.plan_day(std::nullopt);
  const base::CivilDate longest = std::chrono::sys_days{desk.today()} + kLongest;
  if (*until < next_run) {
    options.refuse("--until lies before the day of the next run, " + base::to_text(next_run));
  }
  if (*until > longest) {
    options.refuse(fmt::format("--until may lie at most {} days ahead: {}", kLongest.count(),
                               base::to_text(longest)));
  }
  return *until;
}

ExitStatus acknowledge(const Invocation& call, const Options& options) {
  Wanted wanted = read_wanted(options);
  const std::string reason = options.required("reason");
  Desk desk(call, archive::Index::Access::write);
  const policy::RetentionSchedule& schedule = desk.config().schedule;
  const base::CivilDate until = read_until(options, desk);
  wanted.department = std::string(schedule.name_of(wanted.department));
  const base::Time now = desk.now();
  const std::string user = login_name();
  audit::LogWriter log = desk.log_writer();
  const auto tried = audit::all_tried(desk.sys(), desk.config().log, log.facts());
  std::vector<Known> found;
  {
    // From here to commit nobody else changes the index: what was counted is what is left aside.
    archive::Index::Writing writing(desk.index());
    writing.end_acknowledgements(desk.today());
    const base::CivilDate day = desk.plan_day(std::nullopt);
    const plan::HoldMatcher holds = desk.hold_matcher(day);
    const plan::Decider decider(schedule, holds, day, plan::acknowledgements(desk.index()));
    found = wanted.ids.empty() ? find_all(desk.index(), decider, wanted, until)
                               : find_named(desk.index(), decider, wanted, tried);
    check_expected(wanted, found);
    // Log first: a crash here leaves attention that is logged as known, and still asks for a
    // person.
    log.append(entries_of(found, wanted.in_bulk, until, user), now);
    for (const Known& each : found) {
      writing.acknowledge({each.key, "", std::string(each.cause), until, reason, user, now});
    }
    run::remember(writing, log);
    writing.commit();
  }
  if (!call.global.quiet) {
    std::cout << fmt::format(
        "Acknowledged until {}: {} ({}). They still need attention; an exit "
        "status of 1 is not for them until then.\n",
        base::to_text(until), base::grouped(found.size()), causes_text(count_causes(found)));
  }
  return desk.anchored(ExitStatus::done);
}

ExitStatus withdraw(const Invocation& call, const Options& options) {
  std::vector<std::string> ids = options.list("id");
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (ids.empty()) options.refuse("recordings are missing: their ids");
  Desk desk(call, archive::Index::Access::write);
  const base::Time now = desk.now();
  const std::string user = login_name();
  audit::LogWriter log = desk.log_writer();
  {
    archive::Index::Writing writing(desk.index());
    std::vector<audit::Draft> drafts;
    std::vector<std::int64_t> keys;
    for (const std::string& id : ids) {
      const auto recording = desk.index().find(id);
      const auto known = recording ? desk.index().acknowledgement(recording->key) : std::nullopt;
      if (!known) {
        throw Failure(ExitStatus::usage, "recording " + base::printable(id) +
                                             ": nothing of it is acknowledged; nothing was "
                                             "withdrawn");
      }
      if (!archive::is_id(id)) {
        throw Failure(ExitStatus::usage,
                      "recording " + base::printable(id) +
                          ": such an id may not go into the log; what is acknowledged of it ends "
                          "by itself after " +
                          base::to_text(known->until));
      }
      drafts.push_back(audit::to_draft(audit::Withdraw{id, known->cause, user}));
      keys.push_back(known->recording_key);
    }
    // Log first, as for all that a person says: a crash here leaves it to be withdrawn again.
    log.append(drafts, now);
    for (const std::int64_t key : keys) writing.withdraw_acknowledgement(key);
    run::remember(writing, log);
    writing.commit();
  }
  if (!call.global.quiet) {
    std::cout << fmt::format("Withdrawn: {}. They are attention as any other again.\n",
                             base::grouped(ids.size()));
  }
  return desk.anchored(ExitStatus::done);
}

ExitStatus list(const Invocation& call) {
  Desk desk(call, archive::Index::Access::read);
  const base::CivilDate day = desk.plan_day(std::nullopt);
  const plan::HoldMatcher holds = desk.hold_matcher(day);
  const plan::Decider decider(desk.config().schedule, holds, day);
  bool any = false;
  desk.index().for_each_acknowledgement([&](const archive::Acknowledgement& known) {
    any = true;
    const auto recording = desk.index().find(known.recording_key);
    std::string now;
    if (known.until < day) {
      now = "; over";
    } else if (recording) {
      const plan::Decision decision = decider.decide(*recording);
      if (acknowledgeable(decision, *recording) != known.cause) {
        now = fmt::format("; now {}", plan::to_text(decision.cause));
      }
    }
    std::cout << fmt::format(
        "{}  until {}  {}{}  by {} on {}: {}\n", base::printable(known.recording),
        base::to_text(known.until), base::printable(known.cause), now, base::printable(known.user),
        base::to_text(known.acknowledged_at).substr(0, 10), base::printable(known.reason));
  });
  if (!any && !call.global.quiet) std::cout << "Nothing is acknowledged.\n";
  return ExitStatus::done;
}

}  // namespace

ExitStatus acknowledge_command(Invocation call) {
  Options options(
      "acknowledge ID… --until DATE --reason TEXT\n"
      "       expunge acknowledge --cause CAUSE [--department NAME] --expect N --until DATE "
      "--reason TEXT\n"
      "       expunge acknowledge --list | --withdraw ID…",
      "Says that what needs attention is known, and need not be told again until a day: it\n"
      "stays attention and is never destroyed, but exit status 1 is not for it. Another cause\n"
      "on the same recording is new. - reads ids from standard input, one a line.");
  options.argument("id", -1)
      .value("until", "the last day, as 2026-12-31; at most 90 days ahead")
      .value("reason", "why; stays in the index, and is erased with the acknowledgement")
      .value("cause", "all that need attention for this cause now, as expunge plan names it")
      .value("department", "with --cause: of this department alone")
      .value("expect", "how many it must be; needed with --cause and with -")
      .flag("list", "what is acknowledged now")
      .flag("withdraw", "what these recordings have is attention as any other again");
  if (!options.parse(call)) return ExitStatus::done;
  if (options.has("list") && options.has("withdraw")) {
    options.refuse("--list and --withdraw exclude each other");
  }
  if (options.has("list") || options.has("withdraw")) {
    for (const char* other : {"until", "reason", "cause", "department", "expect"}) {
      if (options.has(other)) options.refuse(fmt::format("--{} says nothing here", other));
    }
  }
  if (options.has("list")) {
    if (options.has("id")) options.refuse("--list takes no ids");
    return list(call);
  }
  if (options.has("withdraw")) return withdraw(call, options);
  return acknowledge(call, options);
}

}  // namespace expunge::cli
