// What an approval covers, for how long, and what may come between it and the run.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/council.h"

using namespace expunge;
using test::Council;

namespace {

namespace fs = std::filesystem;

const std::string kAudio(9000, 'A');

#define NEEDS_A_DISK(council) \
  if (!(council).can_destroy()) SKIP_TEST("no file system here that overwrites in place")

/// Thirty recordings are due, more than max-count.
void furnish(Council& council) {
  council.safety.max_count = 5;
  council.limits.batch_files = 10;
  council.limits.workers = 1;
  council.add("first", "2025-09-01T09:00:00Z", "first.wav", kAudio);
  REQUIRE(council.approve_and_run().tally.destroyed == 1);
  council.add_many("old", "2025-10-01", 30);
}

bool is_braked_by(Council& council, const std::string& name) {
  const auto report = council.run();
  return report.outcome == run::Outcome::braked && report.brakes.size() == 1 &&
         report.brakes[0].name == name;
}

/// Runs until the first batch is logged, as --stop-after does; returns what it destroyed.
std::uint64_t run_a_while(Council& council) {
  std::atomic<bool> stop{false};
  run::Request request;
  request.stop = &stop;
  request.progress = [&](std::uint64_t, std::uint64_t) { stop = true; };
  return council.run(request).tally.destroyed;
}

}  // namespace

TEST_CASE("An approval is worked off over several nights while more falls due and waits") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  CHECK(is_braked_by(council, "share"));
  council.approve();
  council.set_clock("2026-11-24T02:00:00Z");
  CHECK(run_a_while(council) == 20);
  council.add_many("late", "2025-11-01", 8);
  council.set_clock("2026-11-25T02:00:00Z");
  const auto report = council.run();
  CHECK(report.tally.destroyed == 10);
  CHECK(report.waiting == 8);
  CHECK(run::needs_person(report));
  CHECK(nlohmann::json::parse(council.entries("run.start").back())["due"] == 10);
  // It is used up: what is due now is a brake of its own again, and logged as one.
  council.set_clock("2026-11-26T02:00:00Z");
  CHECK(is_braked_by(council, "share"));
  CHECK(council.approve_and_run().tally.destroyed == 8);
  CHECK(council.disagreement() == "");
}

TEST_CASE("An approval ends after seven days although not all of it is done") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.approve();
  CHECK(run_a_while(council) == 20);
  council.set_clock("2026-11-30T14:00:01Z");
  CHECK(is_braked_by(council, "share"));
  council.set_clock("2026-11-30T14:00:00Z");  // to the second
  CHECK(council.run().tally.destroyed == 10);
}

TEST_CASE("Holds and imports between approval and run only make the set smaller") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.approve();
  council.place_hold("SAR-1", {"old-00003", "", "", {}, {}});
  council.add_many("late", "2025-11-01", 8);
  // A person imports another date for one: it is contradicted, and needs attention.
  archive::ImportRow row;
  row.id = "old-00004";
  row.department = "Customer Services";
  row.recorded_at = base::parse_instant("2025-10-03T10:00:00Z");
  row.file = {"2025-10-01/old-00004.wav", "audio", std::nullopt, std::nullopt};
  council.import(row, false);
  const auto report = council.run();
  CHECK(report.tally.destroyed == 28);
  CHECK(report.waiting == 8);
  CHECK(council.state("old-00003") == "kept");
  CHECK(council.state("old-00004") == "kept");
  CHECK(council.disagreement() == "");
}

TEST_CASE("Of two approvals the newest counts and not what only the older one covers") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.approve();
  for (int i = 0; i < 29; ++i) {
    council.place_hold(fmt::format("H-{}", i), {fmt::format("old-{:05}", i), "", "", {}, {}});
  }
  council.approve();
  for (int i = 0; i < 29; ++i) council.release_hold(fmt::format("H-{}", i));
  const auto report = council.run();
  CHECK(report.tally.destroyed == 1);
  CHECK(report.waiting == 29);
  CHECK(is_braked_by(council, "share"));
}

TEST_CASE("An approval that is given while a run is on is for the next run") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.approve();
  bool approved = false;
  run::Request request;
  request.progress = [&](std::uint64_t, std::uint64_t) {
    if (approved) return;
    approved = true;
    council.add_many("late", "2025-11-01", 8);
    council.approve();
  };
  CHECK(council.run(request).tally.destroyed == 30);
  CHECK(council.run().tally.destroyed == 8);
  CHECK(council.disagreement() == "");
}

TEST_CASE(
    "An approval given by a clock that was ahead or under another schedule counts for nothing") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  SECTION("ahead") {
    council.set_clock("2026-12-23T14:00:00Z");
    council.approve();
    council.set_clock("2026-11-23T14:00:00Z");
    CHECK(is_braked_by(council, "share"));
  }
  SECTION("another schedule") {
    council.approve();
    council.schedule.reference = "RS-2026 v2";
    CHECK(is_braked_by(council, "share"));
  }
  CHECK(council.approve_and_run().tally.destroyed == 30);
}

TEST_CASE("An approval that nothing needed lifts no brake of a later night") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.safety.max_count.reset();
  council.approve();
  CHECK(council.run().tally.destroyed == 30);
  CHECK(nlohmann::json::parse(council.entries("run.start").back()).count("approval") == 0);
  council.add_many("more", "2025-10-02", 6);
  council.safety.max_count = 5;
  CHECK(is_braked_by(council, "share"));
}

TEST_CASE("An approval that comes back with an old index destroys nothing for the second time") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.approve();
  CHECK(run_a_while(council) == 20);
  fs::copy_file(council.index_path, council.index_path + ".bak");
  fs::copy(council.root, council.scratch / "files", fs::copy_options::recursive);
  CHECK(council.run().tally.destroyed == 10);
  CHECK(council.run().outcome == run::Outcome::complete);
  // Index and files as they were, and the approval is good for some days yet.
  fs::copy_file(council.index_path + ".bak", council.index_path,
                fs::copy_options::overwrite_existing);
  fs::copy(council.scratch / "files", council.root,
           fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  CHECK(is_braked_by(council, "index"));
  const auto report = council.run(test::accepting_index());
  CHECK(report.tally.destroyed == 0);
  CHECK(report.tally.reconciled == 10);
  CHECK(council.state("old-00029") == "returned");
  CHECK(council.exists("2025-10-01/old-00029.wav"));
  CHECK(council.entries("destroy").size() == 31);
  CHECK(council.run().summary.count(plan::Verdict::attention).recordings == 10);
  // Ordered to go again, where a brake asks for an approval: that one, good as it is, is not for
  // it.
  council.order("old-00029", "returned");
  council.safety.max_count = 0;
  CHECK(is_braked_by(council, "share"));
  CHECK(council.exists("2025-10-01/old-00029.wav"));
  council.approve();
  CHECK(council.run().tally.destroyed == 1);
}
