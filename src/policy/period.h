#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace expunge::policy {

/// How long a department's recordings are kept. A year is twelve months, a week seven days; a month
/// is never a number of days.
struct Period {
  enum class Unit { days, weeks, months, years };

  unsigned count;  ///< 1 to 999
  Unit unit;

  bool operator==(const Period&) const = default;
};

/// `12 months`, `1 year`, `90 days`, `6 weeks`: a number, one space, a unit in the singular or
/// plural. nullopt otherwise, and for zero or more than 999.
[[nodiscard]] std::optional<Period> parse_period(std::string_view text);

/// As parse_period reads it, with the singular for one: `1 year`.
[[nodiscard]] std::string to_text(const Period& period);

/// The last civil day on which a recording made on `recorded` must still be kept.
///
/// Months are counted by the corresponding-date rule, Dodds v Walker [1981] 1 WLR 1027: the day of
/// making is not counted, and a period of months ends with the day of the same number, or with the
/// last day of the month when it has no such day (29 Feb 2024 + 12 months: 28 Feb 2025).
///
/// Requires a valid date and a period as parse_period returns it. Never throws.
[[nodiscard]] base::CivilDate last_day_kept(base::CivilDate recorded, const Period& period);

/// The due day: the first civil day on which it may be destroyed, the day after last_day_kept.
[[nodiscard]] base::CivilDate due_day(base::CivilDate recorded, const Period& period);

}  // namespace expunge::policy
