#include "policy/schedule.h"

#include <algorithm>

#include "base/text.h"

namespace expunge::policy {

const Department* RetentionSchedule::find(std::string_view department) const {
  const auto found = std::lower_bound(
      departments.begin(), departments.end(), department,
      [](const Department& each, std::string_view name) { return each.name < name; });
  if (found == departments.end() || found->name != department) return nullptr;
  return &*found;
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

}  // namespace expunge::policy
