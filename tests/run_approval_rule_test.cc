// `approval = required` and `two-person`: what a run may destroy on a night without any brake.

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/council.h"

using namespace expunge;
using test::Council;

namespace {

const std::string kAudio(9000, 'A');
constexpr const char* kOld = "2025-10-01T09:00:00Z";

#define NEEDS_A_DISK(council) \
  if (!(council).can_destroy()) SKIP_TEST("no file system here that overwrites in place")

/// The first night is over; `old` and `older` are due.
void furnish(Council& council) {
  council.add("first", "2025-09-01T09:00:00Z", "first.wav", kAudio);
  REQUIRE(council.approve_and_run().tally.destroyed == 1);
  council.add("old", kOld, "old.wav", kAudio);
  council.add("older", "2025-09-20T09:00:00Z", "older.wav", kAudio);
  council.rule = run::Approval::required;
}

}  // namespace

TEST_CASE("Where an approval is required a night without brakes destroys what was approved alone") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  // The approval of the first night is valid still, and covers nothing of this.
  const auto waits = council.run();
  CHECK(waits.outcome == run::Outcome::complete);
  CHECK(waits.tally.destroyed == 0);
  CHECK(waits.waiting == 2);
  CHECK(waits.waiting_bytes == 2 * kAudio.size());
  CHECK(base::to_text(*waits.waiting_since) == "2026-09-21");
  CHECK(waits.approval.empty());
  CHECK(run::needs_person(waits));
  CHECK(council.content("old.wav") == kAudio);
  const std::string digest = council.approve();
  council.add("late", kOld, "late.wav", kAudio);
  const auto goes = council.run();
  CHECK(goes.tally.destroyed == 2);
  CHECK(goes.waiting == 1);
  CHECK(goes.approval == digest);
  CHECK(council.state("late") == "kept");
  const auto start = nlohmann::json::parse(council.entries("run.start").back());
  CHECK(start["due"] == 2);
  CHECK(start["approval"] == digest);
  CHECK(council.disagreement() == "");
}

TEST_CASE(
    "A required approval ends after seven days and with the schedule that it was made under") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.approve();
  council.place_hold("SAR/1", {"old", "", "", {}, {}});
  CHECK(council.run().tally.destroyed == 1);
  council.set_clock("2026-11-27T14:00:00Z");
  CHECK(council.run().tally.destroyed == 0);
  council.release_hold("SAR/1");
  council.set_clock("2026-11-30T14:00:01Z");
  CHECK(council.run().waiting == 1);
  council.approve();
  council.schedule.reference = "another document";
  CHECK(council.run().waiting == 1);
  council.approve();
  CHECK(council.run().tally.destroyed == 1);
}

TEST_CASE("A night with nothing due waits for nobody") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.approve();
  CHECK(council.run().tally.destroyed == 2);
  const auto report = council.run();
  CHECK(report.waiting == 0);
  CHECK(report.approval.empty());
  CHECK_FALSE(run::needs_person(report));
}

TEST_CASE("An order needs no other approval where one is required unless a brake asks for it") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.order("old", "erasure");
  council.safety.max_count = 1;
  CHECK(council.run().outcome == run::Outcome::braked);
  council.safety.max_count.reset();
  const auto report = council.run();
  CHECK(report.tally.destroyed == 1);
  CHECK(report.waiting == 1);
  CHECK(council.state("old") == "destroyed");
}

TEST_CASE("Two persons: neither an importer nor the configuration's owner nor root has approved") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.approve();  // under the other rule: it does not count here
  council.rule = run::Approval::two_person;
  CHECK(council.run().waiting == 2);
  council.log_import("importer");
  for (const char* who : {"importer", "administrator", "root"}) {
    INFO(who);
    council.approver = who;
    council.approve();
    CHECK(council.run().waiting == 2);
  }
  council.approver = "officer";
  council.approve();
  council.log_import("officer");  // after the approval, and before the run
  CHECK(council.run().waiting == 2);
  council.approver = "second";
  council.approve();
  CHECK(council.run().tally.destroyed == 2);
  CHECK(council.disagreement() == "");
}

TEST_CASE("Two persons: an approval that does not count lifts no brake either") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.rule = run::Approval::two_person;
  council.safety.max_count = 1;
  council.approver = "root";
  council.approve();
  CHECK(council.run().outcome == run::Outcome::braked);
  council.approver = "officer";
  council.approve();
  CHECK(council.run().tally.destroyed == 2);
}

TEST_CASE("Two persons: an approval that does not count ousts none that does") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.rule = run::Approval::two_person;
  council.log_import("importer");
  council.approve();
  council.set_clock("2026-11-23T15:00:00Z");
  for (const char* who : {"importer", "administrator", "root"}) {
    council.approver = who;
    council.approve();
  }
  // And one of a login that could not be told, under another rule.
  council.rule = run::Approval::required;
  council.approver = "somebody";
  council.approve();
  council.rule = run::Approval::two_person;
  const auto report = council.run();
  CHECK(report.tally.destroyed == 2);
  CHECK(report.waiting == 0);
}

TEST_CASE("Two persons: approving one's own order later leaves a colleague's approval standing") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.add("young", "2026-11-01T09:00:00Z", "young.wav", kAudio);
  council.rule = run::Approval::two_person;
  council.order("young", "erasure", "ERA/1", "officer");
  council.approver = "second";
  council.approve();
  council.set_clock("2026-11-23T15:00:00Z");
  council.approver = "officer";
  SECTION("to the same plan") {
    council.approve();
    const auto report = council.run();
    CHECK(report.tally.destroyed == 3);
    CHECK(report.waiting == 0);
    CHECK(council.state("young") == "destroyed");
  }
  SECTION("to one that has grown, once the colleague has approved that one too") {
    council.add("late", kOld, "late.wav", kAudio);
    const std::string grown = council.approve();
    const auto report = council.run();
    CHECK(report.approval == grown);
    CHECK(report.tally.destroyed == 3);
    CHECK(report.waiting == 1);
    CHECK(council.state("young") == "kept");
    council.approver = "second";
    council.approve();
    CHECK(council.run().tally.destroyed == 1);
  }
  SECTION("after an approval that is too old by now") {
    council.set_clock("2026-11-30T14:00:01Z");
    council.approve();
    const auto report = council.run();
    CHECK(report.tally.destroyed == 2);
    CHECK(report.waiting == 1);
    CHECK(council.state("young") == "kept");
  }
  SECTION("by one who has imported since") {
    council.approve();
    council.log_import("second");
    CHECK(council.run().tally.destroyed == 2);
    CHECK(council.state("young") == "kept");
  }
  CHECK(council.log_fault() == "");
}

TEST_CASE("Two persons: an order goes by the plan that the log names, and by no older one") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.add("young", "2026-11-01T09:00:00Z", "young.wav", kAudio);
  council.rule = run::Approval::two_person;
  council.order("young", "erasure", "ERA/1", "officer");
  council.approver = "second";
  council.approve();
  // The colleague's later yes is to a plan without it.
  council.place_hold("SAR/1", {"young", "", "", {}, {}});
  council.set_clock("2026-11-23T15:00:00Z");
  council.approve();
  council.release_hold("SAR/1");
  council.set_clock("2026-11-23T16:00:00Z");
  council.approver = "officer";
  const std::string own = council.approve();
  const auto report = council.run();
  CHECK(report.approval == own);
  CHECK(report.tally.destroyed == 2);
  CHECK(report.waiting == 1);
  CHECK(council.state("young") == "kept");
  council.set_clock("2026-11-23T17:00:00Z");
  council.approver = "second";
  const std::string last = council.approve();
  const auto goes = council.run();
  CHECK(goes.approval == last);
  CHECK(goes.tally.destroyed == 1);
  CHECK(council.log_fault() == "");
}

TEST_CASE("Two persons: whoever ordered a destruction has not approved it by the same login") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.add("young", "2026-11-01T09:00:00Z", "young.wav", kAudio);
  council.rule = run::Approval::two_person;
  council.order("young", "erasure", "ERA/1", "officer");
  CHECK(council.run().waiting == 3);
  council.approve();
  const auto report = council.run();
  CHECK(report.tally.destroyed == 2);
  CHECK(report.waiting == 1);
  CHECK(council.state("young") == "kept");
  council.approver = "second";
  council.approve();
  CHECK(council.run().tally.destroyed == 1);
}

TEST_CASE("Who imported outlives the bookmark and a log read as a whole says the same") {
  Council council;
  council.log_import("alice");
  council.log_import("bob");
  const auto facts = [&] {
    auto index = council.open_index();
    const auto position = index.log_position();
    return audit::read_log(base::real_sys(), council.log_place,
                           audit::Position{position.size, position.last_hash});
  };
  const auto by_bookmark = facts();
  CHECK(by_bookmark.why_whole == "");
  CHECK(by_bookmark.facts.importers == std::set<std::string>{"alice", "bob"});
  std::filesystem::remove(council.log_place.directory + "/bookmark");
  CHECK(facts().facts == by_bookmark.facts);
}
