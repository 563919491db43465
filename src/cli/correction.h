#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "archive/index.h"
#include "audit/entry.h"
#include "cli/desk.h"
#include "policy/schedule.h"

// What `correct` says of a recording, and what comes of it.
namespace expunge::cli {

/// What is to be put right; unset: not that fact.
struct Right {
  const policy::Department* department = nullptr;
  std::optional<std::chrono::sys_seconds> recorded_at;
  std::optional<std::string> subject{}, agent{}, call{};  ///< as written
  bool as_indexed = false;
  bool as_found = false;
  bool as_imported = false;  ///< what department and date are, only the index says

  [[nodiscard]] bool is_of_what_is() const { return as_indexed || as_found; }
};

/// What a correction is made of.
struct Correction {
  Right right;
  std::string id, authority;
  std::vector<archive::File> found{};  ///< its files, with --as-found
};

/// Why nobody takes this for a recording's date, as `is in the future: …`; empty: somebody may.
[[nodiscard]] std::string fault_of_date(std::chrono::sys_seconds recorded_at,
                                        const policy::RetentionSchedule& schedule, base::Time now);

/// Sets the department and the date of `correction.right` to what imports say of the recording
/// against the index. Throws Failure(usage), which says why, where they say nothing of either, or
/// what would be attention again.
void take_what_imports_say(Correction& correction, const archive::Recording& recording,
                           const Desk& desk);

/// An entry for each fact that differs from the index, or against which something stands. Throws
/// Failure(usage), which says why, where there is none.
[[nodiscard]] std::vector<audit::Draft> entries_of(const Correction& correction,
                                                   const archive::Recording& recording,
                                                   const Desk& desk);

/// Whether the log knows corrections of a recording that the index, put back from a backup, has not
/// got, and that nobody has settled.
[[nodiscard]] bool is_awaited(const archive::Index& index, const std::string& id);

/// It will not come: settles these. Returns an entry for each.
[[nodiscard]] std::vector<audit::Draft> await_no_more(const archive::Index& index,
                                                      archive::Index::Writing& writing,
                                                      const Correction& correction);

/// Puts it into the index. Requires that entries_of() was asked of the same `recording`, as it is
/// before that, under the same write lock.
void put_right(archive::Index::Writing& writing, const Correction& correction,
               const archive::Recording& recording, const Desk& desk);

}  // namespace expunge::cli
