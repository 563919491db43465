#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace expunge::base {

/// An instant, to the millisecond, as the log writes it.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

/// Only `cli` passes the system's clock; everything below is told the time.
using Clock = std::function<Time()>;

/// A civil date: a day on the calendar of the policy's time zone, not an instant.
using CivilDate = std::chrono::year_month_day;

/// Stands in the log, and in the index for what is destroyed, where a recording had no date: the
/// form of an entry needs one.
inline constexpr CivilDate kUnknownDate{std::chrono::year{1}, std::chrono::month{1},
                                        std::chrono::day{1}};

/// `YYYY-MM-DD`.
[[nodiscard]] std::string to_text(CivilDate date);

/// A valid date written as exactly `YYYY-MM-DD`, years 0001 to 9999; nullopt otherwise.
[[nodiscard]] std::optional<CivilDate> parse_date(std::string_view text);

/// RFC 3339, UTC: `YYYY-MM-DDTHH:MM:SSZ`.
[[nodiscard]] std::string to_text(std::chrono::sys_seconds instant);

/// RFC 3339, UTC, with milliseconds: `YYYY-MM-DDTHH:MM:SS.mmmZ`.
[[nodiscard]] std::string to_text(Time instant);

/// A wall-clock reading: a civil date and the seconds since its midnight, in no zone yet.
struct WallClock {
  CivilDate date;
  std::chrono::seconds time_of_day;
};

/// A date and time as written: an instant when an offset or `Z` stands at its end, else a wall
/// clock.
struct WrittenTime {
  WallClock wall;
  std::optional<std::chrono::seconds> utc_offset;
};

/// `YYYY-MM-DD`, then `T` or a space, `HH:MM:SS`, an optional fraction (cut off), then nothing, `Z`
/// or `±HH:MM` (RFC 3339 §5.6). A leap second counts as the second before it. nullopt when it is
/// not that, or no such day or time exists.
[[nodiscard]] std::optional<WrittenTime> parse_written_time(std::string_view text);

/// As parse_written_time, but only with an offset: the instant. nullopt otherwise.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_instant(std::string_view text);

/// As parse_instant, keeping the milliseconds (exactly three digits): the log's form, byte for
/// byte. nullopt for anything that to_text(Time) would not have written.
[[nodiscard]] std::optional<Time> parse_log_time(std::string_view text);

}  // namespace expunge::base
