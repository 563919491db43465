#include "intake/department_map.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <istream>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "policy/schedule.h"

namespace expunge::intake {

DepartmentMap DepartmentMap::read(std::istream& in, const std::string& name) {
  DepartmentMap map;
  std::string text;
  for (std::uint64_t number = 1; std::getline(in, text); ++number) {
    std::string_view line = text;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = base::trim(line);
    if (number == 1 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
    if (line.empty() || line.front() == '#') continue;
    const auto fail = [&](const std::string& what) {
      throw base::Failure(base::ExitStatus::usage,
                          fmt::format("{}: line {}: {}", name, number, what));
    };
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) fail("is not PATTERN = Department, as in 70? = Revenues");
    const std::string pattern(base::trim(line.substr(0, equals)));
    std::string department(base::trim(line.substr(equals + 1)));
    if (pattern.empty()) fail("nothing stands before the =; * matches everything");
    if (department.empty()) fail("nothing stands behind the =; - says nothing of the department");
    if (!policy::is_department_name(department)) {
      fail("the department " + base::printable(department) +
           " is not 1 to 128 bytes of UTF-8 without control characters");
    }
    if (department == "-") department.clear();
    const bool literal = pattern.find_first_of("*?[\\") == std::string::npos;
    map.lines_.push_back({pattern, std::move(department), literal});
  }
  if (in.bad() || map.lines_.empty()) {
    throw base::Failure(base::ExitStatus::usage,
                        name + (in.bad() ? ": cannot be read" : ": maps nothing to a department"));
  }
  return map;
}

std::optional<std::string_view> DepartmentMap::find(std::string_view value) const {
  if (value.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string whole(value);
  for (const Line& line : lines_) {
    const bool fits = line.literal ? line.pattern == value
                                   : ::fnmatch(line.pattern.c_str(), whole.c_str(), 0) == 0;
    if (fits) return line.department;
  }
  return std::nullopt;
}

}  // namespace expunge::intake
