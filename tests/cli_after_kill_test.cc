// What somebody did to the files of an interrupted batch before the next run came to it.

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "support/catch.h"
#include "support/kill_scene.h"

using namespace expunge;
using test::Blow;
using test::Checker;
using test::contains;
using test::Ended;
using test::Fate;
using test::KillScene;
using test::Mutation;

namespace {

constexpr const char* kAudio = "d0/due-0-0.wav";

std::string content_of(const KillScene& scene, const std::string& path) {
  return test::slurp(scene.office.root + "/" + path);
}

/// Killed when the batch is in the journal and before its n-th write into `path`, or into any
/// recording; 8 workers would begin on others meanwhile.
void kill_in_batch(const KillScene& scene, const std::string& call, const std::string& path) {
  const auto killed = scene.run([&](const Mutation& mutation) {
    const bool is_it = mutation.call == call && mutation.path.ends_with(path);
    return Blow{is_it ? Blow::Kind::kill_before : Blow::Kind::none};
  });
  REQUIRE(killed.ended.status == 128 + SIGKILL);
}

std::string entries_of(const KillScene& scene, const std::string& id) {
  return scene.office.call({"log", "show", "--json", "--recording", id}).out;
}

KillScene::Shape small() {
  KillScene::Shape shape;
  shape.due = 2;
  shape.workers = 1;
  return shape;
}

}  // namespace

TEST_CASE("A file put in the place of one that was begun on is not touched") {
  REQUIRE_TRACING();
  const KillScene scene(small());
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const std::string path = scene.office.root + "/" + kAudio;
  struct Case {
    const char* call;
    const char* at;
  };
  const auto at = GENERATE(Case{"pwrite64", "due-1-0.wav"}, Case{"pwrite64", "/log.jsonl"},
                           Case{"unlinkat", "due-1-0.wav"});
  CAPTURE(at.call, at.at);
  if (std::string(at.at) == "/log.jsonl") {
    // The second append: after run.start, the entries of the batch.
    int appends = 0;
    const auto killed = scene.run([&](const Mutation& mutation) {
      const bool is_log = mutation.call == "pwrite64" && mutation.path.ends_with("/log.jsonl");
      appends += is_log ? 1 : 0;
      return Blow{is_log && appends == 2 ? Blow::Kind::kill_before : Blow::Kind::none};
    });
    REQUIRE(killed.ended.status == 128 + SIGKILL);
  } else {
    kill_in_batch(scene, at.call, at.at);
  }
  const bool logged = contains(entries_of(scene, "due-0"), "\"type\":\"destroy\"");
  CHECK(logged == (std::string(at.call) == "unlinkat"));
  const std::string foreign(30000, 'F');
  std::filesystem::remove(path);
  test::spill(path, foreign);
  const Ended run = scene.next_run();
  // What the log claims is true all the same; what stands there now is for a person to look at.
  CHECK_ENDED(run, 1);
  CHECK(content_of(scene, kAudio) == foreign);
  CHECK_ENDED(scene.next_run(), 1);
  CHECK(content_of(scene, kAudio) == foreign);
  const std::string plan = scene.office.call({"plan", "--format", "csv"}).out;
  CHECK(contains(plan, ",attention,"));
  CHECK_ENDED(scene.office.call({"log", "verify"}), 0);
  CHECK(contains(entries_of(scene, "due-0"), "\"type\":\"destroy\"") == logged);
}

TEST_CASE("A file that was begun on and grew is not claimed before all of it is noise") {
  REQUIRE_TRACING();
  const KillScene scene(small());
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  kill_in_batch(scene, "pwrite64", "due-1-0.wav");
  const bool blocks = GENERATE(true, false);
  CAPTURE(blocks);
  {
    std::ofstream grown(scene.office.root + "/" + kAudio, std::ios::app | std::ios::binary);
    grown << std::string(blocks ? 50000 : 10, 'G');
  }
  Checker checker = scene.checker({{"due-0", Fate::stops}});
  CHECK(scene.next_run().status <= 1);
  for (const std::string& fault : checker.find_faults(Checker::Moment::finished)) FAIL_CHECK(fault);
  if (contains(entries_of(scene, "due-0"), "\"type\":\"destroy\"")) {
    CHECK_FALSE(scene.office.exists(kAudio));
  } else {
    CHECK(contains(content_of(scene, kAudio), "GGGGGGGGGG"));
    CHECK(contains(entries_of(scene, "due-0"), "\"type\":\"destroy.failed\""));
    CHECK_ENDED(scene.next_run(), 1);
  }
}

TEST_CASE("A file that was begun on and is gone is missing and never claimed") {
  REQUIRE_TRACING();
  const KillScene scene(small());
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  kill_in_batch(scene, "pwrite64", "due-1-0.wav");
  for (const auto& [path, content] : scene.put().at("due-0").files) {
    std::filesystem::remove(scene.office.root + "/" + path);
  }
  CHECK_ENDED(scene.next_run(), 1);
  CHECK_FALSE(contains(entries_of(scene, "due-0"), "\"type\":\"destroy\""));
  CHECK(contains(entries_of(scene, "due-0"), "\"reason\":\"missing\""));
  CHECK_ENDED(scene.next_run(), 1);
  CHECK_ENDED(scene.office.call({"log", "verify"}), 0);
}

TEST_CASE("A hold after a kill leaves what is whole untouched and says what is not") {
  REQUIRE_TRACING();
  const KillScene scene(small());
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  kill_in_batch(scene, "pwrite64", "due-1-0.wav");
  const std::string whole = content_of(scene, "d1/due-1-0.wav");
  CHECK(content_of(scene, kAudio) != scene.put().at("due-0").files.at(kAudio));
  CHECK_ENDED(scene.office.call({"hold", "place", "SAR-2", "--kind", "sar", "--reason", "asked",
                                 "--recording", "due-0", "due-1"}),
              0);
  const Ended run = scene.next_run();
  CHECK_ENDED(run, 1);
  CHECK(
      contains(run.err, "due-0: all of it was overwritten before this, and nothing of it is left"));
  CHECK(contains(entries_of(scene, "due-0"), "\"type\":\"destroy.partial\""));
  CHECK(content_of(scene, "d1/due-1-0.wav") == whole);
  CHECK_ENDED(scene.next_run(), 0);
  CHECK(scene.office.exists(kAudio));
}
