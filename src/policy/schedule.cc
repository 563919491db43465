#include "policy/schedule.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace expunge::policy {

namespace {

/// In a list that is sorted by name; nullptr when it has none of that name.
template <typename Named>
const Named* by_name(const std::vector<Named>& list, std::string_view wanted) {
  const auto found =
      std::lower_bound(list.begin(), list.end(), wanted,
                       [](const Named& each, std::string_view name) { return each.name < name; });
  if (found == list.end() || found->name != wanted) return nullptr;
  return &*found;
}

}  // namespace

const Department* RetentionSchedule::find(std::string_view department) const {
  if (const Department* const found = by_name(departments, department)) return found;
  const Alias* const alias = by_name(aliases, department);
  return alias == nullptr ? nullptr : by_name(departments, alias->department);
}

std::string_view RetentionSchedule::name_of(std::string_view department) const {
  const Department* const found = find(department);
  return found == nullptr ? department : std::string_view(found->name);
}

std::vector<std::string> RetentionSchedule::names_of(std::string_view department) const {
  std::vector<std::string> names = {std::string(name_of(department))};
  for (const Alias& alias : aliases) {
    if (alias.department == names.front()) names.push_back(alias.name);
  }
  return names;
}

base::CivilDate RetentionSchedule::latest_due_day(base::CivilDate indexed_on) const {
  EXPUNGE_ASSERT(!departments.empty());
  base::CivilDate latest = indexed_on;
  for (const Department& department : departments) {
    latest = std::max(latest, due_day(indexed_on, department.period));
  }
  return latest;
}

bool is_department_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 && base::is_utf8(name) &&
         std::none_of(name.begin(), name.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte < 0x20 || byte == 0x7f;
         });
}

std::optional<Department> parse_department(std::string_view text) {
  const auto colon = text.rfind(':');  // a name may hold colons, a period cannot
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view name = base::trim(text.substr(0, colon));
  const auto period = parse_period(base::trim(text.substr(colon + 1)));
  if (!period || !is_department_name(name)) return std::nullopt;
  return Department{std::string(name), *period};
}

std::optional<Alias> parse_alias(std::string_view text,
                                 const std::vector<Department>& departments) {
  std::optional<Alias> found;
  for (auto colon = text.find(':'); colon != std::string_view::npos;
       colon = text.find(':', colon + 1)) {
    const std::string_view name = base::trim(text.substr(0, colon));
    const std::string_view department = base::trim(text.substr(colon + 1));
    if (!is_department_name(name) || by_name(departments, department) == nullptr) continue;
    if (found) return std::nullopt;
    found = Alias{std::string(name), std::string(department)};
  }
  return found;
}

}  // namespace expunge::policy
