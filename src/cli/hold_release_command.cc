#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "audit/tried.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/hold_commands.h"
#include "plan/brakes.h"

namespace expunge::cli {
namespace {

using audit::HoldChange;
using base::ExitStatus;
using base::Failure;
using std::chrono::days;
using std::chrono::sys_days;

/// The first day without the hold, when its release counts from now on: the day of the release is
/// not counted. By the log's clock where that is ahead: by one that is behind, the release would
/// take effect on the day on which the clock is put right.
base::CivilDate effective_day(const Desk& desk, const audit::LogFacts& facts) {
  base::Time from = desk.now();
  if (facts.last_entry) from = std::max(from, *facts.last_entry);
  if (facts.newest_run_start) from = std::max(from, facts.newest_run_start->time);
  const base::CivilDate day =
      desk.config().schedule.time_zone.civil_date(std::chrono::floor<std::chrono::seconds>(from));
  const days delay = desk.config().holds.release_delay;
  return delay == days{0} ? day : base::CivilDate{sys_days{day} + delay + days{1}};
}

std::string when_text(const std::string& reference, base::CivilDate effective,
                      base::CivilDate today) {
  if (effective <= today) return fmt::format("Hold {} is released.\n", reference);
  return fmt::format(
      "Hold {0} is released. It is in force through {1}; through that day expunge hold keep {0} "
      "takes this back.\n",
      reference, base::to_text(report::last_day_of_hold(effective)));
}

/// What goes once it has ended: said while that can be taken back.
std::string what_goes(const Desk& desk, const archive::Hold& hold, const audit::LogFacts& facts) {
  const auto tried = audit::all_tried(desk.sys(), desk.config().log, facts);
  std::uint64_t without_file = 0, refused = 0;
  const plan::Coverage coverage = plan::coverage(
      desk.index(), desk.config().schedule, hold, desk.today(),
      [&](const archive::Recording& recording, plan::Verdict verdict, plan::Match match) {
        if (!is_covered(match) || verdict != plan::Verdict::held) return;
        if (recording.missing_seq) {
          ++without_file;
        } else if (tried.contains(recording.id)) {
          ++refused;
        }
      });
  std::string perhaps =
      coverage.call_in_doubt_due == 0
          ? ""
          : fmt::format(
                "Past their period too, or ordered, and kept because they may be segments of a "
                "call that it means: {}; its end lets these go, settled or not, unless another "
                "hold covers them or may mean them.\n",
                base::grouped(coverage.call_in_doubt_due));
  if (coverage.covered_due + coverage.ordered == 0) return perhaps;
  std::string text =
      fmt::format("Of what it covers, past their period today: {}; ordered to be destroyed: {}. ",
                  base::grouped(coverage.covered_due), base::grouped(coverage.ordered));
  if (without_file > 0) {
    text += fmt::format("Of these, with a file missing when a run last looked for it: {}. ",
                        base::grouped(without_file));
  }
  if (refused > 0) {
    text +=
        fmt::format("Of these, tried by runs and not destroyed: {}; expunge explain ID says why. ",
                    base::grouped(refused));
  }
  return text + fmt::format(
                    "The first run after its end destroys what it can of these{}, unless another "
                    "hold covers them or may mean them.\n{}",
                    !needs_approval(desk.config(), false) ? ""
                    : needs_approval(desk.config(), true) || coverage.ordered == 0
                        ? " that stands in an approved plan"
                        : " that was ordered or stands in an approved plan",
                    perhaps);
}

[[noreturn]] void refuse(const std::string& reference, const std::string& why) {
  throw Failure(ExitStatus::usage, "hold " + reference + ": " + why);
}

/// Refuses to release what is released already, but for one whose release the log does not know.
void require_unreleased(const Desk& desk, const archive::Hold& hold, const audit::LogFacts& facts) {
  if (!hold.released_at) return;
  if (hold.awaits_confirmation()) {
    refuse(hold.reference,
           fmt::format("{} asked for its release already; another login confirms it (expunge hold "
                       "release {} --confirm), or takes it back (expunge hold keep)",
                       base::printable(hold.release_user), hold.reference));
  }
  const bool logged =
      facts.open_holds.count(hold.reference) == 0 || facts.ending_holds.count(hold.reference) != 0;
  if (logged) {
    throw Failure(ExitStatus::usage, "hold " + hold.reference + " is released already: " +
                                         report::hold_state(hold, desk.today()));
  }
}

/// Why the release needs somebody who can be told from others.
std::string two_persons(const std::string& reference) {
  return "hold " + reference + ": its release takes two persons";
}

/// What nobody asked for, or one person has done already.
[[noreturn]] void refuse_confirming(const Desk& desk, const archive::Hold& hold) {
  const std::string& reference = hold.reference;
  if (hold.released_at) {
    refuse(reference, "it is released already, and nothing is left to confirm: " +
                          report::hold_state(hold, desk.today()));
  }
  refuse(reference,
         fmt::format("no release of it awaits confirmation; {}: expunge hold release {} --reason "
                     "TEXT",
                     desk.config().holds.needs_two
                         ? "one person asks for it first, and another then confirms it"
                         : "one person is enough here (holds.release is one-person), and none "
                           "confirms it",
                     reference));
}

/// Log first: a crash before the index has it leaves the hold in force there, and the same command
/// finishes it.
ExitStatus confirm(const Invocation& call, const std::string& reference) {
  Desk desk(call, archive::Index::Access::write);
  if (const auto known = find_hold(desk, reference); known && !known->awaits_confirmation()) {
    refuse_confirming(desk, *known);
  }
  const std::string user = require_personal_login(two_persons(reference));
  audit::LogWriter log = desk.log_writer();
  const archive::Hold hold = require_hold(desk, reference);
  if (!hold.awaits_confirmation()) refuse_confirming(desk, hold);
  if (hold.release_user == user) {
    refuse(reference,
           base::printable(user) + " asked for its release, and another login must confirm it");
  }
  const base::CivilDate effective = effective_day(desk, log.facts());
  const std::string goes = call.global.quiet ? "" : what_goes(desk, hold, log.facts());
  const base::Time at = desk.now();
  desk.append(log, audit::to_draft(HoldChange{HoldChange::Kind::confirm, reference, hold.kind, user,
                                              effective}));
  archive::Index::Writing writing(desk.index());
  writing.confirm_release(reference, user, at, effective);
  if (desk.config().holds.release_delay == days{0})
    writing.erase_ended_holds(desk.today(), reference);
  writing.commit();
  if (!call.global.quiet) std::cout << when_text(reference, effective, desk.today()) << goes;
  return desk.anchored(ExitStatus::done);
}

std::string asked_text(const Desk& desk, const HoldChange& change, bool is_in_index) {
  if (change.unconfirmed) {
    return fmt::format(
        "The release of hold {0} is asked for. It is in force until another login confirms that: "
        "expunge hold release {0} --confirm\n",
        change.reference);
  }
  std::string text = when_text(change.reference, *change.effective, desk.today());
  if (is_in_index || *change.effective <= desk.today()) return text;
  return text +
         "The index does not know what it covers: no run goes on as long as it is in force.\n";
}

/// Of a hold that the log knows and the index has lost. Refuses what is released already: each
/// release would start the delay anew.
void require_unreleased(const Desk& desk, const plan::LostHold& hold) {
  if (!hold.ends_on) return;
  const std::string already = "hold " + hold.reference + " is released already: ";
  const std::string day = base::to_text(report::last_day_of_hold(*hold.ends_on));
  if (*hold.ends_on <= desk.today()) {
    throw Failure(ExitStatus::usage, already + "it was in force through " + day);
  }
  throw Failure(
      ExitStatus::usage,
      fmt::format("{}released, in force through {}; the index has lost it, so that no run goes on "
                  "through that day; after it they do by themselves, or sooner if it is placed "
                  "again (expunge hold place {} --kind {} --reason TEXT SCOPE), which takes the "
                  "release back",
                  already, day, hold.reference, base::printable(hold.kind)));
}

/// Of a hold that is not in the index. Nullopt: the log has it neither.
std::optional<plan::LostHold> known_by_log(const audit::LogFacts& facts,
                                           const std::string& reference) {
  const auto logged = facts.open_holds.find(reference);
  if (logged == facts.open_holds.end()) return std::nullopt;
  plan::LostHold lost{reference, logged->second};
  const auto ending = facts.ending_holds.find(reference);
  if (ending != facts.ending_holds.end()) lost.ends_on = ending->second;
  return lost;
}

/// As confirm().
ExitStatus ask(const Invocation& call, const std::string& reference, const std::string& reason) {
  Desk desk(call, archive::Index::Access::write);
  audit::LogWriter log = desk.log_writer();
  const auto hold = find_hold(desk, reference);
  HoldChange change{HoldChange::Kind::release, reference, "", ""};
  change.unconfirmed = desk.config().holds.needs_two;
  change.user = change.unconfirmed ? require_personal_login(two_persons(reference)) : login_name();
  if (hold) {
    require_unreleased(desk, *hold, log.facts());
    change.kind = hold->kind;
  } else if (const auto lost = known_by_log(log.facts(), reference); !lost) {
    static_cast<void>(require_hold(desk, reference));
  } else {  // of an index that is a restored backup
    require_unreleased(desk, *lost);
    if (change.unconfirmed) {
      refuse(reference,
             "the index has lost it, so that nobody could say who asked for its release: place it "
             "again first (expunge hold place)");
    }
    change.kind = lost->kind;
  }
  if (!change.unconfirmed) change.effective = effective_day(desk, log.facts());
  // Before it ends: what it covers is erased then.
  const std::string goes = hold && !call.global.quiet ? what_goes(desk, *hold, log.facts()) : "";
  const base::Time at = desk.now();  // never after the time of its entry
  desk.append(log, audit::to_draft(change));
  if (hold && !hold->released_at) {
    archive::Index::Writing writing(desk.index());
    writing.release_hold(reference, {reason, change.user, at, change.effective});
    if (change.effective && desk.config().holds.release_delay == days{0}) {
      writing.erase_ended_holds(desk.today(), reference);
    }
    writing.commit();
  }
  if (!call.global.quiet) std::cout << asked_text(desk, change, hold.has_value()) << goes;
  return desk.anchored(ExitStatus::done);
}

/// Of a hold that only the log knows. Until it is in the index again it stops runs.
ExitStatus keep_lost(const Invocation& call, Desk& desk, audit::LogWriter& log,
                     const std::string& reference) {
  auto lost = known_by_log(log.facts(), reference);
  if (!lost) static_cast<void>(require_hold(desk, reference));
  const auto no_run = [&] {
    return "the index has lost it, and does not know what it covers: no run goes on until a "
           "person has seen to that: " +
           plan::way_to_mend({*lost}, desk.config().holds.needs_two);
  };
  if (log.facts().ending_holds.count(reference) == 0) {
    refuse(reference, "it is not released; " + no_run());
  }
  desk.append(log, audit::to_draft(
                       HoldChange{HoldChange::Kind::keep, reference, lost->kind, login_name()}));
  lost->ends_on.reset();
  if (!call.global.quiet) std::cout << fmt::format("Hold {} stays in force.\n", reference);
  message("hold " + reference + ": " + no_run());
  return desk.anchored(ExitStatus::needs_person);
}

}  // namespace

ExitStatus hold_release_command(Invocation call) {
  Options options("hold release REFERENCE --reason TEXT | --confirm",
                  "Asks for the end of a hold. It stays in force for as long as the configuration\n"
                  "says (release-delay, 7 days), and where that asks for two persons, until\n"
                  "another login has confirmed it. What it alone kept, and is due, goes then.");
  options.argument("reference", 1)
      .value("reason", "why; stays in the index until the hold has ended")
      .flag("confirm", "confirm what another login asked for");
  if (!options.parse(call)) return ExitStatus::done;
  const std::string reference = reference_of(options);
  if (options.has("confirm")) {
    if (options.has("reason")) options.refuse("--confirm takes no --reason: it has one already");
    return confirm(call, reference);
  }
  return ask(call, reference, options.required("reason"));
}

ExitStatus hold_keep_command(Invocation call) {
  Options options("hold keep REFERENCE",
                  "Takes a release back that has not taken effect: the hold stays in force.");
  options.argument("reference", 1);
  if (!options.parse(call)) return ExitStatus::done;
  const std::string reference = reference_of(options);
  Desk desk(call, archive::Index::Access::write);
  audit::LogWriter log = desk.log_writer();
  const auto hold = find_hold(desk, reference);
  if (!hold) return keep_lost(call, desk, log, reference);
  const audit::LogFacts& facts = log.facts();
  if (hold->released_at) {
    // Index first: a crash before the log has it leaves a hold that is in force, and the same
    // command logs it.
    archive::Index::Writing writing(desk.index());
    writing.keep_hold(reference);
    writing.commit();
  } else if (facts.open_holds.count(reference) != 0 && facts.ending_holds.count(reference) == 0) {
    refuse(reference, "it is not released");
  }
  desk.append(log, audit::to_draft(
                       HoldChange{HoldChange::Kind::keep, reference, hold->kind, login_name()}));
  if (!call.global.quiet) std::cout << fmt::format("Hold {} stays in force.\n", reference);
  return desk.anchored(ExitStatus::done);
}

}  // namespace expunge::cli
