#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audit/proof.h"
#include "certify/delay.h"
#include "certify/runs.h"
#include "certify/walk.h"
#include "plan/hold_matcher.h"

// What the log says about single recordings that were destroyed, or removed.
namespace expunge::certify {

/// What is left of a recording that was destroyed in part, as far as the entry says.
enum class Left {
  rest,         ///< what was not overwritten or removed
  without_key,  ///< likewise; but of its files of the role key some or all was overwritten
  nothing,      ///< every byte of every file was overwritten
};
[[nodiscard]] Left left_by(const audit::DestroyPartial& entry);

/// The roles of the files of a recording that were not in their place when the others were
/// destroyed or removed, as its entry's note has them; one for each file.
[[nodiscard]] std::vector<std::string> missing_roles(const std::string& note);

/// What of the date and the department that an entry has imports contradicted, as its note says: of
/// one that an order had destroyed before that was settled.
[[nodiscard]] plan::Doubt doubt_of(const audit::Destroyed& entry);

/// The day on which it was due by the schedule; unset, of what an order had destroyed: that is not
/// known, or not for sure.
[[nodiscard]] std::optional<base::CivilDate> schedule_day(const audit::Destroyed& entry);

/// Another entry that names a recording: an attempt that failed, a copy that came back, or what a
/// person did about it.
struct Mention {
  std::uint64_t seq = 0;
  base::Time time;
  std::string type;
  std::string run{};
  /// Of a `destroy.failed`; of a `correct` its fact, of an acknowledgement its cause, of an
  /// `order` its ground; else empty.
  std::string reason{};
  Left left = Left::rest;  ///< of a `destroy.partial`
};

/// Whether it is what a person did, and says nothing of what became of the recording.
[[nodiscard]] inline bool is_by_person(const Mention& mention) {
  return mention.type == "correct" || mention.type.starts_with("acknowledge") ||
         mention.type.starts_with("order");
}

struct RecordingFacts {
  Logged<audit::Destroyed> entry;  ///< the last `destroy` or `remove` that names it
  std::shared_ptr<const RunFacts> run;
  std::vector<Mention> others;  ///< in the log's order
  Opening opening;
  Chosen by;  ///< covers everything here
  /// The day of the entry by the clocks on the wall, and their zone; unset when this machine does
  /// not know the zone.
  std::optional<base::CivilDate> done_on;
  std::optional<Delay> delay;  ///< unset: it went on the day on which it was due
  /// Of what an order from before the schedule's day had destroyed: the same from that day on;
  /// unset: it went by then.
  std::optional<Delay> past_schedule{};
  /// A file of it is on disk again. No log says so: whoever asks the index sets it.
  bool is_back = false;
};

[[nodiscard]] inline bool is_removal(const audit::Destroyed& entry) {
  return entry.type == audit::Destroyed::Type::remove;
}

/// Whether an entry says of every file that it was overwritten and read back.
[[nodiscard]] bool claims_destruction(const audit::Destroyed& entry);

/// The civil date of an instant in a zone by name; nullopt when this machine does not know it.
[[nodiscard]] std::optional<base::CivilDate> civil_date(base::Time instant,
                                                        const std::string& zone);

/// A recording that nothing can be certified of, and why, in words.
struct Refused {
  std::string recording, why;
  bool named = false;  ///< whether the log names it at all
};

struct Gathered {
  std::vector<RecordingFacts> found;  ///< in the order in which they were asked for
  std::vector<Refused> refused;       ///< likewise
};

/// Reads the log once. Throws Failure(log_untrusted) as walk() does. Requires each id once.
[[nodiscard]] Gathered gather(base::Sys& sys, const audit::LogPlace& place,
                              std::span<const std::string> ids);

/// Calls `each` with the certificate of each recording's entry, in an order of its own; all that is
/// said of them is verified with it, signatures included. Throws Failure(log_untrusted).
void certify_all(base::Sys& sys, const audit::LogPlace& place,
                 std::span<const RecordingFacts> recordings, unsigned workers,
                 const std::function<void(const RecordingFacts&, const audit::Certificate&)>& each);

}  // namespace expunge::certify
