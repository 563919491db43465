#include "survey/name_date.h"

#include <algorithm>

namespace expunge::survey {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// How many digits stand at `at`.
std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t count = 0;
  while (at + count < text.size() && is_digit(text[at + count])) ++count;
  return count;
}

unsigned number(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

std::optional<base::CivilDate> day(std::string_view year, std::string_view month,
                                   std::string_view of_month) {
  const base::CivilDate date{std::chrono::year{static_cast<int>(number(year))},
                             std::chrono::month{number(month)}, std::chrono::day{number(of_month)}};
  const bool believable =
      date.year() >= std::chrono::year{1990} && date.year() <= std::chrono::year{2099} && date.ok();
  return believable ? std::optional(date) : std::nullopt;
}

/// The date that begins at `at`, where a run of digits begins.
std::optional<base::CivilDate> date_at(std::string_view path, std::size_t at, std::size_t digits) {
  if (digits == 8 || digits == 12 || digits == 14) {
    return day(path.substr(at, 4), path.substr(at + 4, 2), path.substr(at + 6, 2));
  }
  if (digits != 4 || at + 10 > path.size()) return std::nullopt;
  const char between = path[at + 4];
  if (std::string_view("-/_.").find(between) == std::string_view::npos) return std::nullopt;
  if (path[at + 7] != between || digits_at(path, at + 5) != 2 || digits_at(path, at + 8) != 2) {
    return std::nullopt;
  }
  return day(path.substr(at, 4), path.substr(at + 5, 2), path.substr(at + 8, 2));
}

}  // namespace

std::optional<base::CivilDate> date_in_name(std::string_view path) {
  std::optional<base::CivilDate> found;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t digits = digits_at(path, at);
    if (digits != 0) {
      if (const auto date = date_at(path, at, digits)) found = date;
    }
    at += std::max<std::size_t>(digits, 1);
  }
  return found;
}

}  // namespace expunge::survey
