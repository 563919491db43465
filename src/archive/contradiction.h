#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "archive/store.h"

namespace expunge::archive {

/// What the rows of one import say against the index, a fact at a time: `recorded_at`,
/// `department`, `bytes of PATH`, `sha256 of PATH`.
///
/// A fact stays contradicted until an import comes of which a row agrees with the index and none
/// differs, in whatever order they come; that can be known at the end only.
class ContradictionsOfImport {
 public:
  ContradictionsOfImport(Store& store, base::CivilDate today) : store_(store), today_(today) {}

  /// A row says otherwise. Returns whether that is new; if it is not, the first words stand. What
  /// the source said before a person put the fact right is no news: it agrees.
  [[nodiscard]] bool differs(std::int64_t key, std::string_view fact, std::string_view was,
                             std::string_view says);
  /// A row says the same as the index.
  void agrees(std::int64_t key, std::string_view fact);
  /// At the end of the import: clears what no row contradicted, and calls `changed` for each
  /// recording of which something was cleared.
  void settle(const std::function<void(std::int64_t key)>& changed);

 private:
  Store& store_;
  base::CivilDate today_;
};

/// A destroyed recording's civil date against an instant, whose civil date is a matter of the time
/// zone: within a day either way.
[[nodiscard]] bool same_day(std::string_view civil_date, std::chrono::sys_seconds instant);

/// Makes `words` stand against the recording under `fact`; the first words of a fact stand. What is
/// new ends an acknowledgement: it was given for what was known before.
void contradict(Store& store, std::int64_t key, std::string_view fact, std::string_view words);

/// Whether a person has put the fact right, so that no import may change it.
[[nodiscard]] bool is_corrected(Store& store, std::int64_t key, std::string_view fact);

/// A person has said what the fact is, which was `was`: what stands against it is cleared, and what
/// the source said until now contradicts it no more. Ends an acknowledgement too.
void overrule(Store& store, std::int64_t key, std::string_view fact, std::string_view was);

}  // namespace expunge::archive
