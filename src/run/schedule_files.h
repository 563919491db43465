#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "run/check.h"

// What calls `expunge run` every night, by what stands in configuration files: nothing is asked of
// systemd or cron, which may not be running.
namespace expunge::run {

/// Something that calls a run.
struct Caller {
  std::string file;
  bool timer = false;                      ///< of systemd; else a line for cron
  std::optional<std::chrono::minutes> at;  ///< since midnight; unset: not as simple as that
  std::string passed_over;                 ///< why cron does not read it; empty: it does
  std::string remedy;                      ///< for that
};

/// Every line for cron that calls one, and expunge.timer when it is enabled. What cannot be read is
/// passed over.
[[nodiscard]] std::vector<Caller> find_callers(base::Sys& sys, const SchedulePlaces& places);

/// The time of day of a line of a system crontab(5) that calls `expunge run`: in `at`, when it is
/// given as two numbers, or as `@daily`. False when the line does not.
[[nodiscard]] bool parse_cron_line(std::string_view line, std::optional<std::chrono::minutes>& at);

/// Of an OnCalendar= value, `*-*-* HH:MM:SS`, without seconds, or `daily`; nullopt for any other.
[[nodiscard]] std::optional<std::chrono::minutes> parse_on_calendar(std::string_view text);

/// The values that a unit file and its drop-ins leave a setting that is a list: an empty one clears
/// those before it. `unit` as expunge.timer.
[[nodiscard]] std::vector<std::string> unit_values(base::Sys& sys, const SchedulePlaces& places,
                                                   const std::string& unit, std::string_view name);

}  // namespace expunge::run
