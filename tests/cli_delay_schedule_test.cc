// What the schedule had to do with a recording that went later than it was due: names that it did
// not know, other periods, orders from before its day.

#include "support/council_program.h"
#include "support/delayed_log.h"

using namespace expunge;
using namespace expunge::test;
using namespace expunge::test::delayed_log;

TEST_CASE("A name that the schedule learnt for its department may be why it went late") {
  Delayed log;
  const std::vector<audit::PolicyDepartment> departments{{log.of.department, "12 months"}};
  const audit::PolicyAlias alias{"Cust Svcs", log.of.department};
  SECTION("and is told with its entry, and not that it was of that name") {
    const auto seq = log.policy(departments, {alias}, "03T02:00:00");
    log.gone("04", '-');
    const auto late = log.late();
    CHECK(late.at("names_added") == nlohmann::json::array({seq}));
    CHECK(late.at("other_policies").empty());
    const std::string page = log.page();
    CHECK(contains(page,
                   "In that time the retention schedule was given another name for its department "
                   "(entry 3). About a recording whose records had that name nobody could decide "
                   "before; whether this was one, the log does not say."));
    CHECK_FALSE(contains(page, "Cust Svcs"));
    log.check_verified("\"name\":\"Cust Svcs\"", "\"name\":\"Cust Svcz\"");
  }
  SECTION("several, and each once, when it was new") {
    const auto one = log.policy(departments, {alias}, "03T02:00:00");
    const auto two =
        log.policy(departments, {alias, {"Customers", log.of.department}}, "04T02:00:00");
    log.policy(departments, {}, "05T02:00:00");
    log.gone("06", '-');
    CHECK(log.late().at("names_added") == nlohmann::json::array({one, two}));
    CHECK(contains(log.page(),
                   "was given other names for its department (entry 3; entry 4). About a recording "
                   "whose records had such a name nobody"));
  }
  SECTION("and no other period where it was only called otherwise") {
    log.policy({{"Contact Centre", "12 months"}}, {{log.of.department, "Contact Centre"}},
               "03T02:00:00");
    log.said.department = "Contact Centre";
    log.gone("04", '-');
    CHECK(log.late().at("other_policies").empty());
  }
  SECTION("but another where several are one now that had several periods") {
    const auto seq = log.policy({departments[0], {"Switchboard", "6 months"}}, {}, "02T02:00:00");
    log.policy({{"Contact Centre", "12 months"}},
               {{log.of.department, "Contact Centre"}, {"Switchboard", "Contact Centre"}},
               "03T02:00:00");
    log.said.department = "Contact Centre";
    log.gone("04", '-');
    CHECK(log.late().at("other_policies") == nlohmann::json::array({seq}));
  }
  SECTION("but nothing of what had come back, which had gone before") {
    log.said.ground = "returned";
    log.said.authority = "DPO/1";
    log.policy(departments, {alias}, "03T02:00:00");
    log.gone("04", '-');
    CHECK_FALSE(log.late().contains("names_added"));
    CHECK_FALSE(log.recording().contains("late_by_schedule"));
    const std::string page = log.page();
    CHECK(contains(page, "Later than ordered by 3 days"));
    CHECK_FALSE(contains(page, "kept longer"));
    CHECK(contains(page, "To be kept for"));
  }
  SECTION("and not one of another department") {
    log.policy({departments[0], {"Revenues", "12 months"}}, {{"Revs", "Revenues"}}, "03T02:00:00");
    log.gone("04", '-');
    CHECK_FALSE(log.late().contains("names_added"));
  }
  SECTION("nor one of which it could be decided before, as it was a department") {
    log.policy({departments[0], {"Cust Svcs", "12 months"}}, {}, "03T02:00:00");
    log.policy(departments, {alias}, "04T02:00:00");
    log.gone("05", '-');
    CHECK_FALSE(log.late().contains("names_added"));
  }
  SECTION("nor one that it learnt before the recording was due") {
    log.said.due = day_of("2026-01-04");
    log.policy(departments, {alias}, "03T02:00:00");
    log.gone("06", '-');
    CHECK_FALSE(log.late().contains("names_added"));
  }
  SECTION("of what an order had destroyed only from the schedule's day on") {
    log.said.ground = "erasure";
    log.said.authority = "ERA/1";
    log.said.due = day_of("2025-12-20");
    log.policy({{log.of.department, "11 months"}}, {}, "02T01:00:00");
    const auto seq = log.policy(departments, {alias}, "03T02:00:00");
    log.gone("04", '-');
    const auto late = log.late();
    CHECK(late.at("days") == 15);
    CHECK_FALSE(late.contains("names_added"));
    CHECK(late.at("other_policies").empty());
    const auto by_schedule = log.recording().at("late_by_schedule");
    CHECK(by_schedule.at("days") == 3);
    CHECK(by_schedule.at("names_added") == nlohmann::json::array({seq}));
    CHECK(by_schedule.at("other_policies") == nlohmann::json::array({seq - 1}));
    const std::string page = log.page();
    CHECK(contains(page, "Later than ordered by 15 days"));
    CHECK(contains(page, "Later than due by the schedule by 3 days"));
    CHECK(
        contains(page,
                 "It was also kept longer than to the day on which it was due by the schedule. "
                 "For some of that time the retention schedule had another period for it, or none "
                 "(entry 3). In that time the retention schedule was given another name"));
  }
}

TEST_CASE("The letter of one whose department had a name that was new says what is known of that") {
  using std::chrono::days;
  Council council(machine_time(-days{12}).c_str());
  if (!council.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const std::string audio(9000, 'A');
  council.add("first", Office::days_ago(500), "first.wav", audio);
  council.add("strange", Office::days_ago(500), "strange.wav", audio, "Cust Svcs");
  CHECK(council.approve_and_run().tally.destroyed == 1);
  council.schedule.aliases = {{"Cust Svcs", "Customer Services"}};
  council.set_clock(machine_time(-days{6}).c_str());
  CHECK(council.approve_and_run().tally.destroyed == 1);
  const Ended told = CouncilProgram(council).call({"explain", "strange"});
  CHECK_ENDED(told, 0);
  const std::string letter = unwrapped(told.out.substr(0, told.out.find("For the office")));
  CHECK(contains(letter,
                 " the retention schedule was given another name for its department. About a "
                 "recording whose records had that name nobody could decide before; whether this "
                 "was one, the log does not say. "));
  CHECK_FALSE(contains(letter, "Cust Svcs"));
}

TEST_CASE("What is told after the time of which the log knows nothing is not told of that time") {
  Delayed log;
  log.said.due = day_of("2025-11-20");
  log.hold(HoldChange::Kind::place, "01T16:00:00");
  log.hold(HoldChange::Kind::release, "01T16:00:01", "2026-01-05");
  log.policy({{log.of.department, "18 months"}}, {}, "03T02:00:00");
  log.policy({{log.of.department, "12 months"}}, {{"Cust Svcs", log.of.department}}, "04T02:00:00");
  log.gone("20", '-');
  const std::string page = log.page();
  check_all_in(page,
               {"of the time before that day this log knows nothing. Since this log was begun, an "
                "order to keep recordings for another purpose came to an end (entries 3 and 4).",
                " For some of the time since this log was begun the retention schedule had another "
                "period for it, or none (entry 5). Since this log was begun, the retention "
                "schedule was given another name for its department (entry 6)."});
  CHECK_FALSE(contains(page, "hat time an"));
  CHECK_FALSE(contains(page, "n that time the"));
  CHECK_FALSE(contains(page, "some of that time"));
}
