#include "policy/time_zone.h"

#include <date/tz.h>

namespace expunge::policy {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

std::optional<TimeZone> TimeZone::find(const std::string& name) {
  try {
    return TimeZone(name, date::locate_zone(name));
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

seconds TimeZone::offset_at(sys_seconds instant) const {
  if (instant < cached_begin_ || instant >= cached_end_) {
    const date::sys_info found = zone_->get_info(instant);
    cached_begin_ = found.begin;
    cached_end_ = found.end;
    cached_offset_ = found.offset;
  }
  return cached_offset_;
}

base::CivilDate TimeZone::civil_date(sys_seconds instant) const {
  return std::chrono::floor<days>(instant + offset_at(instant));
}

base::WallClock TimeZone::wall_clock(sys_seconds instant) const {
  const sys_seconds local = instant + offset_at(instant);
  const auto day = std::chrono::floor<days>(local);
  return {base::CivilDate{day}, local - day};
}

sys_seconds TimeZone::latest_instant(const base::WallClock& wall) const {
  const date::local_seconds local{(sys_days{wall.date} + wall.time_of_day).time_since_epoch()};
  return zone_->to_sys(local, date::choose::latest);
}

}  // namespace expunge::policy
