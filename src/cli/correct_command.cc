#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "cli/correction.h"
#include "cli/correction_report.h"
#include "cli/dates.h"
#include "cli/desk.h"
#include "cli/found_files.h"
#include "cli/held_before.h"
#include "cli/log_ahead.h"
#include "cli/named_ids.h"
#include "cli/options.h"
#include "plan/plan.h"
#include "run/check.h"
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
  right.as_imported = options.has("as-imported");
  right.subject = person_of(options, "subject");
  right.agent = person_of(options, "agent");
  right.call = call_of(options);
  const bool says_what = options.has("department") || options.has("recorded-at") || right.subject ||
                         right.agent || right.call;
  if (right.as_indexed && (right.as_found || right.as_imported || says_what)) {
    options.refuse("--as-indexed says that the index is right: give it, or what is right");
  }
  if (right.as_imported && (right.as_found || says_what)) {
    options.refuse(
        "--as-imported says that an import is right: give it alone, and then what else is to be "
        "put right");
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
    const std::string fault = fault_of_date(*right.recorded_at, schedule, now);
    if (!fault.empty()) options.refuse("--recorded-at " + fault);
  }
  if (!says_what && !right.as_imported && !right.is_of_what_is()) {
    options.refuse(
        "what is to be put right is missing: --department, --recorded-at, --subject, --agent or "
        "--call; or --as-imported; or --as-indexed; or --as-found");
  }
  return right;
}

archive::Recording find_live(const archive::Index& index, const LogAhead& ahead,
                             const std::string& id, const Right& right, const plan::KeySet& begun) {
  const std::string shown = "recording " + base::printable(id);
  const auto recording = index.find(id);
  if (const auto gone = ahead.why_gone(id)) {
    throw Failure(ExitStatus::usage, shown + ": " + *gone + "; nothing was changed");
  }
  if (!recording && !index.history(id)) {
    throw Failure(ExitStatus::usage,
                  "the index knows no " + shown +
                      (is_awaited(index, id)
                           ? ", of which the log knows corrections: import it again first, or say "
                             "that it will not come (--as-indexed); nothing was changed"
                           : "; nothing was changed"));
  }
  // What came back has its date and department in the log; what is said against it since has not.
  if (!recording || (recording->state == archive::State::returned && !right.is_of_what_is())) {
    throw Failure(ExitStatus::usage,
                  shown +
                      ": it was destroyed or removed, and what the log says of it stands; nothing "
                      "was changed");
  }
  if (!archive::is_id(id)) {
    throw Failure(ExitStatus::usage,
                  shown + ": such an id may not go into the log; nothing was changed");
  }
  if (begun.contains(recording->key)) {
    throw Failure(ExitStatus::usage,
                  shown +
                      ": a run has begun on it; nothing was changed; if it must stay, place a hold "
                      "(expunge hold place), and put it right when the next run has ended");
  }
  return *recording;
}

/// What a run has begun on and may go on with. What an interrupted one left, and a brake awaits a
/// person's word of, is none: no run goes on before it is put right.
plan::KeySet not_to_be_corrected(const Desk& desk) {
  plan::KeySet begun = plan::in_journal(desk.index());
  if (run::run_is_on(desk.sys(), desk.config().log.directory)) return begun;
  plan::KeySet kept = begun;
  begun.for_each([&](std::int64_t key) {
    if (desk.index().has_lost_correction(key)) kept.erase(key);
  });
  return kept;
}

/// Refuses where nobody has typed each id, and has not said either how many they are.
void check_expected(const NamedIds& named, std::optional<std::uint64_t> expected,
                    std::size_t count) {
  if (expected == count || (!named.in_bulk && !expected)) return;
  throw Failure(ExitStatus::usage,
                fmt::format("recordings that this would put right: {}; nothing was changed; if "
                            "that is meant, say so: --expect {}",
                            base::grouped(count), count));
}

/// Of each recording that is named, once.
std::vector<std::string> ids_of(const Options& options) {
  NamedIds named = read_named_ids(options);
  if (named.ids.empty()) options.refuse("the id is missing");
  std::sort(named.ids.begin(), named.ids.end());
  named.ids.erase(std::unique(named.ids.begin(), named.ids.end()), named.ids.end());
  check_expected(named, read_expected(options), named.ids.size());
  return std::move(named.ids);
}

std::string authority_of(const Options& options) {
  std::string authority = options.required("authority");
  if (!is_reference(authority)) {
    options.refuse("the authority '" + base::printable(authority) +
                   "' may hold letters, digits, '-', '/' and '.', and at most 64 of them");
  }
  return authority;
}

/// Why recordings cannot be put right: of many a person learns of all at once.
class Refusals {
 public:
  explicit Refusals(std::size_t of) : of_(of) {}

  /// Does a step of one recording.
  template <typename Step>
  void take(const Step& step) {
    try {
      step();
    } catch (const Failure& failure) {
      if (of_ == 1 || failure.status() != ExitStatus::usage) throw;
      said_.emplace_back(failure.what());
    }
  }

  /// Throws Failure(usage) when there are any, after saying each.
  void check() const {
    if (said_.empty()) return;
    constexpr std::size_t kMostSaid = 50;
    for (std::size_t i = 0; i < std::min(said_.size(), kMostSaid); ++i) message(said_[i]);
    throw Failure(ExitStatus::usage,
                  fmt::format("correct: of {} recordings, those that cannot be put right so: {}; "
                              "nothing was changed",
                              base::grouped(of_), base::grouped(said_.size())));
  }

 private:
  std::size_t of_;
  std::vector<std::string> said_;
};

void look_at_files(Desk& desk, std::vector<Correction>& corrections) {
  const LogAhead ahead(desk, desk.read_log().facts);
  const shred::ArchiveRoot root(desk.sys(), desk.config().archive_root);
  const plan::KeySet begun = not_to_be_corrected(desk);
  Refusals refusals(corrections.size());
  for (Correction& each : corrections) {
    refusals.take([&] {
      each.found = files_as_found(root, find_live(desk.index(), ahead, each.id, each.right, begun));
    });
  }
  refusals.check();
}

/// As entries_of(); of what only waits for another to be put right it says of which.
std::vector<audit::Draft> entries_or_what_it_waits_for(const Correction& correction,
                                                       const archive::Recording& recording,
                                                       const HeldBefore& held, const Desk& desk) {
  try {
    return entries_of(correction, recording, desk);
  } catch (const Failure& failure) {
    const std::string other = correction.right.as_indexed ? held.waits_for(recording) : "";
    if (other.empty() || failure.status() != ExitStatus::usage) throw;
    throw Failure(ExitStatus::usage, failure.what() + ("; it waits for another: " + other));
  }
}

/// All in one transaction, and logged; or none.
void correct_and_log(Desk& desk, std::vector<Correction>& corrections) {
  audit::LogWriter log = desk.log_writer();
  std::optional<HeldBefore> held;
  {
    archive::Index::Writing writing(desk.index());
    held.emplace(desk);  // under the write lock: no hold can come in between
    const plan::KeySet begun = not_to_be_corrected(desk);
    const LogAhead ahead(desk, log.facts());
    std::vector<archive::Recording> recordings;
    std::vector<audit::Draft> drafts;
    Refusals refusals(corrections.size());
    for (Correction& each : corrections) {
      refusals.take([&] {
        if (each.right.as_indexed && !desk.index().find(each.id) &&
            is_awaited(desk.index(), each.id)) {
          const auto entries = await_no_more(desk.index(), writing, each);
          drafts.insert(drafts.end(), entries.begin(), entries.end());
          recordings.emplace_back();
          return;
        }
        recordings.push_back(find_live(desk.index(), ahead, each.id, each.right, begun));
        if (each.right.as_imported) take_what_imports_say(each, recordings.back(), desk);
        const auto entries = entries_or_what_it_waits_for(each, recordings.back(), *held, desk);
        drafts.insert(drafts.end(), entries.begin(), entries.end());
        held->add(recordings.back(), each.right.as_indexed);
      });
    }
    refusals.check();
    for (std::size_t i = 0; i < corrections.size(); ++i) {
      if (recordings[i].key != 0) put_right(writing, corrections[i], recordings[i], desk);
    }
    held->require_still_held();
    // Logged before it counts: a crash before the commit leaves corrections that are logged and do
    // not count; they can be made again, and no run goes on by the index until somebody looks.
    log.append(drafts, desk.now());
    writing.count_imports(drafts.size());
    run::remember(writing, log);
    writing.commit();
  }
  held->say_what_is_meant_no_more();
}

}  // namespace

ExitStatus correct_command(Invocation call) {
  Options options(
      "correct ID… --authority REFERENCE [--department NAME] [--recorded-at TIME]\n"
      "               [--subject TEXT] [--agent NAME] [--call ID] [--expect N]\n"
      "       expunge correct ID… --authority REFERENCE --as-imported [--expect N]\n"
      "       expunge correct ID… --authority REFERENCE --as-indexed [--expect N]\n"
      "       expunge correct ID… --authority REFERENCE --as-found [--expect N]",
      "Puts a recording's department, date, caller, agent or call right, and clears what\n"
      "imports or the log said against it; or says that those are right, that the index is,\n"
      "or that its files are, as they are on disk.\n"
      "Logged. What the source said until now it may say again; anything else is attention.\n"
      "Says what the due day is then, and whether it is due at once. - reads ids from\n"
      "standard input, one a line; all of them are put right, or none.");
  options.argument("id", -1)
      .value("authority", "a reference to who or what says so; goes into the log")
      .value("department", "the department, as the configuration names it, or an alias of it")
      .value("subject", "whose call it is: a number or a customer reference; not logged")
      .value("agent", "who took it; not logged")
      .value("call", "the call that it is a segment of, by its call_id; not logged")
      .flag("as-imported",
            "the date and the department are as an import or the\n"
            "log says that contradicts the index")
      .flag("as-indexed",
            "the index is right in all that was said against it,\n"
            "or in a date that is later than its import")
      .flag("as-found",
            "its files are right as they are on disk: the index\n"
            "takes their sizes, and SHA-256 where it has one")
      .value("recorded-at", "RFC 3339, local time as '2026-11-23 14:00', or a day as 2026-11-23")
      .value("expect", "how many recordings it must be; needed with -");
  if (!options.parse(call)) return ExitStatus::done;
  const std::vector<std::string> ids = ids_of(options);
  const std::string authority = authority_of(options);
  Desk desk(call, archive::Index::Access::write);
  const Right right = read_right(options, desk.config().schedule, desk.now());
  std::vector<Correction> corrections;
  corrections.reserve(ids.size());
  for (const std::string& id : ids) corrections.push_back({right, id, authority});
  if (right.as_found) look_at_files(desk, corrections);
  correct_and_log(desk, corrections);
  if (!call.global.quiet) say_what_now(desk, corrections);
  return desk.anchored(ExitStatus::done);
}

}  // namespace expunge::cli
