#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "archive/index.h"
#include "certify/walk.h"
#include "plan/decision.h"
#include "policy/schedule.h"

// What became of the recordings of a department and some days, in figures: for somebody who asks
// about a call whose number nobody may keep.
namespace expunge::certify {

struct RecordedDays {
  std::string department;
  base::CivilDate from, to;  ///< of recording, both included
  /// Aliases of the department: the index may have its recordings by these, and so may the log from
  /// when they were departments.
  std::vector<std::string> aliases{};
  /// A date of recording before it cannot be true, by the schedule as configured; unset: not asked.
  std::optional<base::CivilDate> earliest{};

  [[nodiscard]] bool has_department(const std::string& name) const;
};

/// What the log says.
struct DaysInLog {
  using ByDay = std::map<base::CivilDate, std::uint64_t>;  ///< recordings, by the day of the entry
  ByDay destroyed;
  ByDay removed;  ///< without overwriting
  /// Of those above: so often a copy came back, and was destroyed or removed once more.
  std::uint64_t destroyed_again = 0, removed_again = 0;
  /// Of those above: a file was not in its place, and what became of it is not known.
  std::uint64_t without_file = 0;
  /// Not among those: destroyed or removed by order, and perhaps of these days. `undated`: without
  /// a date, or with one that could not be true or that an import contradicted; of the department,
  /// or of one that is not known for sure: none that the schedule named, or one that an import
  /// contradicted. `department_unsure`: made on these days, and of such a department.
  struct ByOrder {
    std::uint64_t recordings = 0;
    std::uint64_t removed = 0;  ///< of these, without overwriting
  } undated, department_unsure;
  std::uint64_t partly = 0;        ///< part of it overwritten or removed, and not destroyed since
  std::uint64_t nothing_left = 0;  ///< of these: all of it was overwritten
  /// Recordings of whatever day whose last attempt failed, and why: those left out of which a
  /// person has said since that their file is right as it is. The log does not say of which
  /// department they are.
  std::unordered_map<std::string, std::string> failed;
  /// Whether any entry, of whatever day, names the department: a destruction, an order of a person,
  /// or a policy, there as an alias too.
  bool knows_department = false;
  std::set<std::string> departments;  ///< those that its policies named
  /// Departments of which a policy of the log said that the one asked about, or one of its aliases,
  /// was another name; the log has by these what was destroyed under that name then.
  std::set<std::string> other_name_of;
  bool has_other_names = false;  ///< whether a policy joined it with any name that is no alias now
  /// The ids of those destroyed and removed; and of those of the same days that are not counted so,
  /// and may be in the index: the log has them by another name which a policy joined with the one
  /// asked about, so that the index may have either by either name, or in doubt.
  std::unordered_set<std::string> gone, gone_apart;
  Opening opening;
  Chosen by;
};

/// What the index says.
struct DaysInIndex {
  std::map<plan::Verdict, std::uint64_t> by_verdict;  ///< of those not destroyed
  std::map<std::string, std::uint64_t> failed;  ///< of these, by the reason of the last attempt
  /// Not among those by verdict, and perhaps of these days: of the department, or of one that is
  /// not known for sure, without a date, or with one that cannot be true or is contradicted.
  std::uint64_t undated = 0;
  /// Nor these: of these days, with a department that the schedule does not name, or that is
  /// contradicted.
  std::uint64_t department_unsure = 0;
  /// Destroyed or removed, under this log or an earlier one: those that the log has by another name
  /// left out, and those that the index has by one that is no alias any more counted.
  std::uint64_t gone = 0;
  /// Besides: destroyed or removed once, and a file of theirs is back. Counted by verdict too.
  std::uint64_t returned = 0;
  std::uint64_t returned_unsure = 0;  ///< likewise; but the index has them by such another name
};

/// Reads the log once; memory grows with the recordings asked about and those that failed. Throws
/// Failure(log_untrusted) as walk() does, and when the log does not verify.
[[nodiscard]] DaysInLog ask_log(base::Sys& sys, const audit::LogPlace& place,
                                const RecordedDays& days, unsigned workers);

/// Decides about the recordings of those days for `today`. Throws as the index does.
[[nodiscard]] DaysInIndex ask_index(const archive::Index& index,
                                    const policy::RetentionSchedule& schedule,
                                    base::CivilDate today, const RecordedDays& days,
                                    const DaysInLog& log);

}  // namespace expunge::certify
