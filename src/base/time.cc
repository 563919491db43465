#include "base/time.h"

#include <fmt/format.h>

namespace expunge::base {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

/// `count` decimal digits at `at`; -1 when they are not.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

bool has(std::string_view text, std::size_t at, char c) {
  return text.size() > at && text[at] == c;
}

/// `Z` or `±HH:MM`, and nothing after it.
std::optional<seconds> parse_offset(std::string_view text) {
  if (text == "Z") return seconds{0};
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const int hour = digits(text, 1, 2);
  const int minute = digits(text, 4, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return std::nullopt;
  const seconds size = hours{hour} + minutes{minute};
  return text[0] == '-' ? -size : size;
}

}  // namespace

std::string to_text(CivilDate date) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::optional<CivilDate> parse_date(std::string_view text) {
  if (text.size() != 10 || !has(text, 4, '-') || !has(text, 7, '-')) return std::nullopt;
  const int year = digits(text, 0, 4);
  const int month = digits(text, 5, 2);
  const int day = digits(text, 8, 2);
  if (year < 1 || month < 0 || day < 0) return std::nullopt;
  const CivilDate date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                       std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return date;
}

std::string to_text(sys_seconds instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::hh_mm_ss clock(instant - day);
  return fmt::format("{}T{:02}:{:02}:{:02}Z", to_text(CivilDate{day}), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

std::string to_text(Time instant) {
  const auto whole = std::chrono::floor<seconds>(instant);
  std::string text = to_text(whole);
  text.pop_back();
  return fmt::format("{}.{:03}Z", text, (instant - whole).count());
}

std::optional<WrittenTime> parse_written_time(std::string_view text) {
  if (text.size() < 19) return std::nullopt;
  const auto date = parse_date(text.substr(0, 10));
  if (!date || (text[10] != 'T' && text[10] != 't' && text[10] != ' ')) return std::nullopt;
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  int second = digits(text, 17, 2);
  if (!has(text, 13, ':') || !has(text, 16, ':')) return std::nullopt;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) {
    return std::nullopt;
  }
  if (second == 60) second = 59;
  std::size_t at = 19;
  if (has(text, at, '.')) {
    const std::size_t first = ++at;
    while (digits(text, at, 1) >= 0) ++at;
    if (at == first) return std::nullopt;
  }
  WrittenTime written{{*date, hours{hour} + minutes{minute} + seconds{second}}, std::nullopt};
  if (at == text.size()) return written;
  written.utc_offset = parse_offset(text.substr(at));
  if (!written.utc_offset) return std::nullopt;
  return written;
}

std::optional<sys_seconds> parse_instant(std::string_view text) {
  const auto written = parse_written_time(text);
  if (!written || !written->utc_offset) return std::nullopt;
  return sys_days{written->wall.date} + written->wall.time_of_day - *written->utc_offset;
}

std::optional<Time> parse_log_time(std::string_view text) {
  const int fraction = digits(text, 20, 3);
  const auto instant = parse_instant(text);
  if (!instant || fraction < 0) return std::nullopt;
  const Time time = *instant + std::chrono::milliseconds{fraction};
  if (to_text(time) != text) return std::nullopt;
  return time;
}

}  // namespace expunge::base
