#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "audit/tried.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/certificates.h"
#include "cli/desk.h"
#include "cli/letter_bar.h"
#include "cli/log_ahead.h"
#include "cli/log_of_recording.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/past_holds.h"
#include "cli/perhaps.h"
#include "cli/sought.h"
#include "plan/brakes.h"
#include "plan/plan.h"
#include "plan/said.h"
#include "report/hold_report.h"
#include "report/log_report.h"
#include "report/recording_story.h"
#include "run/check.h"
#include "run/run.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;

constexpr const char* kParticulars = "\nFor the office, not for a letter\n";

void print_particulars(Desk& desk, const archive::RecordingHistory& history) {
  const std::string_view department = desk.config().schedule.name_of(history.department);
  std::cout << kParticulars
            << fmt::format(
                   "  department  {}{}\n",
                   department.empty() ? std::string(report::kNoDepartment)
                                      : base::printable(department),
                   department == history.department
                       ? ""
                       : fmt::format(" (in the index: {})", base::printable(history.department)));
  if (const std::string source = desk.index().source_id(history.id); !source.empty()) {
    std::cout << fmt::format("  recorder's  {}\n", base::printable(source));
  }
}

/// Without it nobody can say whether the index is right where an import contradicts it in that.
void print_whose(const Desk& desk, const archive::Recording& recording) {
  const archive::Whose whose = desk.index().whose(recording.key);
  for (const auto& [name, value] :
       {std::pair{"subject", &whose.subject}, {"agent", &whose.agent}, {"call", &whose.call_id}}) {
    if (!value->empty()) std::cout << fmt::format("  {:10}  {}\n", name, base::printable(*value));
  }
}

/// Those that cover it on that day; and those that end before it, which are in force until then,
/// and whose release can be taken back.
void print_holds(Desk& desk, const archive::Recording& recording,
                 std::vector<const archive::Hold*> covering, const plan::HoldMatcher& now,
                 base::CivilDate day) {
  for (const archive::Hold* hold : now.covering(recording)) {
    if (!hold->in_force_on(day)) covering.push_back(hold);
  }
  for (const archive::Hold* hold : covering) {
    std::cout << fmt::format(
        "  hold        {} ({}), since {}: {}\n", base::printable(hold->reference),
        base::printable(hold->kind), base::to_text(hold->placed_at).substr(0, 10),
        report::hold_state(*hold, hold->in_force_on(day) ? day : desk.today()));
  }
  if (covering.empty()) std::cout << "  holds       none\n";
}

void print_files(const archive::Recording& recording) {
  for (const archive::File& file : recording.files) {
    std::cout << fmt::format("  {:10}  {}{}\n", base::printable(file.role),
                             base::printable(file.path),
                             file.bytes ? " (" + base::grouped(*file.bytes) + " bytes)" : "");
  }
  // Of what no run found, the verdict says so.
  if (recording.missing_seq) return;
  std::cout << "  on disk     explain has not looked there; expunge check --index does\n";
}

/// Of one of which a file is back: when it went.
void print_first_end(const archive::Recording& recording,
                     const archive::RecordingHistory& history) {
  if (recording.state != archive::State::returned || !history.destroyed_at) return;
  std::cout << fmt::format("  was gone    from {}", base::to_text(*history.destroyed_at));
  if (history.log_seq) std::cout << fmt::format(", log entry {}", *history.log_seq);
  if (!history.past_log.empty()) {
    std::cout << " of the log " << base::printable(history.past_log);
  }
  std::cout << ", until one of its files was found on disk\n";
}

void print_live(Desk& desk, const report::Issue& issue, const archive::RecordingHistory& history,
                const archive::Recording& recording, base::CivilDate day,
                const audit::TriedRecordings& tried, const certify::DelayTrail& ended,
                report::Circumstances is, bool with_letter) {
  const policy::RetentionSchedule& schedule = desk.config().schedule;
  const plan::HoldMatcher holds = desk.hold_matcher(day);
  const plan::Decider decider(schedule, holds, day, plan::acknowledgements(desk.index()));
  plan::Decision decision = decider.decide(recording);
  note_tried(decision, recording, tried);
  const auto covering = holds.covering(recording);
  is.covering = covering;
  is.contradicted = plan::contradicted_in(desk.index(), recording);
  const plan::Doubt doubt = decider.doubt(decision, is.contradicted);
  const plan::HoldMatcher now = desk.hold_matcher(desk.today());
  // What is due by an order is kept, as the run does it, also by what perhaps covers it.
  add_past_holds(is, recording, day, decision.due_day, decision.by_order ? doubt : plan::Doubt{},
                 holds, now);
  is.others_ended = count_that_can_have_kept(decision, schedule, day, is, ended, desk.index());
  is.perhaps = perhaps_by_call(holds, recording);
  if (with_letter) {
    std::cout << report::page_text(
        report::story_of_kept(recording, decision, schedule, day, issue, is));
  }
  print_particulars(desk, history);
  print_whose(desk, recording);
  if (recording.recorded_at && decision.recorded_on) {
    std::cout << fmt::format(
        "  recorded    {}, which is {} in {}\n", base::to_text(*recording.recorded_at),
        base::to_text(*decision.recorded_on), base::printable(schedule.time_zone.name()));
  } else if (recording.left_date) {
    std::cout << fmt::format("  recorded    {}\n", base::to_text(*recording.left_date));
  } else {
    std::cout << "  recorded    no date\n";
  }
  print_first_end(recording, history);
  if (decision.due_day && decision.department != nullptr && decision.recorded_on) {
    std::cout << fmt::format(
        "  rule        {}: kept for {}, through {}, due on {}\n",
        base::printable(decision.department->name), policy::to_text(decision.department->period),
        base::to_text(policy::last_day_kept(*decision.recorded_on, decision.department->period)),
        base::to_text(policy::due_day(*decision.recorded_on, decision.department->period)));
  }
  print_files(recording);
  print_holds(desk, recording, covering, now, day);
  print_perhaps(desk, holds, recording, decision, doubt);
  if (recording.order) {
    std::cout << fmt::format(
        "  order       to destroy it: {}, authority {}, since {}, by {}\n",
        base::printable(recording.order->ground), base::printable(recording.order->authority),
        base::to_text(recording.order->ordered_on), base::printable(recording.order->user));
  }
  std::cout << fmt::format("  verdict     on {}: {}: {}\n", base::to_text(day),
                           plan::to_text(decision.verdict),
                           base::printable(reason(decision, recording)));
  if (decision.verdict == plan::Verdict::due) {
    std::cout << brakes_line(is.next_run, base::printable(is.brakes));
  }
  if (recording.state == archive::State::partial && is.left) {
    std::cout << fmt::format("  left        by the log: {}\n", report::left_text(*is.left));
  }
  if (const auto known = desk.index().acknowledgement(recording.key);
      known && decision.acknowledged_until) {
    std::cout << fmt::format(
        "  known       acknowledged by {} on {}: {}\n", base::printable(known->user),
        base::to_text(known->acknowledged_at).substr(0, 10), base::printable(known->reason));
  }
  if (const std::string what = plan::remedy(decision, recording); !what.empty()) {
    std::cout << fmt::format("  what to do  {}\n", what);
  }
}

/// What the log in use says of it goes before what the index remembers; it is verified first.
report::Page story_of_gone(Desk& desk, const report::Issue& issue,
                           const archive::RecordingHistory& history) {
  const std::vector<std::string> ids{history.id};
  const certify::Gathered gathered = certify::gather(desk.sys(), desk.config().log, ids);
  return gathered.found.empty() ? report::story_of_gone(history, issue)
                                : report::story_of_gone(gathered.found.front(), issue);
}

/// What became of it before one of its files came back.
std::string was_gone(Desk& desk, const archive::RecordingHistory& history) {
  const std::vector<std::string> ids{history.id};
  const certify::Gathered gathered = certify::gather(desk.sys(), desk.config().log, ids);
  return gathered.found.empty() ? report::was_gone_text(history)
                                : report::was_gone_text(gathered.found.front());
}

/// `logged`: whether the log in use has an entry that destroyed or removed it.
void print_past(Desk& desk, const report::Issue& issue, const archive::RecordingHistory& history,
                bool with_letter, bool logged) {
  if (with_letter) std::cout << report::page_text(story_of_gone(desk, issue, history));
  print_particulars(desk, history);
  if (history.recorded_on) {
    std::cout << fmt::format("  recorded    {}\n", *history.recorded_on == base::kUnknownDate
                                                       ? "no date"
                                                       : base::to_text(*history.recorded_on));
  }
  const bool removed = history.state == archive::State::removed;
  std::cout << fmt::format("  {:10}  {}{}", removed ? "removed" : "destroyed",
                           removed ? "without overwriting, " : "",
                           history.destroyed_at ? base::to_text(*history.destroyed_at) : "");
  if (history.log_seq) std::cout << fmt::format(", log entry {}", *history.log_seq);
  if (!history.past_log.empty()) {
    std::cout << " of the log " << base::printable(history.past_log);
  }
  std::cout << "\n";
  if (logged) {
    std::cout << fmt::format(
        "  certificate, which anybody can check: expunge log certificate {} --output DIRECTORY\n",
        history.id);
  }
}

/// The recording, by any of the ways in which it may be named; empty: what was found is printed.
std::string id_sought(const Desk& desk, const Options& options,
                      std::optional<base::CivilDate> as_of) {
  if (options.has("subject")) {
    print_recordings_of(desk, options.required("subject"), desk.plan_day(as_of));
    return "";
  }
  if (options.has("id")) return options.required("id");
  const std::vector<std::string> ids = options.has("path")
                                           ? ids_by_path(desk, options.required("path"))
                                           : ids_by_source(desk, options.required("source"));
  if (ids.size() == 1) return ids.front();
  print_recordings(desk, ids, desk.plan_day(as_of));
  return "";
}

/// Whether a person has approved a plan that has it, for the run of the day that is asked about.
bool is_approved(Desk& desk, const archive::Recording& recording, const audit::LogFacts& facts,
                 std::optional<base::CivilDate> as_of) {
  return plan::is_approved(desk.index(), recording, approval_asked(desk, facts, as_of));
}

/// Of what a run has begun on and not finished: the log's size at that time.
std::optional<std::uint64_t> log_size_when_begun(const archive::Index& index, std::int64_t key) {
  for (const archive::JournalBatch& batch : index.journal()) {
    for (const archive::JournalFile& file : batch.files) {
      if (file.recording_key == key) return batch.log_size;
    }
  }
  return std::nullopt;
}

void refuse_unless_one(const Options& options) {
  int given = 0;
  for (const char* name : {"id", "path", "source", "subject"}) {
    if (!options.has(name)) continue;
    static_cast<void>(options.required(name));
    ++given;
  }
  if (given == 1) return;
  options.refuse(given == 0 ? "ID is missing; or one of --path, --source and --subject"
                            : "one of ID, --path, --source and --subject, and no more");
}

/// What the log alone knows; else throws Failure(usage).
ExitStatus explain_unknown(const Desk& desk, const std::string& id, const audit::LogFacts& facts) {
  const std::string unknown = "the index knows no recording '" + base::printable(id) + "'";
  const LogOfRecording log = read_log_of(desk, id);
  if (log.text.empty()) throw Failure(ExitStatus::usage, unknown);
  const LogAhead ahead(desk, facts);
  const auto words = desk.index().lost_words(id);
  const bool is_given_up =
      !words.empty() && std::none_of(words.begin(), words.end(),
                                     [](const archive::LostWord& word) { return word.awaited; });
  message(unknown + ", and the log does: no letter is written about it; " +
          (ahead.older() ? ahead.older()->message + ": " + ahead.older()->way_on_text
           : is_given_up
               ? std::string("somebody has said that no import will bring it (expunge "
                             "correct --as-indexed)")
               : std::string("was the index put back from a backup? Import it again, or "
                             "say that it will not come (expunge correct --as-indexed)")));
  for (const archive::LostWord& word : words) std::cout << "  lost        " << word.words << "\n";
  std::cout << "Log\n" << log.text;
  return ExitStatus::needs_person;
}

ExitStatus explain(Desk& desk, const Invocation& call, const std::string& id,
                   std::optional<base::CivilDate> as_of, const audit::LogFacts& facts) {
  const auto history = desk.index().history(id);
  if (!history) return explain_unknown(desk, id, facts);
  const report::Issue issue = issue_of(desk.config(), call);
  const LogOfRecording log = read_log_of(desk, id);
  report::Circumstances is;
  is.failed = log.failed;
  is.left = log.left;
  if (!as_of) is.today = desk.today();
  is.asks_approval = needs_approval(desk.config(), false);
  is.asks_approval_of_orders = needs_approval(desk.config(), true);
  const auto bar = bar_to_letter(desk, facts, *history, log.last_end);
  if (bar) message(*bar);
  if (const auto recording = desk.index().find(id)) {
    // Before and after: one that begins or ends meanwhile was on when the journal was read.
    const auto run_is_on = [&] { return run::run_is_on(desk.sys(), desk.config().log.directory); };
    const bool was_on = run_is_on();
    const auto begun_at = log_size_when_begun(desk.index(), recording->key);
    is.in_journal = begun_at.has_value();
    is.refused_since = begun_at && log.last_failed && *log.last_failed >= *begun_at;
    is.run_is_on = is.in_journal && (was_on || run_is_on());
    if (recording->state == archive::State::returned) is.was_gone = was_gone(desk, *history);
    if (is.asks_approval) is.is_approved = is_approved(desk, *recording, facts, as_of);
    const AtNextRun at = at_next_run(desk, facts, *recording, as_of);
    is.next_run = at.next_run;
    is.brakes = at.brakes;
    is.missing_on = log.day_of_missing(*recording, desk.config().schedule.time_zone);
    const auto tried = audit::all_tried(desk.sys(), desk.config().log, facts);
    print_live(desk, issue, *history, *recording, desk.plan_day(as_of), tried, log.holds, is, !bar);
  } else {
    print_past(desk, issue, *history, !bar, log.last_end.has_value());
  }
  std::cout << "Log\n" << log.text;
  const ExitStatus status = bar ? ExitStatus::needs_person : ExitStatus::done;
  if (!log.text.empty()) return status;
  std::cout << (history->past_log.empty()
                    ? "  no entry names it\n"
                    : fmt::format("  no entry names it; the log {}, in whose place this one was "
                                  "opened, does\n",
                                  base::printable(history->past_log)));
  return status;
}

}  // namespace

ExitStatus explain_command(Invocation call) {
  Options options(
      "explain ID [--as-of DATE]\n"
      "       expunge explain --path PATH | --source KEY | --subject NUMBER [--as-of DATE]",
      "Tells all about one recording: first in sentences that may stand in a letter,\n"
      "then for the office whose call it is, dates, rule, files, holds, verdict and log entries.\n"
      "With --subject, and where several are meant, it lists them, a line each.\n"
      "Exit status 1: no letter is written, since the index is behind the log.");
  options.argument("id", 1)
      .value("path", "the recording of this file, beneath the root or absolute")
      .value("source", "the recording that the recorder knows by this key")
      .value("subject", "list the recordings of this number, however it is written")
      .value("as-of", "for another day than that of the next run");
  if (!options.parse(call)) return ExitStatus::done;
  refuse_unless_one(options);
  auto as_of = options.date("as-of");
  Desk desk(call, archive::Index::Access::read);
  // Of the next run's day everything is said that is said without being asked.
  if (as_of == desk.plan_day(std::nullopt)) as_of.reset();
  const audit::LogState log = desk.read_log();  // an older log would tell less than was so
  const std::string id = id_sought(desk, options, as_of);
  return id.empty() ? ExitStatus::done : explain(desk, call, id, as_of, log.facts);
}

}  // namespace expunge::cli
