#include "cli/dates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace expunge::cli {
namespace {

constexpr std::size_t kDateSize = std::string_view("2026-11-23").size();
constexpr std::size_t kMinuteSize = std::string_view("2026-11-23 14:00").size();

constexpr std::array<const char*, 12> kMonths = {"January",   "February", "March",    "April",
                                                 "May",       "June",     "July",     "August",
                                                 "September", "October",  "November", "December"};

std::optional<base::CivilDate> date_of(std::string_view year, std::string_view month,
                                       std::string_view day) {
  if (year.size() != 4 || month.empty() || month.size() > 2 || day.empty() || day.size() > 2) {
    return std::nullopt;
  }
  const auto two = [](std::string_view text) {
    return text.size() == 1 ? "0" + std::string(text) : std::string(text);
  };
  return base::parse_date(std::string(year) + "-" + two(month) + "-" + two(day));
}

/// `14/05/2025`, as it is read in Britain, also with dots or hyphens, and `2025/5/14`.
std::optional<base::CivilDate> meant_by(std::string_view text) {
  const std::size_t first = text.find_first_of("/.-");
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = text.find(text[first], first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto a = text.substr(0, first);
  const auto b = text.substr(first + 1, second - first - 1);
  const auto c = text.substr(second + 1);
  return a.size() == 4 ? date_of(a, b, c) : date_of(c, b, a);
}

std::string in_words(base::CivilDate date) {
  return fmt::format("{} {} {}", static_cast<unsigned>(date.day()),
                     kMonths.at(static_cast<unsigned>(date.month()) - 1),
                     static_cast<int>(date.year()));
}

/// Digits and hyphens in the right places.
bool has_form_of_date(std::string_view text) {
  return text.size() == kDateSize && std::all_of(text.begin(), text.end(), [&](const char& c) {
           const auto at = &c - text.data();
           return at == 4 || at == 7 ? c == '-' : c >= '0' && c <= '9';
         });
}

std::string no_such_day(std::string_view text) {
  return fmt::format("'{}' is no day of the calendar", base::printable(text));
}

}  // namespace

std::string date_fault(std::string_view text) {
  if (has_form_of_date(text)) return no_such_day(text);
  std::string fault = fmt::format("'{}' is not a date as 2026-11-23", base::printable(text));
  if (const auto meant = meant_by(text)) {
    fault += fmt::format(": if {} is meant, write {}", in_words(*meant), base::to_text(*meant));
  }
  return fault;
}

std::string time_fault(std::string_view text) {
  const std::string_view date = text.substr(0, text.find_first_of(" T"));
  if (has_form_of_date(date) && !base::parse_date(date)) return no_such_day(date);
  std::string fault = fmt::format(
      "'{}' is no time as 2026-11-23T14:00:00Z, or local as '2026-11-23 14:00', and no day as "
      "2026-11-23",
      base::printable(text));
  if (const auto meant = meant_by(date)) {
    fault += fmt::format(": if {} is meant, write {}{}", in_words(*meant), base::to_text(*meant),
                         date.size() == text.size() ? "" : ", and the time behind it");
  }
  return fault;
}

std::optional<base::WrittenTime> parse_written_minute(std::string_view text) {
  const bool has_seconds = text.size() > kMinuteSize && text[kMinuteSize] == ':';
  if (text.size() < kMinuteSize || has_seconds) return base::parse_written_time(text);
  return base::parse_written_time(std::string(text.substr(0, kMinuteSize)) + ":00" +
                                  std::string(text.substr(kMinuteSize)));
}

}  // namespace expunge::cli
