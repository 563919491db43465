// What an order to destroy ahead of the schedule decides, and how a run carries it out.

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/council.h"

using namespace expunge;
using test::Council;
using Json = nlohmann::json;

namespace {

const std::string kAudio(9000, 'A');
constexpr const char* kYoung = "2026-11-01T09:00:00Z";
constexpr const char* kOld = "2025-10-01T09:00:00Z";

#define NEEDS_A_DISK(council) \
  if (!(council).can_destroy()) SKIP_TEST("no file system here that overwrites in place")

/// The first night is over; `young` is not due.
void furnish(Council& council) {
  council.add("first", "2025-09-01T09:00:00Z", "first.wav", kAudio);
  REQUIRE(council.approve_and_run().tally.destroyed == 1);
  council.add("young", kYoung, "young.wav", kAudio, "Customer Services", "01632960001");
}

plan::Decision decision_on(Council& council, const std::string& id) {
  std::map<std::string, plan::Decision> decisions;
  static_cast<void>(council.plan(&decisions));
  return decisions.at(id);
}

/// Destroyed by an import's row that has no date, or of a department that nobody knows.
void add_row(Council& council, const std::string& id, const std::string& department,
             std::optional<std::chrono::sys_seconds> recorded_at) {
  test::spill(council.path(id + ".wav"), kAudio);
  archive::ImportRow row;
  row.id = id;
  row.department = department;
  row.recorded_at = recorded_at;
  row.file = {id + ".wav", "audio", kAudio.size(), std::nullopt};
  council.import(row, false);
}

Json last(const Council& council, const std::string& type) {
  return Json::parse(council.entries(type).back());
}

}  // namespace

TEST_CASE("An ordered recording is due from the day of the order on and goes with the next run") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  CHECK(decision_on(council, "young").verdict == plan::Verdict::kept);
  council.order("young", "erasure", "ERA/2026-7");
  const plan::Decision decision = decision_on(council, "young");
  CHECK(decision.verdict == plan::Verdict::due);
  CHECK(decision.cause == plan::Cause::ordered);
  CHECK(base::to_text(*decision.due_day) == "2026-11-23");
  CHECK(council.plan().ordered.recordings == 1);
  CHECK(council.run().tally.destroyed == 1);
  const Json entry = last(council, "destroy");
  CHECK(entry["ground"] == "erasure");
  CHECK(entry["authority"] == "ERA/2026-7");
  CHECK(entry["due"] == "2026-11-23");
  CHECK(entry["recorded"] == "2026-11-01");
  CHECK(entry["period"] == "12 months");
  CHECK(council.state("young") == "destroyed");
  CHECK(council.log_fault() == "");
  CHECK(council.disagreement() == "");
}

TEST_CASE("An order on what is due anyway leaves it due since then and stands in the entry") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.add("old", kOld, "old.wav", kAudio);
  council.order("old", "order");
  CHECK(base::to_text(*decision_on(council, "old").due_day) == "2026-10-02");
  CHECK(council.run().tally.destroyed == 1);
  CHECK(last(council, "destroy")["ground"] == "order");
  CHECK(last(council, "destroy")["due"] == "2026-10-02");
}

TEST_CASE("A hold wins over an order and the order stands until it is released") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.order("young", "erasure");
  council.place_hold("SAR/1", {"", "01632960001", "", {}, {}});
  CHECK(decision_on(council, "young").verdict == plan::Verdict::held);
  CHECK(council.run().tally.destroyed == 0);
  CHECK(council.content("young.wav") == kAudio);
  council.release_hold("SAR/1");
  CHECK(council.run().tally.destroyed == 1);
  CHECK(council.disagreement() == "");
}

TEST_CASE("An order decides about a missing date and an unknown department and names neither") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  add_row(council, "dateless", "Customer Services", std::nullopt);
  add_row(council, "stray", "Jane Doe", base::parse_instant(kYoung));
  for (const char* id : {"dateless", "stray"}) {
    CHECK(decision_on(council, id).verdict == plan::Verdict::attention);
    council.order(id, "payment-data");
    CHECK(decision_on(council, id).cause == plan::Cause::ordered);
  }
  CHECK(council.run().tally.destroyed == 2);
  std::map<std::string, Json> entries;
  for (const std::string& line : council.entries("destroy")) {
    const Json entry = Json::parse(line);
    entries[entry["recording"]] = entry;
  }
  CHECK(entries["dateless"]["recorded"] == "0001-01-01");
  CHECK(entries["dateless"]["period"] == "12 months");
  CHECK(entries["dateless"]["department"] == "Customer Services");
  CHECK(entries["stray"]["recorded"] == "2026-11-01");
  CHECK(entries["stray"]["department"] == "");
  CHECK(entries["stray"]["period"] == "");
  CHECK(council.log_fault() == "");
  CHECK(test::slurp(council.index_path).find("Jane Doe") == std::string::npos);
  CHECK(test::slurp(council.log_place.directory + "/log.jsonl").find("Jane") == std::string::npos);
  // They stay destroyed, and the next run has nothing to say about them.
  add_row(council, "dateless", "Customer Services", std::nullopt);
  CHECK(council.state("dateless") == "returned");
  const auto index = council.open_index();
  CHECK_FALSE(index.find("dateless")->recorded_at);
  CHECK_FALSE(index.find("dateless")->left_date);
  CHECK(index.find("dateless")->odd == nullptr);
}

TEST_CASE("A path outside the root and a recording without files are not destroyed by order") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  archive::ImportRow row;
  row.id = "outside";
  row.department = "Customer Services";
  row.recorded_at = base::parse_instant(kYoung);
  row.file = {"../expunge.conf", "audio", std::nullopt, std::nullopt};
  council.import(row, false);
  council.order("outside", "erasure");
  const plan::Decision decision = decision_on(council, "outside");
  CHECK(decision.verdict == plan::Verdict::attention);
  CHECK(decision.cause == plan::Cause::path_outside_root);
  CHECK_FALSE(decision.by_order);
}

TEST_CASE("An order waits while it is contradicted whose call it is and goes when the date is") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.order("young", "erasure");
  archive::ImportRow row;
  row.id = "young";
  row.department = "Customer Services";
  row.recorded_at = base::parse_instant("2026-11-02T09:00:00Z");
  row.subject = "01632960999";
  row.file = {"young.wav", "audio", kAudio.size(), std::nullopt};
  council.import(row, false);
  CHECK(decision_on(council, "young").cause == plan::Cause::contradicted);
  CHECK(council.run().tally.destroyed == 0);
  row.subject = "01632960001";  // an older list come again settles nothing; its date differs too
  council.import(row, false);
  CHECK(decision_on(council, "young").cause == plan::Cause::contradicted);
  {
    auto index = council.open_index();
    archive::Index::Writing writing(index);
    writing.settle_contradictions(index.find("young")->key);
    writing.commit();
  }
  row.recorded_at = base::parse_instant("2026-11-04T09:00:00Z");
  council.import(row, false);
  CHECK_FALSE(council.open_index().find("young")->contradiction.empty());
  CHECK(decision_on(council, "young").cause == plan::Cause::ordered);
  CHECK(council.run().tally.destroyed == 1);
}

TEST_CASE("What came back goes by an order that says so and by no other and is logged twice") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.add("first", "2025-09-01T09:00:00Z", "first.wav", kAudio);
  REQUIRE(council.state("first") == "returned");
  const auto seq = council.open_index().history("first")->log_seq;
  council.order("first", "erasure");
  CHECK(decision_on(council, "first").cause == plan::Cause::came_back);
  {
    auto index = council.open_index();
    archive::Index::Writing writing(index);
    writing.withdraw_order(index.find("first")->key);
    writing.commit();
  }
  council.order("first", "returned");
  CHECK(decision_on(council, "first").cause == plan::Cause::ordered);
  CHECK(council.run().tally.destroyed == 1);
  CHECK(council.state("first") == "destroyed");
  CHECK_FALSE(council.exists("first.wav"));
  CHECK(last(council, "destroy")["recorded"] == "2025-09-01");
  const auto history = council.open_index().history("first");
  CHECK(*history->log_seq > *seq);
  CHECK(base::to_text(*history->recorded_on) == "2025-09-01");
  CHECK(council.log_fault() == "");
  // A third copy is attention: the order was for the second.
  council.add("first", "2025-09-01T09:00:00Z", "first.wav", kAudio);
  CHECK(decision_on(council, "first").cause == plan::Cause::came_back);
  CHECK(council.run().tally.destroyed == 0);
}

TEST_CASE("A run of some recordings alone leaves the rest that is due and stops at every brake") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.add("old", kOld, "old.wav", kAudio);
  council.order("young", "erasure");
  plan::KeySet only;
  only.insert(council.open_index().find("young")->key);
  run::Request request;
  request.only = &only;
  council.safety.max_count = 1;
  CHECK(council.run(request).outcome == run::Outcome::braked);
  CHECK(council.content("young.wav") == kAudio);
  council.safety.max_count.reset();
  const auto report = council.run(request);
  CHECK(report.tally.destroyed == 1);
  CHECK(report.waiting == 0);
  CHECK(council.state("young") == "destroyed");
  CHECK(council.state("old") == "kept");
  CHECK(last(council, "run.start")["due"] == 1);
  CHECK_FALSE(run::needs_person(report));
  CHECK(council.disagreement() == "");
}

TEST_CASE("A run of one recording alone does not lift the policy brake for the rest") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.schedule.departments.front().period.count = 11;
  council.order("young", "erasure");
  council.approve();
  const std::size_t policies = council.entries("policy").size();
  plan::KeySet only;
  only.insert(council.open_index().find("young")->key);
  run::Request request;
  request.only = &only;
  CHECK(council.run(request).tally.destroyed == 1);
  CHECK(council.entries("policy").size() == policies);
}

TEST_CASE("After any death the next run finishes an order and erases all that it knew of it") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  int deaths = 0;
  for (int calls = 0;; calls += 3) {
    CAPTURE(calls);
    Council council;
    council.limits.workers = 1;
    furnish(council);
    council.tell = archive::Tell::yes;
    add_row(council, "stray", "Jane Doe", std::nullopt);
    council.order("young", "erasure");
    council.order("stray", "payment-data");
    const bool died = test::run_and_die(council, calls);
    const auto report = council.run();
    REQUIRE(report.outcome == run::Outcome::complete);
    REQUIRE(council.log_fault() == "");
    REQUIRE(council.state("young") == "destroyed");
    REQUIRE(council.state("stray") == "destroyed");
    REQUIRE(council.disagreement() == "");
    std::size_t entries = 0;
    for (const std::string& line : council.entries("destroy")) {
      entries += Json::parse(line).contains("ground") ? 1 : 0;
    }
    REQUIRE(entries == 2);
    REQUIRE(council.open_index().count_untold().recordings == 2);
    REQUIRE(test::slurp(council.index_path).find("Jane Doe") == std::string::npos);
    REQUIRE(test::slurp(council.index_path).find("ERA/1") == std::string::npos);
    if (!died) break;
    ++deaths;
  }
  CHECK(deaths > 5);
}

TEST_CASE("A hold that comes after a crash stops an ordered recording where it is") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  int untouched = 0;
  int partial = 0;
  for (int calls = 0;; ++calls) {
    CAPTURE(calls);
    Council council;
    council.limits.workers = 1;
    furnish(council);
    add_row(council, "stray", "Jane Doe", std::nullopt);
    council.order("stray", "payment-data");
    if (!test::run_and_die(council, calls)) break;
    council.place_hold("SAR-1", {"stray", "", "", {}, {}});
    REQUIRE(council.run().outcome == run::Outcome::complete);
    REQUIRE(council.log_fault() == "");
    const std::string state = council.state("stray");
    CAPTURE(state);
    if (state == "kept") {
      ++untouched;
      REQUIRE(council.content("stray.wav") == kAudio);
    } else if (state == "partial") {
      ++partial;
      const Json entry = last(council, "destroy.partial");
      REQUIRE(entry["ground"] == "payment-data");
      REQUIRE(entry["department"] == "");
    }
    REQUIRE(council.open_index().journal().empty());
  }
  CHECK(untouched > 0);
  CHECK(partial > 0);
}
