// Dates, times, periods, departments and due days as people and exports write them.

#include <array>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/config.h"
#include "fuzz/support/input.h"
#include "policy/schedule.h"
#include "policy/time_zone.h"

using namespace expunge;
using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;

namespace {

constexpr base::CivilDate kFirst = std::chrono::year{1} / 1 / 1;
constexpr base::CivilDate kLast = std::chrono::year{9999} / 12 / 31;

bool in_range(std::chrono::sys_seconds instant) {
  return instant >= sys_days{kFirst} && instant < sys_days{kLast} + days{1};
}

void check_instants(std::string_view text, const policy::TimeZone& zone) {
  const auto written = base::parse_written_time(text);
  const auto instant = base::parse_instant(text);
  EXPUNGE_ASSERT(!instant || (written && written->utc_offset));
  if (written) {
    EXPUNGE_ASSERT(written->wall.date.ok());
    EXPUNGE_ASSERT(written->wall.time_of_day >= seconds{0} && written->wall.time_of_day < days{1});
    const auto latest = zone.latest_instant(written->wall);
    const auto shown = zone.wall_clock(latest);
    const auto wanted = sys_days{written->wall.date} + written->wall.time_of_day;
    const auto got = sys_days{shown.date} + shown.time_of_day;
    // The same again, or the moment of the change where clocks skipped it.
    EXPUNGE_ASSERT(got == wanted || (got > wanted && got - wanted <= days{1}));
    EXPUNGE_ASSERT(zone.civil_date(latest) == shown.date);
  }
  if (instant && in_range(*instant)) {
    EXPUNGE_ASSERT(base::parse_instant(base::to_text(*instant)) == instant);
  }
  if (const auto time = base::parse_log_time(text)) {
    EXPUNGE_ASSERT(base::to_text(*time) == text);
    EXPUNGE_ASSERT(std::chrono::floor<seconds>(*time) == *instant);
  }
}

/// The due day by the rule in words, one day after another.
void check_due_day(base::CivilDate recorded, const policy::Period& period) {
  using Unit = policy::Period::Unit;
  const auto last = policy::last_day_kept(recorded, period);
  const auto due = policy::due_day(recorded, period);
  EXPUNGE_ASSERT(last.ok() && sys_days{due} == sys_days{last} + days{1});
  EXPUNGE_ASSERT(sys_days{last} > sys_days{recorded});
  if (period.unit == Unit::days || period.unit == Unit::weeks) {
    const unsigned count = period.count * (period.unit == Unit::weeks ? 7 : 1);
    EXPUNGE_ASSERT(sys_days{last} - sys_days{recorded} == days{count});
    return;
  }
  const unsigned count = period.count * (period.unit == Unit::years ? 12 : 1);
  const int first_month = static_cast<int>(recorded.year()) * 12 +
                          static_cast<int>(static_cast<unsigned>(recorded.month()));
  const int last_month =
      static_cast<int>(last.year()) * 12 + static_cast<int>(static_cast<unsigned>(last.month()));
  EXPUNGE_ASSERT(last_month - first_month == static_cast<int>(count));
  const bool end_of_month = base::CivilDate{sys_days{last} + days{1}}.month() != last.month();
  EXPUNGE_ASSERT(last.day() == recorded.day() || (end_of_month && last.day() < recorded.day()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array kZones = {policy::TimeZone::find("Europe/London").value(),
                                    policy::TimeZone::find("America/St_Johns").value(),
                                    policy::TimeZone::find("Pacific/Apia").value()};
  fuzz::Input input(data, size);
  const policy::TimeZone& zone = kZones[input.byte() % kZones.size()];
  std::optional<base::CivilDate> date;
  std::optional<policy::Period> period;
  while (!input.empty()) {
    const std::string_view text = input.text_until("\n");
    check_instants(text, zone);
    if (const auto found = base::parse_date(text)) {
      EXPUNGE_ASSERT(found->ok() && base::to_text(*found) == text);
      date = found;
    }
    if (const auto found = policy::parse_period(text)) {
      EXPUNGE_ASSERT(found->count >= 1 && found->count <= 999);
      EXPUNGE_ASSERT(policy::parse_period(policy::to_text(*found)) == found);
      period = found;
    }
    if (const auto found = policy::parse_department(text)) {
      const std::string again = found->name + ": " + policy::to_text(found->period);
      const auto twice = policy::parse_department(again);
      EXPUNGE_ASSERT(policy::is_department_name(found->name));
      EXPUNGE_ASSERT(twice && twice->name == found->name && twice->period == found->period);
    }
    if (const auto found = cli::parse_duration(text)) EXPUNGE_ASSERT(*found >= seconds{0});
    if (date && period) check_due_day(*date, *period);
  }
  return 0;
}
