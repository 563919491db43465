#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/period.h"
#include "policy/time_zone.h"

namespace expunge::policy {

struct Department {
  std::string name;
  Period period;
};

/// The retention schedule: which departments there are, how long the recordings of each are kept,
/// and in which time zone days are counted.
struct RetentionSchedule {
  TimeZone time_zone;
  std::vector<Department> departments;  ///< sorted by name, each once
  std::string reference;                ///< of the council's document and its version; may be empty
  base::CivilDate earliest;             ///< a date before it is taken for no date

  /// nullptr when the schedule does not name `department`.
  [[nodiscard]] const Department* find(std::string_view department) const;
};

/// `NAME: PERIOD`, as in the configuration. nullopt when the name is empty, longer than 128 bytes
/// or not printable UTF-8, or the period is not one.
[[nodiscard]] std::optional<Department> parse_department(std::string_view text);

/// Whether a name can be a department's: 1 to 128 bytes of UTF-8 without control characters.
[[nodiscard]] bool is_department_name(std::string_view name);

}  // namespace expunge::policy
