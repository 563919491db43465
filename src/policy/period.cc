#include "policy/period.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace expunge::policy {
namespace {

using std::chrono::days;
using std::chrono::months;
using std::chrono::sys_days;

constexpr std::array<std::string_view, 4> kUnitNames = {"day", "week", "month", "year"};

}  // namespace

std::optional<Period> parse_period(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto count = base::parse_number(text.substr(0, space));
  if (!count || *count == 0 || *count > 999) return std::nullopt;
  std::string_view name = text.substr(space + 1);
  if (name.ends_with('s')) name.remove_suffix(1);
  for (std::size_t unit = 0; unit < kUnitNames.size(); ++unit) {
    if (name == kUnitNames[unit]) {
      return Period{static_cast<unsigned>(*count), static_cast<Period::Unit>(unit)};
    }
  }
  return std::nullopt;
}

std::string to_text(const Period& period) {
  return fmt::format("{} {}{}", period.count, kUnitNames[static_cast<std::size_t>(period.unit)],
                     period.count == 1 ? "" : "s");
}

base::CivilDate last_day_kept(base::CivilDate recorded, const Period& period) {
  switch (period.unit) {
    case Period::Unit::days:
      return sys_days{recorded} + days{period.count};
    case Period::Unit::weeks:
      return sys_days{recorded} + days{period.count * 7};
    case Period::Unit::months:
    case Period::Unit::years:
      break;
  }
  const unsigned count = period.unit == Period::Unit::years ? period.count * 12 : period.count;
  const base::CivilDate same_number = recorded + months{count};
  if (same_number.ok()) return same_number;
  return base::CivilDate{same_number.year() / same_number.month() / std::chrono::last};
}

base::CivilDate due_day(base::CivilDate recorded, const Period& period) {
  return sys_days{last_day_kept(recorded, period)} + days{1};
}

}  // namespace expunge::policy
