#pragma once

#include <optional>
#include <string>
#include <vector>

#include "certify/recordings.h"
#include "report/page.h"

// What every certificate says in the same words.
namespace expunge::report {

/// What a page says that no log does.
struct Issue {
  std::string controller, contact;  ///< as configured; may be empty
  base::Time at;                    ///< when it was made
  std::string tool;                 ///< by which program and version
  /// A date of recording before it cannot be true, by the schedule as configured; unset: not asked.
  std::optional<base::CivilDate> earliest{};
};

/// Whether a controller or contact was configured: what init left to be filled in is none.
[[nodiscard]] bool is_stated(const std::string& text);
/// `24 November 2026`.
[[nodiscard]] std::string day_text(base::CivilDate day);
/// `24 November 2026, 02:00:01 UTC`.
[[nodiscard]] std::string moment_text(base::Time time);
/// `entry 1,234`.
[[nodiscard]] std::string entry_text(std::uint64_t seq);
/// Why a recording was not destroyed, in words, with the log's own word behind them.
[[nodiscard]] std::string reason_text(const std::string& code);
/// `one file (a transcript), which was not in its place; what became of it is not known`: of files
/// of these roles, of which there is at least one.
[[nodiscard]] std::string not_in_place_text(const std::vector<std::string>& roles);
/// The method of a file, in words.
[[nodiscard]] std::string method_text(const audit::FileDestroyed& file);

/// What lay below the file system, in words, with the log's own terms behind them.
[[nodiscard]] std::string medium_text(const std::string& terms);

/// Controller and contact.
[[nodiscard]] Terms controller_terms(const Issue& issue);
/// The schedule and policy in force, by its entry.
[[nodiscard]] Terms policy_terms(const certify::RunFacts& run);
/// By what rule the plan was approved, by whom too, and which it was; requires that it was.
[[nodiscard]] Terms approval_terms(const certify::RunFacts& run);
/// By what something was destroyed, with the officer's yes, or that none was needed.
[[nodiscard]] Terms authority_terms(const certify::RunFacts& run,
                                    const std::string& by_what = "the retention schedule");
using certify::schedule_day;
/// `its date was`: what was in doubt, of which there is something.
[[nodiscard]] const char* in_doubt_text(plan::Doubt doubt);
/// On what ground an order had it destroyed, in words, with the log's own word behind them.
[[nodiscard]] std::string ground_text(const std::string& ground);
/// Whether what an order had destroyed had a date of recording that cannot be true: too early, or
/// after the day on which it was destroyed.
[[nodiscard]] bool has_impossible_date(const audit::Destroyed& says, const Issue& issue,
                                       const std::optional<base::CivilDate>& done_on);
/// That an order was the cause, on what ground, by what authority, and whether it came ahead of the
/// schedule, which of a date that cannot be true, or of what was in doubt, nobody can say.
/// The day on which it was done is by the clocks on the wall.
[[nodiscard]] std::string order_sentence(const audit::Destroyed& says, bool impossible_date,
                                         base::CivilDate done_on);
/// The day of an entry by the clocks on the wall; where their zone is not known here, by UTC.
[[nodiscard]] base::CivilDate day_done(const certify::RecordingFacts& facts);
/// What a `correct` put right, in words: the same for all facts that mean the same to a reader.
[[nodiscard]] const char* fact_text(const std::string& fact);
/// Whether a text says in which entries of the log something stands.
enum class Entries { named, left_out };
/// What the log says of the time by which it went later than it was due, which is `delay`. Begins
/// with a space; empty: nothing. No hold is named, and of none is said that it kept this one: no
/// log knows.
[[nodiscard]] std::string why_late_text(const certify::RecordingFacts& facts,
                                        const certify::Delay& delay, Entries entries);
/// Of these what the schedule has: other periods, other names of the department.
[[nodiscard]] std::string schedule_text(const certify::Delay& delay, Entries entries);
/// The same for the authority, with the officer's yes where the run needed one.
[[nodiscard]] Terms order_terms(const audit::Destroyed& says, const certify::RunFacts& run);
/// Run, host, user, times, outcome.
[[nodiscard]] Terms run_terms(const std::string& run, const certify::RunFacts& facts);

/// What no destruction can promise (promise by promise), for what lay below the archive.
[[nodiscard]] Bullets limits(const std::string& medium);

/// Log, checkpoint, keys and predecessor. `first` are put in front.
[[nodiscard]] Section log_section(const certify::Opening& opening, const certify::Chosen& by,
                                  Terms first);
/// How to check the file `proof`, of an entry signed by `entry_key_id`, and what that rests on.
[[nodiscard]] Section check_section(const certify::Chosen& by, const std::string& entry_key_id,
                                    const std::string& proof);
/// The file beside `proof`, `….tlog-proof`, for the time stamp on its checkpoint.
[[nodiscard]] std::string stamp_file_of(const std::string& proof);
/// Room for whoever checks it.
[[nodiscard]] Section signature_section();
/// How the page came to be.
[[nodiscard]] std::string foot_text(const Issue& issue);

}  // namespace expunge::report
