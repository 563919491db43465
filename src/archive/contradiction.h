#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "archive/store.h"

namespace expunge::archive {

/// What the rows of one import say against the index, a fact at a time: `recorded_at`,
/// `department`, `subject`, `agent`, `call_id`, `bytes of PATH`, `sha256 of PATH`.
///
/// A fact stays contradicted until a person says what is right. An import that agrees with the
/// index may be an older one come again, and settles nothing.
class ContradictionsOfImport {
 public:
  ContradictionsOfImport(Store& store, base::CivilDate today) : store_(store), today_(today) {}

  /// A row says otherwise. Returns whether that is new; if it is not, the first words stand. What
  /// was said before a person put the fact right is no news. `kept` is what says that it was said,
  /// where `says` does not; empty: nothing does. Where whose call it is goes into no text, `was`
  /// and `says` are empty.
  [[nodiscard]] bool differs(std::int64_t key, std::string_view fact, std::string_view was,
                             std::string_view says, std::string_view kept);

 private:
  [[nodiscard]] std::string words_of(std::string_view fact, std::string_view was,
                                     std::string_view says) const;

  Store& store_;
  base::CivilDate today_;
};

/// A destroyed recording's civil date against an instant, whose civil date is a matter of the time
/// zone: within a day either way.
[[nodiscard]] bool same_day(std::string_view civil_date, std::chrono::sys_seconds instant);

/// It was given for what was known of the recording until now.
void end_acknowledgement(Store& store, std::int64_t key);

/// Makes `words` stand against the recording under `fact`; the first words of a fact stand. What is
/// new ends an acknowledgement: it was given for what was known before.
void contradict(Store& store, std::int64_t key, std::string_view fact, std::string_view words);

/// The log says otherwise, in words, and `says` so, where that can be compared (else empty). What
/// an import had said of the fact stays in the words until the log has a newer one, and as what is
/// said where the log does not tell. Ends an acknowledgement too; not of what the log had said
/// before.
void contradict_by_log(Store& store, std::int64_t key, std::string_view fact,
                       std::string_view words, std::string_view says);

/// Clears what the log said: of a recording that was destroyed since.
void drop_log_words(Store& store, std::int64_t key);

/// Of a recording that an import has just brought: what the log says of it and the index had lost
/// stands against it from then on. Returns of how many facts.
[[nodiscard]] std::uint64_t take_lost_words(Store& store, std::int64_t key, std::string_view id);

/// Clears what stands against a fact, and nothing else.
void drop(Store& store, std::int64_t key, std::string_view fact);

/// How the index keeps what was said of a subject, an agent or a call, so that it can be known
/// again and not read: in hex, of the index's salt, the fact and the value.
[[nodiscard]] std::string secret(Store& store, std::string_view fact, std::string_view value);

/// Whether a person has put the fact right, so that no import may change it.
[[nodiscard]] bool is_corrected(Store& store, std::int64_t key, std::string_view fact);

/// A person has said that the index is right: what stands against the fact is cleared, and may be
/// said again. Ends an acknowledgement.
void settle(Store& store, std::int64_t key, std::string_view fact);

/// A person has said what the fact is, which was `was`: what stands against it is cleared, and what
/// the source said until now contradicts it no more. Ends an acknowledgement too.
void overrule(Store& store, std::int64_t key, std::string_view fact, std::string_view was);

}  // namespace expunge::archive
