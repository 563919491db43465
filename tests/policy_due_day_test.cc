#include "policy/period.h"
#include "policy/schedule.h"
#include "policy/time_zone.h"
#include "support/catch.h"

using namespace expunge;
using base::parse_date;
using policy::parse_period;

namespace {

std::string due(const char* recorded, const char* period) {
  return base::to_text(policy::due_day(*parse_date(recorded), *parse_period(period)));
}

std::string kept_through(const char* recorded, const char* period) {
  return base::to_text(policy::last_day_kept(*parse_date(recorded), *parse_period(period)));
}

std::string london_day(const char* instant) {
  const auto zone = policy::TimeZone::find("Europe/London");
  REQUIRE(zone);
  return base::to_text(zone->civil_date(*base::parse_instant(instant)));
}

std::string london_instant(const char* wall) {
  const auto zone = policy::TimeZone::find("Europe/London");
  REQUIRE(zone);
  return base::to_text(zone->latest_instant(base::parse_written_time(wall)->wall));
}

}  // namespace

TEST_CASE("Twelve months end with the same-numbered day and the day after is the due day") {
  CHECK(kept_through("2025-11-23", "12 months") == "2026-11-23");
  CHECK(due("2025-11-23", "12 months") == "2026-11-24");
  CHECK(due("2025-12-31", "12 months") == "2027-01-01");
  CHECK(due("2026-02-28", "12 months") == "2027-03-01");
}

TEST_CASE("A month without the day ends the period on its last day") {
  CHECK(kept_through("2024-02-29", "12 months") == "2025-02-28");
  CHECK(due("2024-02-29", "12 months") == "2025-03-01");
  CHECK(due("2024-02-29", "48 months") == "2028-03-01");
  CHECK(due("2025-01-31", "1 month") == "2025-03-01");
  CHECK(due("2024-01-31", "1 month") == "2024-03-01");
  CHECK(due("2025-08-31", "6 months") == "2026-03-01");
  CHECK(due("2025-10-31", "1 month") == "2025-12-01");
}

TEST_CASE("Twelve months are not 365 days when a 29 February lies between") {
  CHECK(due("2023-03-01", "12 months") == "2024-03-02");
  CHECK(due("2023-03-01", "365 days") == "2024-03-01");
  CHECK(due("2027-06-15", "12 months") == "2028-06-16");
  CHECK(due("2027-06-15", "365 days") == "2028-06-15");
}

TEST_CASE("A year is twelve months and a week is seven days") {
  CHECK(due("2024-02-29", "1 year") == due("2024-02-29", "12 months"));
  CHECK(due("2025-11-23", "6 years") == "2031-11-24");
  CHECK(due("2025-11-23", "6 weeks") == "2026-01-05");
  CHECK(due("2025-11-23", "90 days") == "2026-02-22");
  CHECK(due("2025-11-23", "1 day") == "2025-11-25");
}

TEST_CASE("The due day of every day of eight years is the day after a day that exists") {
  using namespace std::chrono;
  for (sys_days day = 2024y / 1 / 1; day < sys_days{2032y / 1 / 1}; day += days{1}) {
    for (const char* text : {"1 month", "6 months", "12 months", "3 years"}) {
      const auto period = *parse_period(text);
      const base::CivilDate end = policy::last_day_kept(year_month_day{day}, period);
      REQUIRE(end.ok());
      REQUIRE(sys_days{policy::due_day(year_month_day{day}, period)} == sys_days{end} + days{1});
      const bool same_number = end.day() == year_month_day{day}.day();
      const bool last_of_month = end == year_month_day{end.year() / end.month() / last};
      REQUIRE((same_number || last_of_month));
    }
  }
}

TEST_CASE("A period is a number and a unit and nothing else") {
  CHECK(parse_period("1 year") == policy::Period{1, policy::Period::Unit::years});
  CHECK(parse_period("12 months") == policy::Period{12, policy::Period::Unit::months});
  CHECK(policy::to_text(*parse_period("1 months")) == "1 month");
  for (const char* bad :
       {"", "12", "months", "0 days", "-1 days", "1000 days", "12  months", "12 Months",
        "12 monthss", "1.5 years", "twelve months", "012 months", "12 months ", "12 fortnights"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_period(bad));
  }
}

TEST_CASE("A call late on a summer evening in UTC belongs to the next civil day in London") {
  CHECK(london_day("2025-07-01T23:30:00Z") == "2025-07-02");
  CHECK(london_day("2025-12-01T23:30:00Z") == "2025-12-01");
  CHECK(due("2025-07-02", "12 months") == "2026-07-03");
}

TEST_CASE("Both clock changes in London fall on their civil days") {
  CHECK(london_day("2025-03-30T00:59:59Z") == "2025-03-30");
  CHECK(london_day("2025-03-29T23:59:59Z") == "2025-03-29");
  CHECK(london_day("2025-03-30T22:59:59Z") == "2025-03-30");
  CHECK(london_day("2025-03-30T23:00:00Z") == "2025-03-31");
  CHECK(london_day("2025-10-25T22:59:59Z") == "2025-10-25");
  CHECK(london_day("2025-10-25T23:00:00Z") == "2025-10-26");
  CHECK(london_day("2025-10-26T23:59:59Z") == "2025-10-26");
  CHECK(london_day("2025-10-27T00:00:00Z") == "2025-10-27");
}

TEST_CASE("A zone takes the later instant of a wall clock reading that occurs twice") {
  CHECK(london_instant("2025-10-26 01:30:00") == "2025-10-26T01:30:00Z");
  CHECK(london_instant("2025-10-26 00:30:00") == "2025-10-25T23:30:00Z");
}

TEST_CASE("A zone takes the moment of the change for a reading that never occurs") {
  CHECK(london_instant("2025-03-30 01:30:00") == "2025-03-30T01:00:00Z");
}

TEST_CASE("A zone that the database does not have is not found") {
  CHECK_FALSE(policy::TimeZone::find("Europe/Atlantis"));
  CHECK_FALSE(policy::TimeZone::find(""));
}

TEST_CASE("A department is a name and a period and the name may hold a colon") {
  const auto department = policy::parse_department("Revenues: Benefits: 6 weeks");
  REQUIRE(department);
  CHECK(department->name == "Revenues: Benefits");
  CHECK(policy::to_text(department->period) == "6 weeks");
  CHECK_FALSE(policy::parse_department(": 12 months"));
  CHECK_FALSE(policy::parse_department("Customer Services 12 months"));
  CHECK_FALSE(policy::parse_department("Bad\x01name: 12 months"));
}
