#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/time.h"

namespace date {
class time_zone;
}

namespace expunge::policy {

/// A zone of the system's time zone database (tzdata), by which instants become civil dates.
class TimeZone {
 public:
  /// nullopt when the database has no zone `name`, or there is no database.
  [[nodiscard]] static std::optional<TimeZone> find(const std::string& name);

  [[nodiscard]] const std::string& name() const { return name_; }

  /// The civil date on which `instant` falls. Fast for instants near the one asked before; not for
  /// use by two threads at once (copy it).
  [[nodiscard]] base::CivilDate civil_date(std::chrono::sys_seconds instant) const;

  /// What the clocks on the wall show at `instant`.
  [[nodiscard]] base::WallClock wall_clock(std::chrono::sys_seconds instant) const;

  /// The instant at which clocks showed `wall`. A time that occurs twice (clocks go back) means the
  /// later one, so that nothing is due early; one that never occurs (clocks go forward) means the
  /// moment of the change.
  [[nodiscard]] std::chrono::sys_seconds latest_instant(const base::WallClock& wall) const;

 private:
  TimeZone(std::string name, const date::time_zone* zone) : name_(std::move(name)), zone_(zone) {}
  [[nodiscard]] std::chrono::seconds offset_at(std::chrono::sys_seconds instant) const;

  std::string name_;
  const date::time_zone* zone_;  // owned by the library's database, for the process's life
  mutable std::chrono::sys_seconds cached_begin_{}, cached_end_{};
  mutable std::chrono::seconds cached_offset_{};
};

}  // namespace expunge::policy
