// What a run makes of acknowledgements, other names of departments, and files that stay missing.

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/council.h"

using namespace expunge;
using test::Council;

namespace {

const std::string kAudio(9000, 'A');

#define NEEDS_A_DISK(council) \
  if (!(council).can_destroy()) SKIP_TEST("no file system here that overwrites in place")

nlohmann::json last(const Council& council, const std::string& type) {
  return nlohmann::json::parse(council.entries(type).back());
}

void acknowledge(Council& council, const std::string& id, const char* cause, const char* until) {
  archive::Index index = council.open_index();
  const std::int64_t key = index.find(id)->key;
  archive::Index::Writing writing(index);
  writing.acknowledge({key, "", cause, test::date(until), "known", "ann", council.now()});
  writing.commit();
}

}  // namespace

TEST_CASE("A file that stays missing needs a person each night until it is acknowledged") {
  Council council;
  NEEDS_A_DISK(council);
  council.add("first", "2025-09-01T09:00:00Z", "first.wav", kAudio);
  council.add("gone", "2025-10-01T09:00:00Z", "gone.wav", kAudio);
  std::filesystem::remove(council.path("gone.wav"));
  CHECK(council.approve_and_run().tally.missing == 1);
  CHECK(last(council, "run.end")["failed"] == 1);
  CHECK(last(council, "run.end")["attention"] == 1);
  council.set_clock("2026-11-24T02:00:00Z");
  auto report = council.run();
  CHECK(report.tally.still_missing == 1);
  CHECK(run::needs_person(report));
  acknowledge(council, "gone", "no-date", "2026-12-31");  // for another cause
  CHECK(run::needs_person(council.run()));
  acknowledge(council, "gone", "missing-file", "2026-11-25");
  report = council.run();
  CHECK(report.tally.still_missing == 1);
  CHECK_FALSE(run::needs_person(report));
  CHECK(last(council, "run.end")["attention"] == 1);
  CHECK(last(council, "run.end")["acknowledged"] == 1);
  council.set_clock("2026-11-26T02:00:00Z");
  report = council.run();
  CHECK(run::needs_person(report));
  CHECK_FALSE(last(council, "run.end").contains("acknowledged"));
  CHECK_FALSE(council.open_index().acknowledgement(2).has_value());
  // Once it is back it is destroyed, whatever was acknowledged.
  acknowledge(council, "gone", "missing-file", "2026-12-31");
  test::spill(council.path("gone.wav"), kAudio);
  CHECK(council.run().tally.destroyed == 1);
  CHECK(last(council, "run.end")["attention"] == 0);
  CHECK_FALSE(last(council, "run.end").contains("acknowledged"));
  CHECK(council.log_fault() == "");
}

TEST_CASE(
    "A held or kept recording that lacks a file is counted by run and plan and told by both") {
  Council council;
  NEEDS_A_DISK(council);
  council.add("first", "2025-09-01T09:00:00Z", "first.wav", kAudio);
  council.add("held", "2025-10-01T09:00:00Z", "held.wav", kAudio);
  council.add("young", "2026-10-01T09:00:00Z", "young.wav", kAudio);
  council.order("young", "erasure");
  std::filesystem::remove(council.path("held.wav"));
  std::filesystem::remove(council.path("young.wav"));
  CHECK(council.approve_and_run().tally.missing == 2);
  CHECK(last(council, "run.end")["attention"] == 2);
  council.place_hold("SAR-1", {"held", "", "", {}, {}});
  {
    archive::Index index = council.open_index();
    archive::Index::Writing writing(index);
    writing.withdraw_order(index.find("young")->key);
    writing.commit();
  }
  const auto both_count = [&](std::uint64_t attention, std::uint64_t known) {
    council.set_clock("2026-11-24T02:00:00Z");
    std::map<std::string, plan::Decision> decisions;
    const plan::Summary plan = council.plan(&decisions);
    CHECK(decisions.at("held").verdict == plan::Verdict::held);
    CHECK(decisions.at("young").verdict == plan::Verdict::kept);
    CHECK(plan.attention() == attention);
    const run::Report report = council.run();
    CHECK(report.summary.attention_known() == known);
    CHECK(report.summary.needs_person() == (attention > known));
    CHECK(run::needs_person(report) == (attention > known));
    CHECK(run::attention_in(report) == attention);
    CHECK(run::acknowledged_in(report) == known);
    CHECK(last(council, "run.end")["attention"] == attention);
  };
  both_count(2, 0);
  acknowledge(council, "held", "missing-file", "2026-12-31");
  both_count(2, 1);
  acknowledge(council, "young", "missing-file", "2026-12-31");
  both_count(2, 2);
  // Due again, it is looked for again, and goes.
  test::spill(council.path("held.wav"), kAudio);
  council.release_hold("SAR-1");
  CHECK(council.run().tally.destroyed == 1);
  CHECK(last(council, "run.end")["attention"] == 1);
  CHECK(council.plan().attention() == 1);
}

TEST_CASE("What lacks one of its files and is destroyed with the rest needs no attention then") {
  Council council;
  NEEDS_A_DISK(council);
  council.add("first", "2025-09-01T09:00:00Z", "first.wav", kAudio);
  council.add("half", "2025-10-01T09:00:00Z", "half.wav", kAudio);
  council.add("half", "2025-10-01T09:00:00Z", "half.txt", "words", "Customer Services", "", "",
              "transcript");
  std::filesystem::remove(council.path("half.txt"));
  const auto report = council.approve_and_run();
  CHECK(report.tally.destroyed == 2);
  CHECK(report.tally.missing == 1);
  CHECK(run::attention_in(report) == 0);
  CHECK(last(council, "run.end")["attention"] == 0);
}

TEST_CASE("An acknowledgement never has a recording destroyed and its attention is counted") {
  Council council;
  NEEDS_A_DISK(council);
  council.add("odd", "2020-01-01T09:00:00Z", "odd.wav", kAudio, "Housing");
  acknowledge(council, "odd", "unknown-department", "2026-11-23");
  auto report = council.run();
  CHECK(report.outcome == run::Outcome::complete);
  CHECK_FALSE(run::needs_person(report));
  CHECK(report.summary.acknowledged.recordings == 1);
  CHECK(last(council, "run.end")["attention"] == 1);
  CHECK(last(council, "run.end")["acknowledged"] == 1);
  CHECK(council.content("odd.wav") == kAudio);
  council.set_clock("2026-11-24T02:00:00Z");
  CHECK(run::needs_person(council.run()));
  CHECK(council.content("odd.wav") == kAudio);
}

TEST_CASE("What came by an alias is destroyed in the department's name and held by it") {
  Council council;
  NEEDS_A_DISK(council);
  council.add("a", "2025-10-01T09:00:00Z", "a.wav", kAudio, "Cust Svcs");
  council.add("b", "2025-10-02T09:00:00Z", "b.wav", kAudio, "Cust Svcs");
  CHECK(council.plan().count(plan::Verdict::attention).recordings == 2);
  council.schedule.aliases = {{"Cust Svcs", "Customer Services"}};
  archive::HoldScope scope;
  scope.department = "Customer Services";
  scope.from = test::date("2025-10-02");
  council.place_hold("FOI-1", scope);
  const auto report = council.approve_and_run();
  CHECK(report.tally.destroyed == 1);
  CHECK(council.content("b.wav") == kAudio);
  const auto entry = last(council, "destroy");
  CHECK(entry["recording"] == "a");
  CHECK(entry["department"] == "Customer Services");
  CHECK(last(council, "policy")["aliases"].size() == 1);
  CHECK(council.log_fault() == "");
}

TEST_CASE("Aliases are a part of the policy that trips its brake and is in its digest") {
  Council council;
  council.add("a", "2026-10-01T09:00:00Z", "a.wav", kAudio);
  const std::string before = audit::policy_digest(run::logged_form(council.schedule));
  CHECK(council.run().outcome == run::Outcome::complete);
  council.schedule.aliases = {{"Cust Svcs", "Customer Services"}};
  CHECK(audit::policy_digest(run::logged_form(council.schedule)) != before);
  const auto braked = council.run();
  REQUIRE(braked.brakes.size() == 1);
  CHECK(braked.brakes[0].name == "policy");
  CHECK(council.approve_and_run().outcome == run::Outcome::complete);
  CHECK(council.run().outcome == run::Outcome::complete);
  council.schedule.aliases[0].department = "Revenues and Benefits";
  CHECK(council.run().outcome == run::Outcome::braked);
  council.schedule.aliases.clear();
  CHECK(audit::policy_digest(run::logged_form(council.schedule)) == before);
  CHECK(council.log_fault() == "");
}
