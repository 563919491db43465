// A succession, killed or refused at each of its system calls that change anything: the same
// command given again finishes it, and everything is then as if nothing had happened.

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/kill_scene.h"
#include "support/places.h"
#include "support/succession.h"

using namespace expunge;
using test::Blow;
using test::contains;
using test::Ended;
using test::Mutation;
using test::OldOffice;
using test::Sweep;

namespace {

namespace fs = std::filesystem;

/// The office before its succession, as often as it is wanted.
class Scene {
 public:
  Scene() : kept_(old.office.scratch / "kept") {
    old.lose_key();
    old.name_new_log();
    fs::copy(old.directory(), kept_, fs::copy_options::recursive);
    // init --successor-of reads the keys' modes.
    reset();
  }

  void reset() const {
    fs::remove_all(old.directory());
    fs::copy(kept_, old.directory(), fs::copy_options::recursive);
  }

  [[nodiscard]] std::vector<std::string> command() const {
    std::vector<std::string> words = {test::kBinary, "--config", old.office.config};
    for (const std::string& word : old.words()) words.push_back(word);
    return words;
  }

  /// What is wrong once the command was given again.
  [[nodiscard]] std::vector<std::string> faults_at_the_end() const {
    std::vector<std::string> faults;
    test::expect_ended(faults, "log verify", old.office.call({"log", "verify"}), 0);
    test::expect_ended(faults, "plan", old.office.call({"plan"}), 0);
    const std::string index = old.directory() + "/index.db";
    const auto expect = [&](const std::string& sql, const std::string& value) {
      const std::string found = test::sql_value(index, sql);
      if (found != value) faults.push_back(sql + ": " + found);
    };
    expect("SELECT value FROM meta WHERE name = 'origin'", OldOffice::kNewOrigin);
    expect("SELECT count(*) FROM past_log", "1");
    expect("SELECT count(*) FROM recording", "4");
    const std::string log = test::slurp(old.new_log() + "/log.jsonl");
    const auto hold = log.find("\"type\":\"hold.place\",\"reference\":\"SAR-1\"");
    if (hold == std::string::npos) faults.emplace_back("the hold is not logged");
    if (log.find("\"type\":\"hold.place\"", hold + 1) != std::string::npos) {
      faults.emplace_back("the hold is logged twice");
    }
    for (const auto& each : fs::directory_iterator(old.directory())) {
      if (each.path().extension() == ".new") faults.push_back("left: " + each.path().string());
    }
    return faults;
  }

  OldOffice old;

 private:
  std::string kept_;
};

/// The same again, after what it says is left was removed.
Ended again_as_told(const Scene& scene, std::vector<std::string>& faults) {
  Ended again = scene.old.succeed();
  if (again.status == 0) return again;
  if (fs::exists(scene.old.new_log())) faults.push_back("does not go on: " + again.err);
  if (!test::remove_as_told(again.err)) faults.push_back("no remedy: " + again.err);
  again = scene.old.succeed();
  test::expect_ended(faults, "again", again, 0);
  return again;
}

}  // namespace

TEST_CASE("Sweep: a succession that is killed at any call is finished by the same command") {
  REQUIRE_TRACING();
  const Scene scene;
  const auto whole = test::run_traced(scene.command(), [](const Mutation&) { return Blow{}; });
  INFO(whole.ended.err);
  REQUIRE(whole.ended.status == 0);
  REQUIRE(scene.faults_at_the_end().empty());
  Sweep sweep("kill, succession", 30);
  for (const Blow::Kind kind : {Blow::Kind::kill_before, Blow::Kind::kill_after}) {
    for (const std::uint64_t number : sweep.points(whole.mutations)) {
      scene.reset();
      std::string where;
      const auto killed = test::run_traced(scene.command(), [&](const Mutation& mutation) {
        if (mutation.number != number) return Blow{};
        where = fmt::format("{} {}", mutation.call, mutation.path);
        return Blow{kind};
      });
      std::vector<std::string> faults;
      test::expect_ended(faults, "killed", killed.ended, 128 + SIGKILL);
      static_cast<void>(again_as_told(scene, faults));
      test::add_faults(faults, "at the end", scene.faults_at_the_end());
      sweep.tried(fmt::format("{} {}", kind == Blow::Kind::kill_before ? "before" : "after", where),
                  faults);
    }
  }
  CHECK(sweep.failures() == 0);
}

TEST_CASE("Sweep: a succession of which any call fails is finished by the same command") {
  REQUIRE_TRACING();
  const Scene scene;
  const auto whole = test::run_traced(scene.command(), [](const Mutation&) { return Blow{}; });
  REQUIRE(whole.ended.status == 0);
  Sweep sweep("EIO, succession", 30);
  for (const Blow::Kind kind : {Blow::Kind::fail, Blow::Kind::fail_after}) {
    for (const std::uint64_t number : sweep.points(whole.mutations)) {
      scene.reset();
      std::string where;
      const auto failed = test::run_traced(scene.command(), [&](const Mutation& mutation) {
        if (mutation.number != number) return Blow{};
        where = fmt::format("{} {}", mutation.call, mutation.path);
        return Blow{kind, EIO};
      });
      std::vector<std::string> faults;
      if (failed.ended.status != 0 && failed.ended.err.empty()) faults.emplace_back("says nothing");
      static_cast<void>(again_as_told(scene, faults));
      test::add_faults(faults, "at the end", scene.faults_at_the_end());
      sweep.tried(fmt::format("{} {}", kind == Blow::Kind::fail ? "not made" : "made", where),
                  faults);
    }
  }
  CHECK(sweep.failures() == 0);
}
