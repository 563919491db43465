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

/// Another name of a department, by which recordings came into the index.
struct Alias {
  std::string name;
  std::string department;  ///< as the schedule calls it
};

/// The retention schedule: which departments there are, how long the recordings of each are kept,
/// and in which time zone days are counted.
struct RetentionSchedule {
  TimeZone time_zone;
  std::vector<Department> departments;  ///< sorted by name, each once
  std::string reference;                ///< of the council's document and its version; may be empty
  base::CivilDate earliest;             ///< a date before it is taken for no date
  std::vector<Alias> aliases{};         ///< sorted by name, each once; of departments it names

  /// By its name or an alias; nullptr when the schedule does not know `department`.
  [[nodiscard]] const Department* find(std::string_view department) const;
  /// The name by which the schedule knows `department`, or itself when it does not.
  [[nodiscard]] std::string_view name_of(std::string_view department) const;
  /// The names that mean the same department, its own first; `department` alone when the schedule
  /// does not know it.
  [[nodiscard]] std::vector<std::string> names_of(std::string_view department) const;
  /// The day from which what has been in the index since `indexed_on`, and has no usable date, has
  /// been kept for longer than any department's recordings are. Requires departments.
  [[nodiscard]] base::CivilDate latest_due_day(base::CivilDate indexed_on) const;
};

/// `NAME: PERIOD`, as in the configuration. nullopt when the name is empty, longer than 128 bytes
/// or not printable UTF-8, or the period is not one.
[[nodiscard]] std::optional<Department> parse_department(std::string_view text);

/// `ALIAS: DEPARTMENT`, as in the configuration; either may hold colons. nullopt when no colon
/// stands before the name of one of `departments`, or more than one does, or the alias is no name.
[[nodiscard]] std::optional<Alias> parse_alias(std::string_view text,
                                               const std::vector<Department>& departments);

/// Whether a name can be a department's: 1 to 128 bytes of UTF-8 without control characters.
[[nodiscard]] bool is_department_name(std::string_view name);

}  // namespace expunge::policy
