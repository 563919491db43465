#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "cli/desk.h"
#include "cli/options.h"
#include "plan/coverage.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;

constexpr std::array<std::string_view, 8> kKinds = {
    "sar", "foi", "eir", "complaint", "litigation", "police", "restriction", "other"};

bool is_reference(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '/' || c == '.';
  });
}

std::string reference_of(const Options& options) {
  std::string reference = options.required("reference");
  if (!is_reference(reference)) {
    options.refuse("the reference '" + base::printable(reference) +
                   "' may hold letters, digits, '-', '/' and '.', and at most 64 of them");
  }
  return reference;
}

/// One scope for each recording named, or one for all; each bounded by all the rest.
std::vector<archive::HoldScope> scopes_of(const Options& options) {
  archive::HoldScope common;
  if (options.has("subject")) {
    common.subject_key = archive::subject_key(options.required("subject"));
    if (common.subject_key.empty()) options.refuse("--subject holds no letter and no digit");
  }
  common.department = options.text("department");
  common.from = options.date("from");
  common.to = options.date("to");
  if (common.from && common.to && *common.to < *common.from) {
    options.refuse("--to lies before --from");
  }
  std::vector<archive::HoldScope> scopes;
  for (const std::string& id : options.list("recording")) {
    scopes.push_back(common);
    scopes.back().recording_id = id;
  }
  if (scopes.empty()) scopes.push_back(common);
  if (scopes.front() == archive::HoldScope{}) {
    options.refuse("what it covers is missing: --recording, --subject, --department, --from, --to");
  }
  return scopes;
}

std::string coverage_text(const plan::Coverage& coverage) {
  std::string text = fmt::format("Recordings covered now: {}", base::grouped(coverage.covered));
  if (coverage.covered_due > 0) {
    text += fmt::format("; past their period: {}", base::grouped(coverage.covered_due));
  }
  text += ". What is imported later and matches is covered too.\n";
  if (coverage.begun > 0) {
    text +=
        fmt::format("Of these, begun on by a run before this: {}; what is overwritten is lost.\n",
                    base::grouped(coverage.begun));
  }
  if (coverage.destroyed > 0) {
    text += fmt::format("Matching and destroyed already: {}{}.\n",
                        coverage.destroyed_is_bound ? "at most " : "",
                        base::grouped(coverage.destroyed));
  }
  if (coverage.without_subject > 0) {
    text += fmt::format("Without a subject to match: {}; look at them by other means.\n",
                        base::grouped(coverage.without_subject));
  }
  return text;
}

plan::Coverage measure(Desk& desk, const archive::Hold& hold) {
  const base::CivilDate today = desk.config().schedule.time_zone.civil_date(
      std::chrono::floor<std::chrono::seconds>(desk.now()));
  return plan::coverage(desk.index(), desk.config().schedule, hold, today);
}

audit::Draft entry_of(const archive::Hold& hold, audit::HoldChange::Kind change,
                      const std::string& user) {
  return audit::to_draft(audit::HoldChange{change, hold.reference, hold.kind, user});
}

/// What a crash between index and log leaves.
bool in_force_but_not_logged(Desk& desk, const audit::LogWriter& log,
                             const std::string& reference) {
  const auto holds = desk.index().holds(false);
  return std::any_of(holds.begin(), holds.end(),
                     [&](const auto& hold) { return hold.reference == reference; }) &&
         log.facts().open_holds.count(reference) == 0;
}

ExitStatus place(Invocation call) {
  Options options(
      "hold place REFERENCE --kind KIND --reason TEXT SCOPE…",
      "Orders to keep recordings, from the moment it returns, also while a run is on. "
      "Scopes\nmay be combined: then all must fit. Exit status 1: it covers nothing yet.");
  options.argument("reference", 1)
      .value("kind", "sar, foi, eir, complaint, litigation, police, restriction or other")
      .value("reason", "why; stays in the index")
      .words("recording", "these recordings, by id, and the other segments of their calls")
      .value("subject", "a caller's number or a customer reference, in any writing")
      .value("department", "of this department")
      .value("from", "recorded on this day or later")
      .value("to", "recorded on this day or earlier");
  if (!options.parse(call)) return ExitStatus::done;
  archive::Hold hold;
  hold.reference = reference_of(options);
  hold.kind = options.required("kind");
  if (std::find(kKinds.begin(), kKinds.end(), hold.kind) == kKinds.end()) {
    options.refuse("--kind '" + base::printable(hold.kind) +
                   "' is none of sar, foi, eir, complaint, litigation, police, restriction, other");
  }
  hold.reason = options.required("reason");
  hold.scopes = scopes_of(options);
  hold.user = login_name();
  Desk desk(call, archive::Index::Access::write);
  if (!hold.scopes.front().department.empty() &&
      desk.config().schedule.find(hold.scopes.front().department) == nullptr) {
    message("note: the retention schedule names no department '" +
            base::printable(hold.scopes.front().department) + "'");
  }
  hold.placed_at = desk.now();
  // Before the hold is in force, so that a failure here leaves nothing half done. A log that does
  // not verify stops every run anyway.
  audit::LogWriter log = desk.log_writer();
  if (in_force_but_not_logged(desk, log, hold.reference)) {
    message(
        "hold " + hold.reference +
        " is in force already, and an interruption kept it from the log; logged now, and nothing "
        "else changed: expunge hold show says what it covers");
    desk.append(log, entry_of(hold, audit::HoldChange::Kind::place, hold.user));
    return ExitStatus::needs_person;
  }
  {
    // Index first: from its commit on no batch that has not begun touches what it covers. A crash
    // before the log has it leaves a hold that is in force and not logged.
    archive::Index::Writing writing(desk.index());
    writing.place_hold(hold);
    writing.commit();
  }
  desk.append(log, entry_of(hold, audit::HoldChange::Kind::place, hold.user));
  const plan::Coverage coverage = measure(desk, hold);
  if (!call.global.quiet) {
    std::cout << fmt::format("Hold {} is in force.\n", hold.reference) << coverage_text(coverage);
  }
  if (coverage.covered > 0) return ExitStatus::done;
  message("hold " + hold.reference + " covers nothing that is there now");
  return ExitStatus::needs_person;
}

archive::Hold find_hold(Desk& desk, const std::string& reference) {
  for (archive::Hold& hold : desk.index().holds(true)) {
    if (hold.reference == reference) return std::move(hold);
  }
  throw Failure(ExitStatus::usage,
                "there is no hold " + reference + "; expunge hold list names them");
}

ExitStatus release(Invocation call) {
  Options options("hold release REFERENCE --reason TEXT",
                  "Ends a hold. What it alone kept, and is due, goes with the next run.");
  options.argument("reference", 1).value("reason", "why; stays in the index");
  if (!options.parse(call)) return ExitStatus::done;
  const std::string reference = reference_of(options);
  const std::string reason = options.required("reason");
  Desk desk(call, archive::Index::Access::write);
  const std::string user = login_name();
  audit::LogWriter log = desk.log_writer();
  const auto& open = log.facts().open_holds;
  archive::Hold hold;
  hold.reference = reference;
  // A hold that only the log knows (a restored backup of the index) can be released too.
  const auto holds = desk.index().holds(true);
  const auto found = std::find_if(holds.begin(), holds.end(),
                                  [&](const auto& each) { return each.reference == reference; });
  if (found == holds.end() && open.count(reference) == 0) find_hold(desk, reference);
  if (found != holds.end() && found->released_at && open.count(reference) == 0) {
    throw Failure(ExitStatus::usage, "hold " + reference + " is released already");
  }
  hold.kind = found != holds.end() ? found->kind : open.at(reference);
  // Log first: a crash before the index has it leaves the hold in force.
  desk.append(log, entry_of(hold, audit::HoldChange::Kind::release, user));
  if (found != holds.end() && !found->released_at) {
    archive::Index::Writing writing(desk.index());
    writing.release_hold(reference, reason, user, desk.now());
    writing.commit();
  }
  if (!call.global.quiet) std::cout << fmt::format("Hold {} is released.\n", reference);
  return ExitStatus::done;
}

ExitStatus list(Invocation call) {
  Options options("hold list [--all]", "Lists the holds in force, by reference.");
  options.flag("all", "the released ones too");
  if (!options.parse(call)) return ExitStatus::done;
  Desk desk(call, archive::Index::Access::read);
  for (const archive::Hold& hold : desk.index().holds(options.has("all"))) {
    std::cout << fmt::format(
        "{:24}  {:11}  placed {}  {}\n", base::printable(hold.reference),
        base::printable(hold.kind), base::to_text(hold.placed_at).substr(0, 10),
        hold.released_at ? "released " + base::to_text(*hold.released_at).substr(0, 10)
                         : "in force");
  }
  return ExitStatus::done;
}

std::string scope_text(const archive::HoldScope& scope) {
  std::string text;
  const auto add = [&text](const char* what, const std::string& value) {
    if (!value.empty()) text += (text.empty() ? "" : ", ") + fmt::format("{} {}", what, value);
  };
  add("recording", base::printable(scope.recording_id));
  add("subject", base::printable(scope.subject_key));
  add("department", base::printable(scope.department));
  if (scope.from) add("from", base::to_text(*scope.from));
  if (scope.to) add("to", base::to_text(*scope.to));
  return text;
}

ExitStatus show(Invocation call) {
  Options options("hold show REFERENCE", "Shows one hold: what it covers, why, since when.");
  options.argument("reference", 1);
  if (!options.parse(call)) return ExitStatus::done;
  const std::string reference = reference_of(options);
  Desk desk(call, archive::Index::Access::read);
  const archive::Hold hold = find_hold(desk, reference);
  std::cout << fmt::format("Hold {} ({})\n  placed   {} by {}: {}\n", hold.reference,
                           base::printable(hold.kind), base::to_text(hold.placed_at),
                           base::printable(hold.user), base::printable(hold.reason));
  if (hold.released_at) {
    std::cout << fmt::format("  released {} by {}: {}\n", base::to_text(*hold.released_at),
                             base::printable(hold.release_user),
                             base::printable(hold.release_reason));
  }
  for (const archive::HoldScope& scope : hold.scopes) {
    const std::string text = scope_text(scope);
    std::cout << "  covers   " << (text.empty() ? "(erased with the release)" : text) << "\n";
  }
  if (!hold.released_at) std::cout << coverage_text(measure(desk, hold));
  return ExitStatus::done;
}

}  // namespace

ExitStatus hold_command(Invocation call) {
  static const std::vector<Command> kCommands = {
      {"place", "order to keep recordings", place},
      {"release", "end a hold", release},
      {"list", "the holds in force", list},
      {"show", "one hold, and what it covers", show},
  };
  return dispatch(kCommands, std::move(call));
}

}  // namespace expunge::cli
