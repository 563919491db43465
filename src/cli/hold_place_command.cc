#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "audit/line.h"
#include "audit/members.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/departments.h"
#include "cli/hold_commands.h"
#include "policy/hold_kind.h"
#include "run/check.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;

std::string key_of(const Options& options, const char* name) {
  if (!options.has(name)) return "";
  std::string key = archive::subject_key(options.required(name));
  if (key.empty()) options.refuse("--" + std::string(name) + " holds no letter and no digit");
  return key;
}

/// One scope for each recording named, or one for all; each bounded by all the rest.
std::vector<archive::HoldScope> scopes_of(const Options& options) {
  archive::HoldScope common;
  common.subject_key = key_of(options, "subject");
  common.agent_key = key_of(options, "agent");
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
  const bool is_bounded = scopes.front() != archive::HoldScope{};
  if (options.has("everything")) {
    if (is_bounded) options.refuse("--everything stands alone: it covers all that there is");
    scopes.front().everything = true;
  } else if (!is_bounded) {
    options.refuse(
        "what it covers is missing: --recording, --subject, --agent, --department, --from, --to, "
        "or --everything");
  }
  return scopes;
}

/// The day that was asked for; else by the kind, from the answer where it has one, and from today.
base::CivilDate review_of(const Options& options, const policy::HoldKind& kind,
                          base::CivilDate today) {
  const auto review = options.date("review");
  const auto responded = options.date("responded");
  if (review && responded) options.refuse("--review and --responded exclude each other");
  if (responded && !kind.after_response) {
    options.refuse("--responded is for the kinds foi and eir");
  }
  if (responded && *responded > today) options.refuse("--responded lies in the future");
  if (review && *review < today) options.refuse("--review lies in the past");
  if (review) return *review;
  if (responded) return policy::last_day_kept(*responded, *kind.after_response);
  return policy::usual_review(kind.name, today);
}

audit::Draft entry_of(const archive::Hold& hold, const std::string& user) {
  return audit::to_draft(
      audit::HoldChange{audit::HoldChange::Kind::place, hold.reference, hold.kind, user});
}

/// A slip of the pen would cover nothing, for as long as nobody looks: refuses a department of
/// which neither the schedule nor any recording in the index is. Throws Failure(usage) then.
void refuse_unheard_of(const Options& options, const Desk& desk, const std::string& department) {
  const policy::RetentionSchedule& schedule = desk.config().schedule;
  if (department.empty() || schedule.find(department) != nullptr) return;
  const InIndex in_index = look_for_department(desk.index(), schedule, department);
  if (in_index.found) {
    return message("note: the retention schedule names no department '" +
                   base::printable(department) + "', but recordings do");
  }
  options.refuse(
      "--department: neither the retention schedule nor any recording has a department '" +
      base::printable(department) +
      "', and no hold was placed; there are: " + departments_text(schedule, in_index.others) +
      "; one of which recordings are yet to come goes into the schedule first");
}

/// By every name that the department has now: one of them may go out of the configuration, or
/// become a department of its own, and the hold then still covers what it covered.
std::vector<archive::HoldScope> by_every_name(const std::vector<archive::HoldScope>& scopes,
                                              const policy::RetentionSchedule& schedule) {
  std::vector<archive::HoldScope> all;
  for (archive::HoldScope scope : scopes) {
    for (const std::string& name : schedule.names_of(scope.department)) {
      scope.department = name;
      all.push_back(scope);
    }
  }
  return all;
}

/// What a crash between index and log leaves.
bool in_force_but_not_logged(const Desk& desk, const audit::LogWriter& log,
                             const std::string& reference) {
  const auto hold = find_hold(desk, reference);
  return hold && !hold->released_at && log.facts().open_holds.count(reference) == 0;
}

/// What the log says of a hold that is placed again.
struct PlacedBefore {
  base::Time at;
  std::string user;
  bool by_opening = false;  ///< when the log was opened in the place of another, which had it
};

/// By the first entry that placed it since it was last out of force: it may have been placed again
/// before. Requires that the log has it in force.
PlacedBefore placed_by_log(const Desk& desk, const std::string& reference) {
  std::optional<PlacedBefore> placed;
  std::optional<base::Time> opened_at;
  const bool has_predecessor = desk.read_log().predecessor.has_value();
  audit::LogFacts so_far;
  audit::for_each_entry(desk.sys(), desk.config().log, 0, [&](const audit::EntryView& entry) {
    const bool is_of_it =
        entry.type.starts_with("hold.") && audit::text_of(entry, "reference") == reference;
    if (!is_of_it && entry.type != "run.start" && entry.seq != 0) return true;
    const base::Time time = base::parse_log_time(entry.time).value();
    const base::CivilDate day =
        desk.config().schedule.time_zone.civil_date(std::chrono::floor<std::chrono::seconds>(time));
    const bool places = entry.type == "hold.place" && !so_far.is_in_force(reference, day);
    // An interruption may have kept from the log that it was placed.
    if (entry.seq == 0) opened_at = time;
    if (is_of_it && (places || !placed)) {
      placed = {time, audit::text_of(entry, "user"), has_predecessor && time == opened_at};
    }
    audit::fold(so_far, audit::take_apart(entry.line).parts.value());
    return true;
  });
  return placed.value();
}

/// Unset, unless the log has it in force and the index has lost it; says what then nobody can look
/// after but who places it. Throws Failure(usage) where the kind is another than the log's.
std::optional<PlacedBefore> placed_before(const Desk& desk, const audit::LogWriter& log,
                                          const archive::Hold& hold) {
  const audit::LogFacts& facts = log.facts();
  if (!facts.is_in_force(hold.reference, desk.today()) || find_hold(desk, hold.reference)) {
    return std::nullopt;
  }
  const std::string& kind = facts.open_holds.at(hold.reference);
  if (kind != hold.kind) {
    throw Failure(
        ExitStatus::usage,
        fmt::format("hold {0}: the log knows it as in force and of the kind {1}, and not "
                    "{2}: place it again with --kind {1}, or choose another reference for "
                    "another hold; nothing was placed",
                    hold.reference, base::printable(kind), hold.kind));
  }
  PlacedBefore before = placed_by_log(desk, hold.reference);
  message(fmt::format(
      "the log knows hold {0} from {1}, and the index had lost it: it is placed "
      "again{2}, and nobody can tell from the log what it covered, nor when it was to be "
      "reviewed: see that it now covers what it did (expunge hold show {0}), and say "
      "the day again if it was another (expunge hold review {0})",
      hold.reference, base::to_text(before.at).substr(0, 10),
      before.by_opening ? " (on that day this log was opened in the place of another, "
                          "which alone has the day on which it was placed: letters "
                          "name this one)"
                        : ""));
  return before;
}

/// From its return on no batch that has not begun touches what it covers. A crash before the log
/// has it leaves a hold that is in force and not logged.
void put_in_force(Desk& desk, const archive::Hold& hold) {
  archive::Index::Writing writing(desk.index());
  writing.place_hold(hold);
  writing.commit();
}

archive::Hold hold_of(const Options& options) {
  archive::Hold hold;
  hold.reference = reference_of(options);
  hold.kind = options.required("kind");
  if (policy::find_hold_kind(hold.kind) == nullptr) {
    options.refuse("--kind '" + base::printable(hold.kind) + "' is not " +
                   policy::hold_kind_names());
  }
  hold.reason = options.required("reason");
  hold.scopes = scopes_of(options);
  hold.user = login_name();
  return hold;
}

/// Whether the index has all recordings that the hold names; says which it has not. A slip of the
/// pen among many would leave one to be destroyed.
bool say_unknown(const archive::Index& index, const archive::Hold& hold) {
  bool all_known = true;
  for (const archive::HoldScope& scope : hold.scopes) {
    if (scope.recording_id.empty() || index.history(scope.recording_id)) continue;
    all_known = false;
    message("the index knows no recording '" + base::printable(scope.recording_id) +
            "'; it is held if it is ever imported under that id");
  }
  return all_known;
}

/// Of one that is in force now. Returns whether a person need not look at that again.
bool say_what_it_covers(const Desk& desk, const audit::LogFacts& facts, const archive::Hold& hold,
                        bool quiet) {
  const bool run_is_on = run::run_is_on(desk.sys(), desk.config().log.directory);
  const LogAhead ahead(desk, facts);
  std::uint64_t gone = 0;
  const plan::EachMatch count_gone = [&](const archive::Recording& recording, plan::Verdict,
                                         plan::Match match) {
    if (is_covered(match) && ahead.why_gone(recording.id)) ++gone;
  };
  const plan::Coverage coverage =
      plan::coverage(desk.index(), desk.config().schedule, hold, desk.today(),
                     ahead.knows_more() ? count_gone : nullptr);
  if (!quiet) {
    std::cout << fmt::format("Hold {} is in force; to be reviewed on {}.\n", hold.reference,
                             base::to_text(*hold.review_on))
              << report::scopes_text(hold)
              << report::coverage_text(coverage, hold.reference, run_is_on);
  }
  if (*hold.review_on < desk.today()) {
    message(
        fmt::format("note: hold {0} was to be reviewed on {1}, which is past: is the day of the "
                    "answer right? Say until when it is needed (expunge hold review {0})",
                    hold.reference, base::to_text(*hold.review_on)));
  }
  const bool all_known = say_unknown(desk.index(), hold);
  const bool any_gone = say_if_older(ahead, hold.reference, gone);
  const bool may_go = run_is_on && coverage.begun > 0;
  if (may_go) {
    message(
        fmt::format("the run that is on may have destroyed recordings of hold {} before it sees "
                    "it: {}; look again when it has ended (expunge hold show {})",
                    hold.reference, base::grouped(coverage.begun), hold.reference));
  }
  if (coverage.covered > 0) return all_known && !may_go && !any_gone;
  message("hold " + hold.reference + " covers nothing that is there now");
  return false;
}

}  // namespace

ExitStatus hold_place_command(Invocation call) {
  const std::string kinds = policy::hold_kind_names();
  Options options(
      "hold place REFERENCE --kind KIND --reason TEXT SCOPE…",
      "Orders to keep recordings, from the moment it returns, also while a run is on. "
      "Scopes\nmay be combined: then all must fit. Exit status 1: it covers nothing yet, or "
      "names\nrecordings that the index does not know; or the log knows it, and the index had lost "
      "it;\nor the log says that some of what it covers is gone; or a run that is on may destroy\n"
      "some of it all the same.");
  options.argument("reference", 1)
      .value("kind", kinds.c_str())
      .value("reason", "why; stays in the index until the hold has ended")
      .value("review", "when to look again; else by the kind, see expunge(1)")
      .value("responded", "the day of the answer to a request (foi, eir): reviewed 6 months later")
      .words("recording", "these recordings, by id, and the other segments of their calls")
      .value("subject", "a caller's number or a customer reference, in any writing")
      .value("agent", "the calls of this member of staff, as the recorder names them")
      .value("department", "of this department")
      .value("from", "recorded on this day or later")
      .value("to", "recorded on this day or earlier")
      .flag("everything", "all that there is; alone");
  if (!options.parse(call)) return ExitStatus::done;
  archive::Hold hold = hold_of(options);
  Desk desk(call, archive::Index::Access::write);
  refuse_unheard_of(options, desk, hold.scopes.front().department);
  hold.scopes = by_every_name(hold.scopes, desk.config().schedule);
  hold.placed_at = desk.now();
  hold.review_on = review_of(options, *policy::find_hold_kind(hold.kind), desk.today());
  // Before the hold is in force, so that a failure here leaves nothing half done. A log that does
  // not verify stops every run anyway.
  audit::LogWriter log = desk.log_writer();
  if (in_force_but_not_logged(desk, log, hold.reference)) {
    message(
        "hold " + hold.reference +
        " is in force already, and an interruption kept it from the log; logged now, and nothing "
        "else changed: expunge hold show says what it covers");
    desk.append(log, entry_of(hold, hold.user));
    return desk.anchored(ExitStatus::needs_person);
  }
  const auto before = placed_before(desk, log, hold);
  const std::string user = hold.user;
  if (before) {
    hold.placed_at = before->at;
    hold.user = before->user;
  }
  put_in_force(desk, hold);
  desk.append(log, entry_of(hold, user));
  const bool is_plain = say_what_it_covers(desk, log.facts(), hold, call.global.quiet);
  return desk.anchored(is_plain && !before ? ExitStatus::done : ExitStatus::needs_person);
}

ExitStatus hold_review_command(Invocation call) {
  Options options("hold review REFERENCE --until DATE --reason TEXT",
                  "Says until when a hold is still needed. It stays in force after that day too,\n"
                  "until it is released; expunge hold list then shows it as overdue.\n"
                  "One that is released is not reviewed: expunge hold keep takes that back.");
  options.argument("reference", 1)
      .value("until", "when to look again, as 2027-06-30")
      .value("reason", "why it is still needed; stays in the index until the hold has ended");
  if (!options.parse(call)) return ExitStatus::done;
  const std::string reference = reference_of(options);
  const auto until = options.date("until");
  if (!until) options.refuse("until is missing");
  const std::string reason = options.required("reason");
  Desk desk(call, archive::Index::Access::write);
  if (*until < desk.today()) options.refuse("--until lies in the past");
  const archive::Hold hold = require_hold(desk, reference);
  if (!hold.in_force_on(desk.today())) {
    throw Failure(ExitStatus::usage,
                  "hold " + reference + " " + report::hold_state(hold, desk.today()));
  }
  if (hold.effective_on) {
    throw Failure(
        ExitStatus::usage,
        fmt::format("hold {0} is released, and ends after {1}: no review keeps it longer; "
                    "expunge hold keep {0} does, and then it can be reviewed",
                    reference, base::to_text(report::last_day_of_hold(*hold.effective_on))));
  }
  const audit::LogWriter log = desk.log_writer();
  {
    archive::Index::Writing writing(desk.index());
    writing.review_hold(reference, {*until, desk.now(), login_name(), reason});
    writing.commit();
  }
  desk.remember(log);
  if (!call.global.quiet) {
    std::cout << fmt::format("Hold {} is to be reviewed on {}.\n", reference,
                             base::to_text(*until));
  }
  return ExitStatus::done;
}

}  // namespace expunge::cli
