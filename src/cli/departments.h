#pragma once

#include <set>
#include <string>

#include "archive/index.h"
#include "policy/schedule.h"

// Whether anybody has heard of a department that is named on the command line.
namespace expunge::cli {

/// Of so many departments beyond those of the schedule a message names each, and of no further.
inline constexpr std::size_t kMostDepartmentsNamed = 20;

/// What the index says of a department that the schedule does not name.
struct InIndex {
  bool found = false;            ///< recordings of it are there, or were until they were destroyed
  std::set<std::string> others;  ///< when not: some that the index has and the schedule has not
};
/// Reads the whole index when it is not found. Throws as the index does.
[[nodiscard]] InIndex look_for_department(const archive::Index& index,
                                          const policy::RetentionSchedule& schedule,
                                          const std::string& department);

/// Those of the schedule, then `others`: `A, B, C`; safe for a terminal.
[[nodiscard]] std::string departments_text(const policy::RetentionSchedule& schedule,
                                           const std::set<std::string>& others);

}  // namespace expunge::cli
