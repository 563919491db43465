#include <cerrno>
#include <filesystem>

#include "support/catch.h"
#include "support/council.h"

using namespace expunge;
using test::Council;
using test::run_and_die;

namespace {

const std::string kAudio(9000, 'A');

void furnish(Council& council) {
  council.add("old-1", "2025-10-01T09:00:00Z", "2025/10/01/a.wav", kAudio + "1");
  council.add("old-1", "2025-10-01T09:00:00Z", "2025/10/01/a.txt", "words", "Customer Services", "",
              "", "transcript");
  council.add("old-2", "2025-10-02T09:00:00Z", "2025/10/02/b.wav", std::string(200000, 'b'));
  council.add("new-1", "2026-11-01T09:00:00Z", "2026/11/01/c.wav", kAudio + "3");
  council.approve();
}

}  // namespace

TEST_CASE("A run that dies at any call is finished by the next and all agree") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  int deaths = 0;
  for (int calls = 0;; ++calls) {
    CAPTURE(calls);
    Council council;
    furnish(council);
    if (!run_and_die(council, calls)) break;
    ++deaths;
    const auto report = council.run();
    REQUIRE(report.outcome == run::Outcome::complete);
    REQUIRE(council.disagreement() == "");
    REQUIRE(council.log_fault() == "");
    REQUIRE(council.state("old-1") == "destroyed");
    REQUIRE(council.state("old-2") == "destroyed");
    REQUIRE(council.content("2026/11/01/c.wav") == kAudio + "3");
  }
  CHECK(deaths > 20);  // the sweep did reach into the run
}

TEST_CASE("After any death no file is touched that no durable run start stands for") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  for (int calls = 0;; ++calls) {
    CAPTURE(calls);
    Council council;
    furnish(council);
    if (!run_and_die(council, calls)) break;
    const bool started = !council.entries("run.start").empty();
    const bool touched =
        !council.exists("2025/10/01/a.wav") || council.content("2025/10/01/a.wav") != kAudio + "1";
    REQUIRE((started || !touched));
    // What is claimed to be destroyed must not be readable.
    for (const std::string& line : council.entries("destroy")) {
      const bool first = line.find("\"old-1\"") != std::string::npos;
      const std::string path = first ? "2025/10/01/a.wav" : "2025/10/02/b.wav";
      if (!council.exists(path)) continue;
      const std::string content = council.content(path);
      REQUIRE(content.find("AAAAAAAA") == std::string::npos);
      REQUIRE(content.find("bbbbbbbb") == std::string::npos);
    }
  }
}

TEST_CASE("A hold that comes after a crash stops what was half done and leaves what was whole") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  int untouched = 0;
  int partial = 0;
  int finished = 0;
  for (int calls = 0;; ++calls) {
    CAPTURE(calls);
    Council council;
    furnish(council);
    if (!run_and_die(council, calls)) break;
    council.place_hold("SAR-1", {"", "", "Customer Services", {}, {}});
    const auto report = council.run();
    REQUIRE(council.log_fault() == "");
    REQUIRE(report.outcome != run::Outcome::failed);
    if (report.outcome == run::Outcome::braked) continue;  // nothing was destroyed yet
    for (const char* id : {"old-1", "old-2"}) {
      const std::string state = council.state(id);
      CAPTURE(id, state);
      const std::string path = id == std::string("old-1") ? "2025/10/01/a.wav" : "2025/10/02/b.wav";
      if (state == "kept") {
        ++untouched;
        REQUIRE((council.content(path) == kAudio + "1" ||
                 council.content(path) == std::string(200000, 'b')));
      } else if (state == "partial") {
        ++partial;
        REQUIRE(council.exists(path));
        REQUIRE_FALSE(council.entries("destroy.partial").empty());
      } else {
        ++finished;
        REQUIRE(state == "destroyed");
        REQUIRE_FALSE(council.exists(path));
      }
    }
    REQUIRE(council.open_index().journal().empty());
  }
  CHECK(untouched > 0);
  CHECK(partial > 0);
  CHECK(finished > 0);
}

TEST_CASE("What a hold stopped half way is destroyed once the hold is released") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  for (int calls = 0;; ++calls) {
    Council council;
    furnish(council);
    REQUIRE(run_and_die(council, calls));  // some call leaves it half way
    council.place_hold("SAR-1", {"", "", "Customer Services", {}, {}});
    static_cast<void>(council.run());
    if (council.state("old-2") != "partial") continue;
    council.release_hold("SAR-1");
    const auto report = council.approve_and_run();
    CHECK(report.outcome == run::Outcome::complete);
    CHECK(council.state("old-2") == "destroyed");
    CHECK_FALSE(council.exists("2025/10/02/b.wav"));
    CHECK(council.disagreement() == "");
    return;
  }
}

TEST_CASE("Another file under the name of one half destroyed is left alone and said") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  for (int calls = 0;; ++calls) {
    Council council;
    furnish(council);
    REQUIRE(run_and_die(council, calls));
    const bool begun = !council.open_index().journal().empty();
    if (!begun || !council.entries("destroy").empty()) continue;
    std::filesystem::remove(council.path("2025/10/02/b.wav"));
    test::spill(council.path("2025/10/02/b.wav"), "another person's file");
    const auto report = council.run();
    CHECK(run::needs_person(report));
    CHECK(council.content("2025/10/02/b.wav") == "another person's file");
    CHECK(council.state("old-2") == "partial");
    CHECK(council.entries("destroy.failed").at(0).find("\"replaced\"") != std::string::npos);
    CHECK(run::attention_in(report) == 1);
    const auto again = council.run();  // it is attention from now on
    CHECK(again.summary.count(plan::Verdict::attention).recordings == 1);
    CHECK(run::attention_in(again) == 1);
    CHECK(council.content("2025/10/02/b.wav") == "another person's file");
    return;
  }
}

TEST_CASE("What a failed flush left is written again before it is said to be overwritten") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  Council council;
  furnish(council);
  struct Watching : base::Sys {
    static bool is_audio(int fd) {
      const std::string link = "/proc/self/fd/" + std::to_string(fd);
      return std::filesystem::read_symlink(link).string().find("/recordings/") != std::string::npos;
    }
    ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset) override {
      if (is_audio(fd)) written_bytes += bytes;
      return Sys::pwrite(fd, buffer, bytes, offset);
    }
    int fdatasync(int fd) override {
      if (!is_audio(fd)) return Sys::fdatasync(fd);
      if (fails) return -EIO;
      if (written_bytes > 0) ++good_flushes;
      written_bytes = 0;
      return Sys::fdatasync(fd);
    }
    bool fails = true;
    std::size_t written_bytes = 0;
    int good_flushes = 0;
  } watching;
  council.limits.workers = 1;
  council.sys = &watching;
  CHECK(council.run().outcome == run::Outcome::failed);
  council.place_hold("SAR-1", {"", "", "Customer Services", {}, {}});
  const std::string noise = council.content("2025/10/02/b.wav");
  REQUIRE(noise != std::string(200000, 'b'));
  watching.fails = false;
  watching.written_bytes = 0;
  CHECK(council.run().tally.partial == 2);
  CHECK(watching.good_flushes == 2);  // one for each recording
  CHECK(council.content("2025/10/02/b.wav") == noise);
  CHECK(council.entries("destroy.partial").size() == 2);
  council.sys = &base::real_sys();
}
