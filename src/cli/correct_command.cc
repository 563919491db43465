#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "cli/correction.h"
#include "cli/dates.h"
#include "cli/desk.h"
#include "cli/found_files.h"
#include "cli/options.h"
#include "plan/plan.h"
#include "plan/said.h"
#include "run/remember.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;
using std::chrono::sys_seconds;

/// As an import reads a time: one that bears no offset is local, the later one where it occurs
/// twice; a day alone means its last second.
sys_seconds read_time(const Options& options, const policy::TimeZone& zone) {
  const std::string text = options.required("recorded-at");
  const auto written = parse_written_minute(text);
  if (written && written->utc_offset) {
    return std::chrono::sys_days{written->wall.date} + written->wall.time_of_day -
           *written->utc_offset;
  }
  const auto date = base::parse_date(text);
  if (!written && !date) {
    options.refuse("--recorded-at " + time_fault(text));
  }
  return zone.latest_instant(
      written ? written->wall
              : base::WallClock{*date, std::chrono::days{1} - std::chrono::seconds{1}});
}

/// What no import would take.
void refuse_unfit(const Options& options, const char* name, const std::string& text) {
  constexpr std::size_t kMaxBytes = 256;
  if (text.size() > kMaxBytes || !base::is_utf8(text)) {
    options.refuse(fmt::format("--{} is not UTF-8, or longer than {} bytes", name, kMaxBytes));
  }
}

/// A number or a name that can be compared; nullopt: not given.
std::optional<std::string> person_of(const Options& options, const char* name) {
  if (!options.has(name)) return std::nullopt;
  std::string written = options.required(name);
  if (archive::subject_key(written).empty()) {
    options.refuse("--" + std::string(name) + " holds no letter and no digit");
  }
  refuse_unfit(options, name, written);
  return written;
}

std::optional<std::string> call_of(const Options& options) {
  if (!options.has("call")) return std::nullopt;
  std::string call = options.required("call");
  refuse_unfit(options, "call", call);
  return call;
}

/// Refuses what would be attention again.
Right read_right(const Options& options, const policy::RetentionSchedule& schedule,
                 base::Time now) {
  Right right;
  right.as_indexed = options.has("as-indexed");
  right.as_found = options.has("as-found");
  right.subject = person_of(options, "subject");
  right.agent = person_of(options, "agent");
  right.call = call_of(options);
  const bool says_what = options.has("department") || options.has("recorded-at") || right.subject ||
                         right.agent || right.call;
  if (right.as_indexed && (right.as_found || says_what)) {
    options.refuse("--as-indexed says that the index is right: give it, or what is right");
  }
  if (right.as_found && says_what) {
    options.refuse(
        "--as-found says that the files are right as they are: give it alone, and then what else "
        "is to be put right");
  }
  if (options.has("department")) {
    const std::string name = options.required("department");
    right.department = schedule.find(name);
    if (right.department == nullptr) {
      options.refuse("the retention schedule names no department '" + base::printable(name) + "'");
    }
  }
  if (options.has("recorded-at")) {
    right.recorded_at = read_time(options, schedule.time_zone);
    if (*right.recorded_at > now) {
      options.refuse("--recorded-at is in the future: " + base::to_text(*right.recorded_at));
    }
    if (schedule.time_zone.civil_date(*right.recorded_at) < schedule.earliest) {
      options.refuse("--recorded-at is before retention.earliest, " +
                     base::to_text(schedule.earliest) + ": " + base::to_text(*right.recorded_at));
    }
  }
  if (!says_what && !right.is_of_what_is()) {
    options.refuse(
        "what is to be put right is missing: --department, --recorded-at, --subject, --agent or "
        "--call; or --as-indexed; or --as-found");
  }
  return right;
}

archive::Recording find_live(const archive::Index& index, const std::string& id,
                             const Right& right) {
  const std::string shown = "recording " + base::printable(id);
  const auto recording = index.find(id);
  if (!recording && !index.history(id)) {
    throw Failure(ExitStatus::usage, "the index knows no " + shown);
  }
  // What came back has its date and department in the log; what is said against it since has not.
  if (!recording || (recording->state == archive::State::returned && !right.is_of_what_is())) {
    throw Failure(ExitStatus::usage,
                  shown + ": it was destroyed or removed, and what the log says of it stands");
  }
  if (!archive::is_id(id)) {
    throw Failure(ExitStatus::usage, shown + ": such an id may not go into the log");
  }
  if (plan::in_journal(index).contains(recording->key)) {
    throw Failure(ExitStatus::usage,
                  shown +
                      ": a run has begun on it; if it must stay, place a hold (expunge hold "
                      "place), and put it right when the next run has ended");
  }
  return *recording;
}

void say_what_now(const archive::Recording& recording, const plan::Decision& decision,
                  base::CivilDate day) {
  std::cout << fmt::format("Recording {}: department {}, recorded {}.\n",
                           base::printable(recording.id),
                           base::printable(department_of(decision, recording)),
                           decision.recorded_on ? base::to_text(*decision.recorded_on) : "no date");
  if (decision.due_day) {
    std::cout << fmt::format("Its due day is {}.\n", base::to_text(*decision.due_day));
  }
  std::cout << fmt::format("On {}: {}: {}.\n", base::to_text(day), plan::to_text(decision.verdict),
                           base::printable(reason(decision, recording)));
  if (decision.verdict == plan::Verdict::due) {
    std::cout
        << "It is due at once: the next run destroys it, unless a hold covers it by then or a "
           "brake is on.\n";
  }
}

/// The references of the holds that are in force now and cover it.
std::vector<std::string> holds_on(Desk& desk, const archive::Recording& recording) {
  const plan::HoldMatcher holds = desk.hold_matcher(desk.today());
  std::vector<std::string> references;
  for (const archive::Hold* const hold : holds.covering(recording)) {
    references.push_back(hold->reference);
  }
  return references;
}

/// Of those that do not, the ones that would by what imports said of whose call it is.
std::vector<std::string> held_by_word(Desk& desk, const archive::Recording& recording) {
  const plan::HoldMatcher holds = desk.hold_matcher(desk.today());
  std::vector<std::string> references;
  for (const archive::Hold* hold : plan::covering_by_word(desk.index(), holds, recording)) {
    references.push_back(hold->reference);
  }
  return references;
}

/// Whether a hold in force names the recording itself.
bool is_held_by_name(Desk& desk, const std::string& id) {
  const std::vector<archive::Hold> holds = desk.index().holds(false);
  return std::any_of(holds.begin(), holds.end(), [&](const archive::Hold& hold) {
    return hold.in_force_on(desk.today()) &&
           std::any_of(hold.scopes.begin(), hold.scopes.end(),
                       [&](const archive::HoldScope& scope) { return scope.recording_id == id; });
  });
}

/// Refuses a correction that takes the recording out of a hold: that would be its release by one
/// person, at once. Not where another hold names the recording, and so keeps it whatever is right.
void require_held(Desk& desk, const std::string& id, const std::vector<std::string>& before,
                  const char* words) {
  if (is_held_by_name(desk, id)) return;
  const std::vector<std::string> now = holds_on(desk, *desk.index().find(id));
  for (const std::string& reference : before) {
    if (std::find(now.begin(), now.end(), reference) != now.end()) continue;
    throw Failure(ExitStatus::usage,
                  fmt::format("recording {}: {}; nothing was changed; place a hold on the "
                              "recording itself first (expunge hold "
                              "place REFERENCE --recording {})",
                              base::printable(id), fmt::format(fmt::runtime(words), reference),
                              base::printable(id)));
  }
}

/// Why holds may have meant it until now, by what of it was in doubt.
std::vector<std::string> perhaps_held(Desk& desk, const archive::Recording& recording) {
  const plan::HoldMatcher holds = desk.hold_matcher(desk.today());
  const plan::Decider decider(desk.config().schedule, holds, desk.today());
  const plan::Doubt contradicted = plan::contradicted_in(desk.index(), recording);
  return plan::perhaps_covering(holds, recording,
                                decider.doubt(decider.decide(recording), contradicted));
}

/// Says of what may have held it and does not, now that the truth is known.
void say_what_held_perhaps(Desk& desk, const archive::Recording& recording,
                           const std::vector<std::string>& before) {
  if (before.empty()) return;
  const std::vector<std::string> now = holds_on(desk, recording);
  for (const std::string& why : before) {
    const std::string reference = why.substr(0, why.find(' '));
    if (std::find(now.begin(), now.end(), reference) != now.end()) continue;
    message(
        fmt::format("note: before this was put right, {}, so that it may have been meant; now "
                    "it is not covered. If it should be, place a hold on the recording itself "
                    "(expunge hold place REFERENCE --recording {})",
                    why, base::printable(recording.id)));
  }
}

/// In one transaction, and logged. Returns why holds may have meant it until then.
std::vector<std::string> correct_and_log(Desk& desk, const Correction& correction, base::Time now) {
  audit::LogWriter log = desk.log_writer();
  archive::Index::Writing writing(desk.index());
  const archive::Recording recording = find_live(desk.index(), correction.id, correction.right);
  const auto drafts = entries_of(correction, recording, desk);
  const auto held_before = holds_on(desk, recording);
  const auto by_word = held_by_word(desk, recording);
  auto perhaps_before = perhaps_held(desk, recording);
  put_right(writing, correction, recording, desk);
  require_held(desk, correction.id, held_before, "then the hold {} would cover it no more");
  require_held(desk, correction.id, by_word,
               "the hold {} means it by what an import said of whose call it is, and would not "
               "cover it then");
  // Logged before it counts: a crash before the commit leaves a correction that is logged and
  // does not count; it can be made again, and no run goes on by the index until somebody looks.
  log.append(drafts, now);
  writing.count_imports(drafts.size());
  run::remember(writing, log);
  writing.commit();
  return perhaps_before;
}

}  // namespace

ExitStatus correct_command(Invocation call) {
  Options options(
      "correct ID --authority REFERENCE [--department NAME] [--recorded-at TIME]\n"
      "               [--subject TEXT] [--agent NAME] [--call ID]\n"
      "       expunge correct ID --authority REFERENCE --as-indexed\n"
      "       expunge correct ID --authority REFERENCE --as-found",
      "Puts a recording's department, date, caller, agent or call right, and clears what\n"
      "imports said against it; or says that the index is right, or that its files are, as\n"
      "they are on disk.\n"
      "Logged. What the source said until now it may say again; anything else is attention.\n"
      "Says what the due day is then, and whether it is due at once.");
  options.argument("id", 1)
      .value("authority", "a reference to who or what says so; goes into the log")
      .value("department", "the department, as the configuration names it, or an alias of it")
      .value("subject", "whose call it is: a number or a customer reference; not logged")
      .value("agent", "who took it; not logged")
      .value("call", "the call that it is a segment of, by its call_id; not logged")
      .flag("as-indexed",
            "the index is right in all that imports said against it,\n"
            "or in a date that is later than its import")
      .flag("as-found",
            "its files are right as they are on disk: the index\n"
            "takes their sizes, and SHA-256 where it has one")
      .value("recorded-at", "RFC 3339, local time as '2026-11-23 14:00', or a day as 2026-11-23");
  if (!options.parse(call)) return ExitStatus::done;
  const std::string id = options.required("id");
  const std::string authority = options.required("authority");
  if (!is_reference(authority)) {
    options.refuse("the authority '" + base::printable(authority) +
                   "' may hold letters, digits, '-', '/' and '.', and at most 64 of them");
  }
  Desk desk(call, archive::Index::Access::write);
  const policy::RetentionSchedule& schedule = desk.config().schedule;
  const base::Time now = desk.now();
  const Right right = read_right(options, schedule, now);
  Correction correction{right, id, authority};
  if (right.as_found) {
    const shred::ArchiveRoot root(desk.sys(), desk.config().archive_root);
    correction.found = files_as_found(root, find_live(desk.index(), id, right));
  }
  const auto perhaps_before = correct_and_log(desk, correction, now);
  const base::CivilDate day = desk.plan_day(std::nullopt);
  const plan::HoldMatcher holds = desk.hold_matcher(day);
  if (const auto recording = desk.index().find(id); recording) {
    say_what_held_perhaps(desk, *recording, perhaps_before);
    if (!call.global.quiet)
      say_what_now(*recording, plan::Decider(schedule, holds, day).decide(*recording), day);
  }
  return desk.anchored(ExitStatus::done);
}

}  // namespace expunge::cli
