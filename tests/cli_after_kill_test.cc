// What somebody did to the files of an interrupted batch before the next run came to it.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/fd.h"
#include "base/sha256.h"
#include "base/text.h"
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

TEST_CASE("A hold while a run is on says what that may destroy all the same") {
  REQUIRE_TRACING();
  const KillScene scene(small());
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  kill_in_batch(scene, "pwrite64", "due-1-0.wav");
  const std::string lock = scene.office.scratch / "office/log/run.lock";
  const base::Fd run(::open(lock.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::flock(run.get(), LOCK_EX | LOCK_NB) == 0);
  const Ended placed = scene.office.call(
      {"hold", "place", "SAR-2", "--kind", "sar", "--reason", "asked", "--recording", "due-0"});
  CHECK_ENDED(placed, 1);
  CHECK(contains(placed.out, "begun on by the run that is on: 1."));
  CHECK(contains(placed.err, "may have destroyed recordings of hold SAR-2 before it sees it: 1"));
  CHECK(contains(scene.office.call({"plan"}).out, "begun on by the run that is on"));
  CHECK(
      contains(scene.office.call({"hold", "show", "SAR-2"}).out, "begun on by the run that is on"));
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

namespace {

/// The entries about a recording, of the log as it is now.
std::vector<nlohmann::json> all_of(const KillScene& scene, const std::string& id) {
  std::vector<nlohmann::json> found;
  std::istringstream lines(entries_of(scene, id));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) found.push_back(nlohmann::json::parse(line));
  }
  return found;
}

std::vector<std::string> types_of(const std::vector<nlohmann::json>& entries) {
  std::vector<std::string> types;
  for (const auto& entry : entries) types.push_back(entry.at("type"));
  return types;
}

nlohmann::json last_end(const KillScene& scene) {
  nlohmann::json end;
  std::istringstream lines(scene.office.call({"log", "show", "--json"}).out);
  for (std::string line; std::getline(lines, line);) {
    if (contains(line, "\"type\":\"run.end\"")) end = nlohmann::json::parse(line);
  }
  return end;
}

/// Size and hash of each file in an entry are those of what was put there.
void check_originals(const KillScene& scene, const nlohmann::json& entry, const std::string& id) {
  const std::map<std::string, std::string> file_of{
      {"audio", "0"}, {"transcript", "1"}, {"key", "2"}};
  for (const auto& file : entry.at("files")) {
    const std::string name = id + "-" + file_of.at(file.at("role")) + ".wav";
    const auto& files = scene.put().at(id).files;
    const auto put = std::find_if(files.begin(), files.end(),
                                  [&](const auto& each) { return each.first.ends_with(name); });
    REQUIRE(put != files.end());
    CHECK(file.at("bytes") == put->second.size());
    if (put->second.size() < 4096) continue;
    CHECK(file.value("sha256", std::string("none")) ==
          base::to_hex(base::Sha256().update(put->second).finish()));
  }
}

/// What status and certificate say of it speaks of no hold.
void check_no_hold_told(const KillScene& scene, const std::string& id) {
  CHECK_FALSE(contains(scene.office.call({"status"}).out, "could not finish"));
  const test::Scratch scratch;
  CHECK_ENDED(scene.office.call({"log", "certificate", id, "--output", scratch / ""}), 0);
  CHECK_FALSE(contains(test::slurp(scratch / (id + ".txt")), "a hold"));
  CHECK_ENDED(scene.office.call({"log", "verify"}), 0);
}

}  // namespace

TEST_CASE("A recording that lacks a file is finished after a kill and no hold is told of") {
  REQUIRE_TRACING();
  const KillScene scene(small());
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const bool lacked_before = GENERATE(true, false);
  CAPTURE(lacked_before);
  const std::string transcript = scene.office.root + "/d0/due-0-1.wav";
  if (lacked_before) std::filesystem::remove(transcript);
  kill_in_batch(scene, "pwrite64", "due-1-0.wav");
  if (!lacked_before) std::filesystem::remove(transcript);
  const Ended run = scene.office.call({"run"});
  CHECK_ENDED(run, 1);
  CHECK(contains(run.out + run.err, "destroyed 2 ("));
  CHECK(contains(run.out + run.err, "), failed 0, held 1, need attention 0"));
  CHECK_FALSE(contains(run.out + run.err, "destroyed in part"));
  CHECK_FALSE(contains(run.out + run.err, "held or changed meanwhile"));
  CHECK_FALSE(contains(run.out + run.err, "overwritten before this"));
  const auto entries = all_of(scene, "due-0");
  CHECK(types_of(entries) == std::vector<std::string>{"destroy.failed", "destroy"});
  CHECK(entries.back().at("note") == "missing: transcript");
  CHECK(entries.back().at("files").size() == 2);
  check_originals(scene, entries.back(), "due-0");
  CHECK(last_end(scene).at("held") == 1);
  CHECK(last_end(scene).at("without_file") == 1);
  check_no_hold_told(scene, "due-0");
  CHECK_ENDED(scene.next_run(), 0);
}

TEST_CASE("A file that is there again after a kill goes with the rest and no hold is told of") {
  REQUIRE_TRACING();
  const KillScene scene(small());
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const std::string transcript = scene.office.root + "/d0/due-0-1.wav";
  std::filesystem::remove(transcript);
  kill_in_batch(scene, "pwrite64", "due-1-0.wav");
  test::spill(transcript, scene.put().at("due-0").files.at("d0/due-0-1.wav"));
  const Ended run = scene.office.call({"run"});
  CHECK(contains(run.out + run.err, "destroyed 2 ("));
  CHECK(contains(run.out + run.err, "), failed 0, held 1, need attention 0"));
  CHECK_FALSE(contains(run.out + run.err, "destroyed in part"));
  CHECK_FALSE(contains(run.out + run.err, "nothing of it is left"));
  CHECK_FALSE(contains(run.out + run.err, "held or changed meanwhile"));
  CHECK(contains(run.out + run.err, ": it is begun anew, with its files as they are now"));
  const auto entries = all_of(scene, "due-0");
  CHECK(types_of(entries) == std::vector<std::string>{"destroy.partial", "destroy"});
  CHECK(entries.front().at("kept") > 0);
  CHECK(entries.back().at("files").size() == 3);
  for (const auto& file : entries.back().at("files")) {
    if (file.at("role") == "transcript") CHECK_FALSE(file.contains("sha256"));
  }
  CHECK(last_end(scene).at("held") == 1);
  check_no_hold_told(scene, "due-0");
}

TEST_CASE("What is destroyed after a hold had stopped it has the size and hash from before") {
  REQUIRE_TRACING();
  const KillScene scene(small());
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  kill_in_batch(scene, "pwrite64", "due-1-0.wav");
  CHECK_ENDED(scene.office.call({"hold", "place", "SAR-2", "--kind", "sar", "--reason", "asked",
                                 "--recording", "due-0"}),
              0);
  CHECK_ENDED(scene.next_run(), 1);
  CHECK_ENDED(scene.office.call({"hold", "release", "SAR-2", "--reason", "answered"}), 0);
  CHECK(scene.next_run().status <= 1);
  const auto entries = all_of(scene, "due-0");
  CHECK(types_of(entries) == std::vector<std::string>{"destroy.partial", "destroy"});
  check_originals(scene, entries.front(), "due-0");
  check_originals(scene, entries.back(), "due-0");
  CHECK(contains(entries.back().at("note").get<std::string>(), "begun on by an earlier run"));
  CHECK_ENDED(scene.office.call({"log", "verify"}), 0);
}
