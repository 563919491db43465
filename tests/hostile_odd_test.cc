// One odd thing at a time, beside a recording that is ordinary.

#include <sys/stat.h>

#include <filesystem>

#include "support/catch.h"
#include "support/council.h"
#include "support/hostile_archive.h"
#include "support/loop_image.h"

using namespace expunge;
using namespace std::string_literals;
using test::Council;
using test::RawIndex;

namespace {

namespace fs = std::filesystem;

constexpr const char* kDue = "2025-10-01T09:00:00Z";
const std::string kAudio(9000, 'A');

#define NEEDS_A_DISK(council) \
  if (!(council).can_destroy()) SKIP_TEST("no file system here that overwrites in place")

/// What the plan says of a recording.
plan::Decision decision(Council& council, const std::string& id) {
  std::map<std::string, plan::Decision> decisions;
  council.plan(&decisions);
  return decisions.at(id);
}

}  // namespace

TEST_CASE("An id that cannot be logged is attention and nothing of it is overwritten") {
  const std::string id = GENERATE("\xff\xfe"s, "a\nb"s, std::string(20000, 'i'), "nul\0"s, ""s);
  Council council;
  NEEDS_A_DISK(council);
  council.add("ordinary", kDue, "ordinary.wav", kAudio);
  test::spill(council.path("odd.wav"), kAudio);
  RawIndex(council.index_path).add(id, kDue, "Customer Services", {{"odd.wav"}});
  CHECK(decision(council, id).cause == plan::Cause::malformed);
  const auto report = council.approve_and_run();
  CHECK(report.outcome == run::Outcome::complete);
  CHECK(report.tally.destroyed == 1);
  CHECK(run::needs_person(report));
  CHECK(council.content("odd.wav") == kAudio);
  CHECK(council.open_index().journal().empty());
  CHECK(council.log_fault() == "");
}

TEST_CASE("More files than a recording can have are attention and stop no other recording") {
  const int count = GENERATE(65, 20000);
  Council council;
  NEEDS_A_DISK(council);
  council.add("ordinary", kDue, "ordinary.wav", kAudio);
  std::vector<RawIndex::RawFile> files;
  for (int i = 0; i < count; ++i) files.push_back({"many/" + std::to_string(i)});
  test::spill(council.path("many/7"), kAudio);
  RawIndex(council.index_path).add("many", kDue, "Customer Services", files);
  CHECK(decision(council, "many").cause == plan::Cause::malformed);
  CHECK(council.open_index().find("many")->files.size() == archive::kMaxFiles + 1);
  CHECK(council.approve_and_run().tally.destroyed == 1);
  CHECK(council.content("many/7") == kAudio);
}

TEST_CASE("A row number that no import gives is attention and takes no memory") {
  const std::int64_t key = GENERATE(INT64_MAX, std::int64_t{-1}, std::int64_t{0});
  Council council;
  NEEDS_A_DISK(council);
  council.add("ordinary", kDue, "ordinary.wav", kAudio);
  test::spill(council.path("odd.wav"), kAudio);
  RawIndex index(council.index_path);
  index.add("odd", kDue, "Customer Services", {{"odd.wav"}}, key == 0 ? 7 : key);
  if (key == 0) index.run("UPDATE recording SET key = 0 WHERE id = 'odd'");
  if (key == 0) index.run("UPDATE file SET recording_key = 0 WHERE path = 'odd.wav'");
  // As if a run had begun on it.
  index.run("INSERT INTO journal_batch VALUES (1, 'r', zeroblob(32), 0, zeroblob(32))");
  index.run(
      "INSERT INTO journal_file SELECT 1, 0, key, 'odd.wav', 'audio', 1, 1, 1, 1, 1, NULL,"
      " zeroblob(32), 'overwrite' FROM recording WHERE id = 'odd'");
  CHECK(decision(council, "odd").cause == plan::Cause::malformed);
  CHECK(council.approve_and_run().tally.destroyed == 1);
  CHECK(council.content("odd.wav") == kAudio);
}

TEST_CASE("What an attacker writes into the index's journal leads nowhere outside the root") {
  const std::string path =
      GENERATE("../outside.wav"s, "/etc/hostname"s, "x/../../outside.wav"s, "a//b"s, "nul\0"s);
  const std::string method = GENERATE("overwrite"s, "unlink"s, "\x1b[2J"s);
  Council council;
  NEEDS_A_DISK(council);
  council.add("ordinary", kDue, "ordinary.wav", kAudio);
  const std::string outside = council.scratch / "outside.wav";
  const std::string empty = council.scratch / "empty";
  test::spill(outside, kAudio);
  fs::create_directory(empty);
  const test::Witness before = test::witness(outside);
  RawIndex index(council.index_path);
  index.run("INSERT INTO journal_batch VALUES (1, 'r', zeroblob(32), 0, zeroblob(32))");
  index.run("INSERT INTO journal_file SELECT 1, 0, key, ?1, 'audio', " +
                std::to_string(before.device) + ", " + std::to_string(before.inode) +
                ", 0, 9000, 9000, NULL, zeroblob(32), ?2 FROM recording",
            {path, method});
  for (const char* directory : {"..", "../empty", "/", "ordinary.wav", ".", "a/../.."}) {
    index.run("INSERT INTO touched_directory VALUES (?1)", {directory});
  }
  index.run("INSERT INTO touched_directory VALUES (?1)", {empty});
  council.approve();
  for (int night = 0; night < 2; ++night) static_cast<void>(council.run());
  CHECK(test::witness(outside) == before);
  CHECK(fs::exists(empty));
  CHECK(fs::exists(council.root));
  CHECK(council.log_fault() == "");
}

TEST_CASE("A file of mostly holes is destroyed without being read through and is not filled") {
  REQUIRE_LOOP_IMAGE();
  const test::LoopImage image(GENERATE("mkfs.ext4 -q", "mkfs.xfs -q"), "", 320 << 20);
  Council council("2026-11-23T14:00:00Z", image.root());
  test::spill(council.path("sparse.wav"), "SPARSE AUDIO" + kAudio);
  fs::resize_file(council.path("sparse.wav"), 1ULL << 40);
  RawIndex(council.index_path).add("sparse", kDue, "Customer Services", {{"sparse.wav"}});
  const auto report = council.approve_and_run();
  CHECK(report.tally.destroyed == 1);
  REQUIRE(council.entries("destroy").size() == 1);
  const std::string entry = council.entries("destroy")[0];
  CHECK(entry.find("\"bytes\":1099511627776,\"method\":\"overwrite\"") != std::string::npos);
  CHECK(test::find_content(image.root(), "SPARSE AUDIO") == "");
}

TEST_CASE("An empty file under a filler's name is somebody's own and stays") {
  REQUIRE_LOOP_IMAGE();
  const test::LoopImage image(GENERATE("mkfs.ext4 -q", "mkfs.xfs -q"), "", 320 << 20);
  Council council("2026-11-23T14:00:00Z", image.root());
  council.add_many("r", "2025-10-01", 20);
  council.add("kept", "2026-11-22T09:00:00Z", "2025-10-01/kept.wav", kAudio);
  const bool fifo = GENERATE(false, true);
  const std::vector<std::string> names = {council.path(".expunge-filler"),
                                          council.path("~expunge-filler")};
  for (const std::string& name : names) {
    if (fifo) ::mkfifo(name.c_str(), 0);
    if (!fifo) test::spill(name, "");
    if (!fifo)
      fs::create_hard_link(name,
                           council.path("2025-10-01/empty") + fs::path(name).filename().string());
  }
  const auto before = test::witness_all(council.root);
  CHECK(council.approve_and_run().tally.destroyed == 20);
  for (const std::string& name : names) CHECK(test::witness(name) == before.at(name));
  if (!fifo) CHECK(council.exists("2025-10-01/empty~expunge-filler"));
  CHECK(council.disagreement() == "");
}
