// The brakes of a night, and what lifts them.

#include "plan/brakes.h"

#include "support/catch.h"
#include "support/plan_night.h"

using namespace expunge;
using namespace expunge::test::plan_night;

TEST_CASE("On an ordinary night no brake is on") {
  CHECK(Night().on().empty());
}

TEST_CASE("The first destruction under a log needs an approval") {
  Night night;
  night.facts.destroyed = 0;
  CHECK(night.on() == Names{"first-run"});
  night.summary.total.clear();  // nothing is due: nothing to approve
  CHECK(night.on().empty());
}

TEST_CASE("More than the share and more than a hundred is a brake and either alone is not") {
  Night night;
  night.summary.total[plan::Verdict::due] = {501, 0};
  CHECK(night.on() == Names{"share"});
  night.summary.total[plan::Verdict::due] = {500, 0};  // exactly 5 %
  CHECK(night.on().empty());
  night.summary.recordings = 101;
  night.summary.total[plan::Verdict::due] = {100, 0};
  CHECK(night.on().empty());
  night.summary.total[plan::Verdict::due] = {101, 0};
  CHECK(night.on() == Names{"share"});
}

TEST_CASE("More than max-count is a brake whatever the share") {
  Night night;
  night.safety.max_count = 19;
  CHECK(night.on() == Names{"share"});
  night.safety.max_count = 20;
  CHECK(night.on().empty());
}

TEST_CASE("Another department or period or time zone is a brake and another reference is not") {
  Night night;
  night.policy.departments[0].period = "24 months";
  CHECK(night.on() == Names{"policy"});
  night = Night();
  night.policy.departments.push_back({"Housing", "12 months"});
  CHECK(night.on() == Names{"policy"});
  night = Night();
  night.policy.timezone = "UTC";
  CHECK(night.on() == Names{"policy"});
  night = Night();
  night.policy.schedule = "v2";
  CHECK(night.on().empty());
}

TEST_CASE("The policy brake says what differs from the schedule last logged") {
  const auto message = [](const Night& night) {
    const auto brakes = plan::brakes(night.situation());
    REQUIRE(brakes.size() == 1);
    CHECK(brakes.front().found == audit::policy_digest(night.policy));
    return brakes.front().message;
  };
  const std::string differs = "the retention schedule differs from that last logged: ";
  Night night;
  night.facts.policy = audit::Policy{"UTC",
                                     {{"Customer Services", "12 weeks"}, {"Parking", "1 year"}},
                                     "",
                                     {{"Cust Svcs", "Customer Services"}, {"P", "Parking"}}};
  night.policy.departments.push_back({"Housing", "6 months"});
  night.policy.aliases = {{"Homes", "Housing"}, {"P", "Housing"}};
  CHECK(message(night) ==
        differs +
            "time zone Europe/London, was UTC; Customer Services: 12 months, was 12 weeks; "
            "department Housing is new (6 months); department Parking is no longer in it (1 year); "
            "alias Homes (of Housing) is new; alias P is of Housing, was of Parking; alias Cust "
            "Svcs (of Customer Services) is no longer in it");
  night = Night();
  for (int i = 100; i < 115; ++i) {
    night.policy.departments.push_back({"D" + std::to_string(i) + "\n", "1 year"});
  }
  const std::string many = message(night);
  CHECK(many.find("department D109\\x0a is new (1 year); and 5 more") != std::string::npos);
  CHECK(many.find("D110") == std::string::npos);
  night = Night();
  night.policy.departments.push_back({"Housing", "1 year"});
  night.facts.policy->departments = {{"Housing", "1 year"}, {"Customer Services", "12 months"}};
  CHECK(message(night) == "departments or aliases stand in another order than last logged");
}

TEST_CASE("A log without a policy cannot be compared and so is a brake") {
  Night night;
  night.facts.policy.reset();
  CHECK(night.on() == Names{"policy"});
}

TEST_CASE("A clock before the newest run is a brake") {
  Night night;
  night.now = at("2026-11-23T01:59:59Z");
  CHECK(night.on() == Names{"clock"});
}

TEST_CASE("A clock more than the step after both the newest run and recording is a brake") {
  Night night;
  night.now = at("2026-11-30T18:00:00Z");
  CHECK(night.on().empty());
  night.now = at("2026-11-30T18:00:01Z");
  CHECK(night.on() == Names{"clock"});
  night.facts.newest_run_start->time = at("2026-11-24T02:00:00Z");  // a run alone is enough
  CHECK(night.on().empty());
}

TEST_CASE("With neither a run nor a recording the clock is no brake") {
  Night night;
  night.facts.newest_run_start.reset();
  night.facts.last_run_start.reset();
  night.summary.newest_recording.reset();
  CHECK(night.on().empty());
}

TEST_CASE("Another machine is a brake") {
  Night night;
  night.host = "rec2";
  CHECK(night.on() == Names{"host"});
  night.facts.last_run_start.reset();
  CHECK(night.on().empty());
}

TEST_CASE("Another directory under the name of the root is a brake") {
  Night night;
  night.root = "3 4";
  CHECK(night.on() == Names{"root"});
  night.root = "";  // the dry run does not look at the disk
  CHECK(night.on().empty());
}

TEST_CASE("An index that does not know the root of a run that the log knows is a brake") {
  Night night;
  night.memory.root = "";
  CHECK(night.on() == Names{"root"});
  night.root = "";  // which the dry run sees too
  CHECK(night.on() == Names{"root"});
  night.facts.settled_size = 0;  // there was no run
  CHECK(night.on().empty());
}

TEST_CASE("An index that lacks an import or a run is a brake and one that has more is none") {
  Night night;
  night.memory.imports = 6;
  CHECK(night.on() == Names{"index"});
  night.memory.imports = 8;  // a crash between index and log
  CHECK(night.on().empty());
  night.memory.reconciled_size = 39;
  CHECK(night.on() == Names{"index"});
  night.memory.reconciled_size = 41;
  CHECK(night.on().empty());
  night.memory = {};
  CHECK(night.on() == Names{"index", "root"});
}

TEST_CASE("A machine without a name cannot be compared and so is a brake") {
  Night night;
  night.host = "";
  CHECK(night.on() == Names{"host"});
  night.facts.last_run_start->host = "";
  const auto brakes = plan::brakes(night.situation());
  REQUIRE(brakes.size() == 1);
  CHECK(brakes[0].name == "host");
}

TEST_CASE("Recordings that need attention are no part of what the share is of") {
  Night night;
  night.summary.total[plan::Verdict::due] = {500, 0};  // exactly 5 %
  night.summary.recordings += 1;
  night.summary.total[plan::Verdict::attention] = {1, 0};
  CHECK(night.on().empty());
  night.summary.total[plan::Verdict::attention] = {2, 0};
  CHECK(night.on() == Names{"share"});
  CHECK(plan::brakes(night.situation())[0].found == "500 of 9999");
}

TEST_CASE("A clock at the very moment of the newest run is no brake") {
  Night night;
  night.now = at("2026-11-23T02:00:00Z");
  CHECK(night.on().empty());
  night.now -= std::chrono::milliseconds{1};
  CHECK(night.on() == Names{"clock"});
}

TEST_CASE("An approval that covers nothing of what is due lifts nothing nor does an older one") {
  Night night;
  night.facts.destroyed = 0;
  archive::Approval approval;
  approval.policy = audit::policy_digest(night.policy);
  approval.approved_at = night.now;
  const std::vector<archive::Approval> two = {approval, approval};
  CHECK(night.judge(two, {}, 0).approval == nullptr);
  CHECK(night.judge(two, {}, 0).still_on.size() == 1);
  const auto judgement =
      plan::judge(night.situation(), two, {},
                  [&](const archive::Approval& each) { return &each == &two[0] ? 0U : 20U; });
  CHECK(judgement.approval == nullptr);
  CHECK(night.judge(two, {}, 1).approval == &two[0]);
  // With nothing due there is nothing to cover: a changed policy is approved all the same.
  night.summary.total.clear();
  night.policy.timezone = "UTC";
  archive::Approval empty = approval;
  empty.policy = audit::policy_digest(night.policy);
  CHECK(night.judge({empty}, {}, 0).still_on.empty());
}

TEST_CASE("The next run starts where the clocks on the wall say so and never before now") {
  const auto london = *policy::TimeZone::find("Europe/London");
  const auto next = [&](const char* now, int run_at_minutes) {
    return base::to_text(plan::time_of_next_run(london, *base::parse_instant(now),
                                                std::chrono::minutes{run_at_minutes}));
  };
  CHECK(next("2026-11-24T01:59:59Z", 120) == "2026-11-24T02:00:00Z");
  CHECK(next("2026-11-24T02:00:00Z", 120) == "2026-11-25T02:00:00Z");
  CHECK(next("2026-07-01T12:00:00Z", 120) == "2026-07-02T01:00:00Z");
  CHECK(next("2026-10-24T12:00:00Z", 90) == "2026-10-25T01:30:00Z");  // twice: the later
  CHECK(next("2026-03-28T12:00:00Z", 90) == "2026-03-29T01:00:00Z");  // never: at the change
  CHECK(next("2026-10-25T00:45:00Z", 90) >= "2026-10-25T00:45:00Z");
}

TEST_CASE("An approval lifts first-run and share and policy and no flag does") {
  Night night;
  night.facts.destroyed = 0;
  night.now = at("2027-01-01T02:00:00Z");
  night.host = "rec2";
  night.root = "3 4";
  archive::Approval approval;
  approval.policy = audit::policy_digest(night.policy);
  approval.approved_at = night.now;
  const std::vector<archive::Approval> none;
  const std::vector<archive::Approval> one = {approval};
  night.memory.imports = 6;
  const plan::Accepted all{true, true, true, true};
  CHECK(night.judge(none).tripped.size() == 5);
  CHECK(night.judge(none, all).still_on.size() == 1);
  CHECK(night.judge(none).approval == nullptr);
  CHECK(night.judge(one).still_on.size() == 4);
  CHECK(night.judge(one, all).still_on.empty());
  CHECK(night.judge(one).approval == &one[0]);
  CHECK(night.judge(one).approved_due == 20);
  night.facts.destroyed = 5;  // no brake needs it any more
  CHECK(night.judge(one).approval == nullptr);
}

TEST_CASE("An approval is good for seven days and under its own policy alone") {
  archive::Approval approval;
  approval.plan = "p";
  approval.policy = "a";
  approval.approved_at = at("2026-11-23T15:00:00Z");
  const std::vector<archive::Approval> approvals = {approval};
  CHECK(plan::valid_approvals(approvals, "a", at("2026-11-23T15:00:00Z")).size() == 1);
  CHECK(plan::valid_approvals(approvals, "a", at("2026-11-30T15:00:00Z")).size() == 1);
  CHECK(plan::valid_approvals(approvals, "a", at("2026-11-30T15:00:01Z")).empty());
  CHECK(plan::valid_approvals(approvals, "a", at("2026-11-23T14:59:59Z")).empty());
  CHECK(plan::valid_approvals(approvals, "b", at("2026-11-24T02:00:00Z")).empty());
}
