// What waits for an approval, what an approval lifts, and what a run's certificate says of it.

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/certified_log.h"
#include "support/council_program.h"
#include "support/office.h"
#include "support/page_text.h"
#include "support/settled_council.h"

using namespace expunge;
using namespace expunge::test;
using namespace expunge::test::settled_council;
using Json = nlohmann::json;

TEST_CASE("Status names the brake that is on and what waits for an approval") {
  Settled settled;
  NEEDS_A_DISK(settled);
  CouncilProgram program(settled.council);
  CHECK(contains(program.call({"status"}).out, "All is well.\n"));
  settled.add_due("a");
  settled.add_due("b");
  CHECK(contains(program.call({"status"}).out, "All is well.\n"));  // they go tonight
  program.set("safety.max-count", "1");
  Ended status = program.call({"status"});
  CHECK_ENDED(status, 0);
  CHECK(contains(status.out, "A person is needed: a brake is on: share (expunge plan).\n"));
  CHECK_FALSE(contains(status.out, "All is well."));
  program.set("safety.max-count", "5");
  program.set("run.approval", "required");
  status = program.call({"status", "--json"});
  CHECK_ENDED(status, 0);
  const Json needs = Json::parse(status.out).at("needs");
  REQUIRE(needs.size() == 1);
  CHECK(needs.at(0).at("name") == "approval");
  CHECK(needs.at(0).at("message") == "2 recordings wait for an approval");
  CHECK(needs.at(0).at("command") == "plan");
  CHECK_ENDED(
      program.call({"approve",
                    Json::parse(program.call({"plan", "--format", "json"}).out).at("digest"),
                    "--reason", "read"}),
      0);
  CHECK(contains(program.call({"status"}).out, "All is well.\n"));
}

TEST_CASE("Who approves is told of the brakes that stay on and how to go on") {
  Settled settled;
  NEEDS_A_DISK(settled);
  settled.add_due("a");
  settled.add_due("b");
  CouncilProgram program(settled.council);
  program.set("safety.max-count", "1");
  const auto approve = [&] {
    const Json plan = Json::parse(program.call({"plan", "--format", "json"}).out);
    return program.call({"approve", plan.at("digest"), "--reason", "read"});
  };
  SECTION("none") {
    const Ended approved = approve();
    CHECK_ENDED(approved, 0);
    CHECK(approved.err.empty());
  }
  SECTION("another machine") {
    settled.council.host = "elsewhere";
    settled.council.approve();
    settled.council.set_clock(machine_time(-std::chrono::hours{1}).c_str());
    CHECK(settled.council.run(accepting_index()).outcome == run::Outcome::braked);
    run::Request request;
    request.accepted.host = true;
    CHECK(settled.council.run(request).tally.destroyed == 2);
    settled.add_due("c");
    settled.add_due("d");
    const Ended approved = approve();
    CHECK_ENDED(approved, 1);
    CHECK(contains(approved.out, "Approved; recordings due by "));
    const std::string words = "brake host: the last run was on elsewhere, this is ";
    CHECK(contains(approved.err, "expunge: approved, but no run destroys anything yet: " + words));
    CHECK(contains(approved.err,
                   "; to go on: if the archive has moved here for good, expunge run "
                   "--accept-host, once\n"));
    CHECK(contains(program.call({"run"}).err, words));
    CHECK(settled.council.exists("c.wav"));
    CHECK_ENDED(program.call({"run", "--accept-host"}), 0);
    CHECK_FALSE(settled.council.exists("c.wav"));
  }
}

TEST_CASE("A run's certificate says that it was restricted and who approved by which rule") {
  CertifiedLog of;
  const std::string plan(64, 'a');
  const base::CivilDate day = *base::parse_date("2026-01-02");
  const auto yes = [&](const char* user, bool two_person) {
    audit::PlanApprove approval{plan, day, 3, 12000, user};
    approval.two_person = two_person;
    return to_draft(approval);
  };
  of.append({yes("carol", true), yes("dave", true), yes("carol", true), yes("erin", false)},
            "2026-01-01T16:00:00.000Z");
  audit::RunStart start{of.kRun, "rec1", "expunge", day, "Europe/London", plan, 3, 1, 12000, plan,
                        {},      plan,   "",        ""};
  start.restricted = true;
  start.two_person = true;
  audit::RunEnd end{of.kRun, "complete", 1, 0, 7, 5, 1843544, {}};
  end.acknowledged = 2;
  of.append({to_draft(start), to_draft(of.destroyed("rec-1")), to_draft(end)}, of.kNight);
  CHECK_ENDED(of.certificate({"--run", of.kRun}), 0);
  const std::string text = unwrapped(slurp(of.out(of.kRun + std::string(".txt"))));
  check_all_in(
      text,
      {"In the run 20260102T020000Z-5f0c for 2 January 2026, which was of what had been ordered "
       "alone and not of all that was due, 1 recording was destroyed",
       "Need attention 5, of which acknowledged (a person knew of them): 2",
       "Authority orders to destroy, each named by its recording's entry; and the retention "
       "schedule, for what an interrupted run had left, and carol's approval of the plan for 2 "
       "January 2026",
       "Two persons the rule: who approved had a login that the kernel knew",
       "Approved too by jane, 1 January 2026, 15:30:00 UTC (entry 2)",
       "Approved too by dave, 1 January 2026, 16:00:00 UTC (entry 4), by the same rule",
       "Approved too by erin, 1 January 2026, 16:00:00 UTC (entry 6)",
       "Restricted to what had been ordered to be destroyed"});
  CHECK_FALSE(contains(text, "(entry 6), by the same rule"));
  const std::string html = slurp(of.out(of.kRun + std::string(".html")));
  check_all_in(html, {"<dt>Restricted</dt>", "<dt>Two persons</dt>", "<dt>Approved too</dt>",
                      "<dd>5, of which acknowledged"});
  const Json json = Json::parse(of.certificate({"--run", of.kRun, "--replace", "--json"}).out);
  CHECK(json.at("start").at("restricted") == true);
  CHECK(json.at("approval").at("user") == "carol");
  CHECK(json.at("approval").at("two_person") == true);
  CHECK(json.at("end").at("acknowledged") == 2);
  CHECK_ENDED(of.certificate({"rec-1"}), 0);
  check_all_in(unwrapped(slurp(of.out("rec-1.txt"))),
               {"Authority the retention schedule, and carol's approval", "Two persons the rule",
                "Restricted to what had been ordered"});
}

TEST_CASE("A certificate names the approvals that were good when the run began and no older one") {
  CertifiedLog of;
  const std::string plan(64, 'a');
  const base::CivilDate day = *base::parse_date("2026-01-02");
  const auto yes = [&](const char* user, bool two_person) {
    audit::PlanApprove approval{plan, day, 3, 12000, user};
    approval.two_person = two_person;
    return to_draft(approval);
  };
  of.append({yes("olga", true)}, "2026-01-02T10:00:00.000Z");
  of.append({yes("carol", true)}, "2026-01-05T10:00:00.000Z");
  of.append({yes("erin", false)}, "2026-01-06T10:00:00.000Z");
  audit::RunStart start{of.kRun, "rec1", "expunge", day, "Europe/London", plan, 3, 1, 12000, plan,
                        {},      plan,   "",        ""};
  const auto page = [&] {
    of.append({to_draft(start), to_draft(of.destroyed("rec-1")), of.end(1)},
              "2026-01-10T02:00:00.000Z");
    CHECK_ENDED(of.certificate({"--run", of.kRun}), 0);
    return unwrapped(slurp(of.out(of.kRun + std::string(".txt"))));
  };
  SECTION("where one approval is the rule the newest") {
    const std::string text = page();
    INFO(text);
    check_all_in(text, {"erin's approval of the plan", "Approved too by carol"});
    for (const char* const never : {"olga", "jane", "Two persons"}) {
      CHECK_FALSE(contains(text, never));
    }
  }
  SECTION("where two persons are the rule the newest by that rule") {
    start.two_person = true;
    const std::string text = page();
    INFO(text);
    check_all_in(text, {"carol's approval of the plan", "Two persons", "Approved too by erin"});
    CHECK_FALSE(contains(text, "olga"));
  }
}

TEST_CASE("The certificate of an ordinary run speaks of no restriction and of no second person") {
  CertifiedLog of;
  of.night("rec-1");
  CHECK_ENDED(of.certificate({"--run", of.kRun}), 0);
  const std::string text = unwrapped(slurp(of.out(of.kRun + std::string(".txt"))));
  for (const char* const never :
       {"Restricted", "ordered", "Two persons", "Approved too", "acknowledged"}) {
    INFO(never);
    CHECK_FALSE(contains(text, never));
  }
  CHECK(contains(text, "Need attention 2 "));
  CHECK(contains(text, "A file that is missing is named once, by the run that first missed it"));
}

TEST_CASE("A plan of a day past an approval's seven can be approved, and says nothing untrue") {
  Settled settled;
  NEEDS_A_DISK(settled);
  CouncilProgram program(settled.council);
  settled.add_due("a");
  program.set("run.approval", "required");
  const std::string day = machine_time(std::chrono::hours{24 * 10}).substr(0, 10);
  const Json plan = Json::parse(program.call({"plan", "--as-of", day, "--format", "json"}).out);
  const std::string digest = plan.at("digest");
  const Ended approved = program.call({"approve", digest, "--as-of", day, "--reason", "read it"});
  CHECK_ENDED(approved, 0);
  CHECK_FALSE(contains(approved.err, "ordered by"));
}
