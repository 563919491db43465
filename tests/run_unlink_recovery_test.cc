// A removal that is interrupted, and what the next run makes of it.

#include <filesystem>

#include "base/error.h"
#include "support/catch.h"
#include "support/dying_sys.h"
#include "support/loop_image.h"
#include "support/office.h"
#include "support/removal.h"

using namespace expunge;
using namespace expunge::test;
namespace fs = std::filesystem;

TEST_CASE("A removal that dies at any call is finished by the next run and all agree") {
  REQUIRE_LOOP_IMAGE();
  const Scene scene = any_scene();
  const LoopImage image(scene.make, "", scene.bytes);
  int deaths = 0;
  int found_gone = 0;
  for (int calls = 0;; ++calls) {
    CAPTURE(scene.make, calls);
    Council council;
    move_to(council, image / ("r" + std::to_string(calls)));
    scene.furnish(council);
    if (!run_and_die(council, calls)) break;
    ++deaths;
    // No entry before its act.
    for (const std::string& line : council.entries("remove")) {
      for (const auto& [id, files] : originals()) {
        if (!contains(line, "\"recording\":\"" + id + "\"")) continue;
        for (const auto& [path, content] : files)
          REQUIRE_FALSE(is_original(council, path, content));
      }
    }
    const auto report = council.run();
    REQUIRE(report.outcome == run::Outcome::complete);
    REQUIRE(council.disagreement() == "");
    REQUIRE(council.log_fault() == "");
    for (const std::string& line : council.entries("remove")) {
      if (contains(line, "\"note\":\"finished after an interruption; found gone: ")) ++found_gone;
    }
    REQUIRE(council.exists(scene.furnish == furnish_mixed ? "n/c.wav" : "x/c.wav"));
    for (const auto& [id, files] : originals()) {
      if (council.state(id) == "unknown") continue;
      REQUIRE(council.state(id) == (id == "whole" ? "destroyed" : "removed"));
    }
  }
  CHECK(deaths > 20);
  CHECK(found_gone > 0);
}

TEST_CASE("A hold after a removal died keeps all that is there and what is gone is said") {
  REQUIRE_LOOP_IMAGE();
  const Scene scene = any_scene();
  const LoopImage image(scene.make, "", scene.bytes);
  std::map<std::string, int> seen;
  for (int calls = 0;; ++calls) {
    CAPTURE(scene.make, calls);
    Council council;
    move_to(council, image / ("r" + std::to_string(calls)));
    scene.furnish(council);
    if (!run_and_die(council, calls)) break;
    std::map<std::string, std::map<std::string, bool>> there;
    for (const auto& [id, files] : originals()) {
      for (const auto& [path, content] : files) there[id][path] = council.exists(path);
    }
    council.place_hold("SAR-1", {"", "", "Customer Services", {}, {}});
    const auto report = council.run();
    REQUIRE(council.log_fault() == "");
    REQUIRE(report.outcome != run::Outcome::failed);
    if (report.outcome == run::Outcome::braked) continue;
    for (const auto& [id, files] : originals()) {
      const std::string state = council.state(id);
      if (state == "unknown") continue;
      CAPTURE(id, state);
      ++seen[state];
      bool any = false;
      for (const auto& [path, content] : files) {
        any = any || council.exists(path);
        if (state == "kept") REQUIRE(is_original(council, path, content));
        // What was not overwritten and was there is there still.
        if (state == "partial") REQUIRE(council.exists(path) == there[id][path]);
      }
      if (state == "removed" || state == "destroyed") REQUIRE_FALSE(any);
      if (state == "partial") REQUIRE(any);
    }
    REQUIRE(council.open_index().journal().empty());
  }
  CHECK(seen["kept"] > 0);
  CHECK(seen["partial"] > 0);
  CHECK(seen["removed"] > 0);
}

namespace {

/// Leaves a run that journalled its batch and died before it removed anything, on btrfs.
void die_before_removal(Council& council) {
  struct Dying : base::Sys {
    int unlinkat(int dirfd, const char* path, int flags) override {
      if (is_recording(path)) throw Death();
      return Sys::unlinkat(dirfd, path, flags);
    }
  } dying;
  council.sys = &dying;
  CHECK_THROWS_AS(static_cast<void>(council.run()), Death);
  council.sys = &base::real_sys();
  REQUIRE_FALSE(council.open_index().journal().empty());
}

}  // namespace

TEST_CASE("Another file under the name of one to be removed is left alone and said") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  Council council;
  move_to(council, image / "r");
  furnish_unlinked(council);
  die_before_removal(council);
  fs::remove(council.path("y/b.wav"));
  spill(council.path("y/b.wav"), "another person's file");
  const auto report = council.run();
  CHECK(run::needs_person(report));
  CHECK(council.content("y/b.wav") == "another person's file");
  CHECK(contains(council.entries("destroy.failed").at(0), "\"replaced\""));
  CHECK(council.state("one") == "removed");
  CHECK(council.state("two") == "kept");
  CHECK(council.run().summary.count(plan::Verdict::attention).recordings == 1);
  CHECK(council.content("y/b.wav") == "another person's file");
  CHECK(council.open_index().journal().empty());
}

TEST_CASE("Part of a recording gone and another file in place of the rest is said of both") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  Council council;
  move_to(council, image / "r");
  furnish_unlinked(council);
  die_before_removal(council);
  fs::remove(council.path("x/a.txt"));
  fs::remove(council.path("x/a.wav"));
  spill(council.path("x/a.wav"), "another person's file");
  CHECK(council.run().tally.partial == 1);
  CHECK(contains(council.entries("destroy.partial").at(0),
                 "\"note\":\"removed without overwriting: transcript\""));
  CHECK(contains(council.entries("destroy.failed").at(0), "\"replaced\""));
  CHECK(council.state("one") == "partial");
  CHECK(council.content("x/a.wav") == "another person's file");
}

TEST_CASE("What is no longer accepted when a run goes on is left as it is and refused") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  Council council;
  move_to(council, image / "r");
  furnish_unlinked(council);
  die_before_removal(council);
  council.limits.accept = shred::Accept::overwritten;
  const auto report = council.run();
  CHECK(report.tally.removed == 0);
  CHECK(contains(council.entries("destroy.failed").at(0), "\"cannot-overwrite-in-place\""));
  CHECK(council.disagreement() == "");
}

TEST_CASE("A file renamed while it was to be removed is missing and never taken for removed") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  Council council;
  move_to(council, image / "r");
  furnish_unlinked(council);
  struct Renaming : base::Sys {
    std::string from, to;
    int openat2(int dirfd, const char* path, const open_how& how) override {
      const int fd = Sys::openat2(dirfd, path, how);
      // The directory is opened when the names are to go.
      if (std::string_view(path) == "y" && fs::exists(from)) fs::rename(from, to);
      return fd;
    }
  } renaming;
  renaming.from = council.path("y/b.wav");
  renaming.to = council.path("y/elsewhere.wav");
  council.sys = &renaming;
  const auto report = council.run();
  council.sys = &base::real_sys();
  CHECK(report.tally.removed == 1);
  CHECK(council.content("y/elsewhere.wav") == audio() + "2");
  CHECK(contains(council.entries("destroy.failed").at(0), "\"missing\""));
  CHECK(council.open_index().journal().empty());
  static_cast<void>(council.run());
  CHECK(council.entries("remove").size() == 1);
  CHECK(council.state("two") == "kept");
}

TEST_CASE("A removed file that a backup brings back before the run goes on is not touched") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  Council council;
  move_to(council, image / "r");
  furnish_unlinked(council);
  for (int calls = 0; council.entries("remove").empty(); ++calls) {
    REQUIRE(calls < 200);
    REQUIRE(run_and_die(council, calls));
  }
  REQUIRE_FALSE(council.open_index().journal().empty());
  spill(council.path("y/b.wav"), audio() + "2");
  static_cast<void>(council.run());
  CHECK(council.content("y/b.wav") == audio() + "2");
  CHECK(council.state("two") == "returned");
  CHECK(council.state("one") == "removed");
  CHECK(council.entries("remove").size() == 2);
}

TEST_CASE("An index restored from a backup learns from the log what was removed") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  Council council;
  move_to(council, image / "r");
  furnish_unlinked(council);
  const std::string backup = council.index_path + ".backup";
  fs::copy_file(council.index_path, backup);
  CHECK(council.run().tally.removed == 2);
  fs::copy_file(backup, council.index_path, fs::copy_options::overwrite_existing);
  CHECK(council.run().outcome == run::Outcome::braked);
  CHECK(council.run(test::accepting_index()).tally.reconciled == 2);
  CHECK(council.state("one") == "removed");
  CHECK(council.disagreement() == "");
}

TEST_CASE("What was gone before the overwrite came to its end was not removed by the run") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image(kInlineExt4);
  Council council;
  move_to(council, image / "r");
  furnish_mixed(council);
  struct Dying : base::Sys {
    int fdatasync(int fd) override {
      const auto name = fs::read_symlink("/proc/self/fd/" + std::to_string(fd)).string();
      if (name.ends_with(".key")) throw Death();
      return Sys::fdatasync(fd);
    }
  } dying;
  council.sys = &dying;
  CHECK_THROWS_AS(static_cast<void>(council.run()), Death);
  council.sys = &base::real_sys();
  fs::rename(council.path("m/a.txt"), council.path("elsewhere"));
  static_cast<void>(council.run());
  CHECK(contains(council.entries("destroy.failed").at(0), "\"missing\""));
  // The rest goes as that of any recording of which a file is missing.
  for (const std::string& line : council.entries("remove")) {
    CHECK_FALSE(contains(line, "found gone"));
    if (contains(line, "\"mixed\""))
      CHECK(contains(line, "\"note\":\"missing: transcript; begun on by an earlier run\""));
  }
  CHECK(council.state("mixed") == "removed");
  CHECK(council.exists("elsewhere"));
}

TEST_CASE("The very file that was logged as removed is not touched when it is back") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  Council council;
  move_to(council, image / "r");
  furnish_unlinked(council);
  // As a file system that is rolled back leaves it: the entry stands, and so does the file.
  struct Rolled : base::Sys {
    std::string from, to;
    int unlinkat(int dirfd, const char* path, int flags) override {
      if (std::string_view(path) != "b.wav") return Sys::unlinkat(dirfd, path, flags);
      fs::rename(from, to);
      return 0;
    }
    int renameat2(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                  unsigned flags) override {
      // The checkpoint takes its place after the entries that it counts.
      if (!fs::exists(from)) throw Death();
      return Sys::renameat2(old_dirfd, old_path, new_dirfd, new_path, flags);
    }
  } rolled;
  rolled.from = council.path("y/b.wav");
  rolled.to = image / "aside";
  council.sys = &rolled;
  CHECK_THROWS_AS(static_cast<void>(council.run()), Death);
  council.sys = &base::real_sys();
  REQUIRE(council.entries("remove").size() == 2);
  fs::create_directories(council.path("y"));
  fs::rename(rolled.to, rolled.from);
  static_cast<void>(council.run());
  CHECK(council.content("y/b.wav") == audio() + "2");
  CHECK(council.state("two") == "returned");
}
