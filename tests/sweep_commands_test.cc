// Every other command that writes, killed at its n-th system call that changes anything: the same
// command given again succeeds, and index and log then agree.

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/kill_scene.h"

using namespace expunge;
using test::Blow;
using test::Checker;
using test::contains;
using test::Ended;
using test::KillScene;
using test::Mutation;
using test::Sweep;

namespace {

using Words = std::vector<std::string>;

const Words kPlace = {"hold",     "place", "SAR-2",       "--kind", "sar",
                      "--reason", "asked", "--recording", "due-0",  "due-1"};
const Words kRelease = {"hold", "release", "SAR-1", "--reason", "answered"};

int entries(const KillScene& scene, const std::string& type) {
  int found = 0;
  const std::string log = test::slurp(scene.log() + "/log.jsonl");
  const std::string wanted = "\"type\":\"" + type + "\"";
  for (auto at = log.find(wanted); at != std::string::npos; at = log.find(wanted, at + 1)) ++found;
  return found;
}

/// What must be so once the command was given again.
using Done = std::function<void(std::vector<std::string>& faults)>;

struct Command {
  std::string name;
  Words words;
  int again;     ///< the most that the second call may exit with
  int plan = 0;  ///< and the plan after it
};

void sweep_command(const KillScene& scene, const Command& command, const Done& done,
                   std::size_t sampled) {
  scene.reset();
  const auto whole = scene.call(command.words, [](const Mutation&) { return Blow{}; });
  INFO(whole.ended.err);
  REQUIRE(whole.ended.status == 0);
  Sweep sweep("kill, " + command.name, sampled);
  for (const Blow::Kind kind : {Blow::Kind::kill_before, Blow::Kind::kill_after}) {
    for (const std::uint64_t number : sweep.points(whole.mutations)) {
      scene.reset();
      std::string where;
      const auto killed = scene.call(command.words, [&](const Mutation& mutation) {
        if (mutation.number != number) return Blow{};
        where = fmt::format("{} {}", mutation.call, mutation.path);
        return Blow{kind};
      });
      std::vector<std::string> faults;
      test::expect_ended(faults, command.name, killed.ended, 128 + SIGKILL);
      Checker checker = scene.checker();
      test::add_faults(faults, "killed", checker.find_faults(Checker::Moment::interrupted));
      const Ended again = scene.office.call(command.words);
      if (again.status > command.again) test::expect_ended(faults, "again", again, 0);
      const Ended verified = scene.office.call({"log", "verify"});
      test::expect_ended(faults, "log verify", verified, 0);
      const Ended plan = scene.office.call({"plan"});
      if (plan.status > command.plan) test::expect_ended(faults, "plan", plan, command.plan);
      done(faults);
      sweep.tried(fmt::format("{} {}", kind == Blow::Kind::kill_before ? "before" : "after", where),
                  faults);
    }
  }
  CHECK(sweep.failures() == 0);
}

}  // namespace

TEST_CASE("Sweep: a hold whose placing is killed at any call is placed by the next call") {
  REQUIRE_TRACING();
  const KillScene scene({});
  // 1: it was in force already, and logged by the second call; or 2: it was placed and logged.
  sweep_command(
      scene, {"hold place", kPlace, 2},
      [&](std::vector<std::string>& faults) {
        if (entries(scene, "hold.place") != 2) faults.emplace_back("not logged once");
        const auto list = scene.office.call({"hold", "list"});
        if (!contains(list.out, "SAR-2")) faults.emplace_back("not in force");
        test::Checker checker =
            scene.checker({{"due-0", test::Fate::stays}, {"due-1", test::Fate::stays}});
        if (!scene.office.can_destroy()) return;
        test::expect_ended(faults, "run", scene.next_run(), 0);
        test::add_faults(faults, "at the end", checker.find_faults(Checker::Moment::finished));
      },
      15);
}

TEST_CASE("Sweep: a hold whose release is killed at any call is released by the next call") {
  REQUIRE_TRACING();
  const KillScene scene({});
  // 1: what it covered is in no approved plan.
  sweep_command(
      scene, {"hold release", kRelease, 2, 1},
      [&](std::vector<std::string>& faults) {
        if (entries(scene, "hold.release") < 1) faults.emplace_back("not logged");
        const auto list = scene.office.call({"hold", "list"});
        if (contains(list.out, "SAR-1")) faults.emplace_back("still in force");
        if (!scene.office.can_destroy()) return;
        test::expect_ended(faults, "run", scene.next_run(), 1);
      },
      15);
}

TEST_CASE("Sweep: an import that is killed at any call is made by the next call") {
  REQUIRE_TRACING();
  const KillScene scene({});
  const std::string csv = scene.office.scratch / "more.csv";
  test::spill(csv, "id,department,recorded_at,path\nnew-0,Customer Services," +
                       test::Office::days_ago(2) + ",d1/new-0.wav\n");
  sweep_command(
      scene, {"import", {"import", csv}, 0},
      [&](std::vector<std::string>& faults) {
        if (test::sql_value(scene.index(), "SELECT count(*) FROM recording WHERE id = 'new-0'") !=
            "1") {
          faults.emplace_back("not imported once");
        }
        if (entries(scene, "import") < 2) faults.emplace_back("not logged");
      },
      15);
}

TEST_CASE("Sweep: an approval that is killed at any call is given by the next call") {
  REQUIRE_TRACING();
  const KillScene scene({});
  scene.reset();
  const std::string now = scene.office.digest();
  sweep_command(
      scene, {"approve", {"approve", now, "--reason", "again"}, 0},
      [&](std::vector<std::string>& faults) {
        // Three of them when it was killed after its commit.
        if (test::sql_value(scene.index(), "SELECT count(*) FROM approval") < "2") {
          faults.emplace_back("not in force");
        }
        if (!scene.office.can_destroy()) return;
        Checker checker = scene.checker();
        test::expect_ended(faults, "run", scene.next_run(), 0);
        test::add_faults(faults, "at the end", checker.find_faults(Checker::Moment::finished));
      },
      15);
}

namespace {

/// Does what the message of an init says, in front of " and try again".
bool remove_as_told(const std::string& message) {
  const std::string begin = "remove ";
  const auto from = message.find(begin);
  const auto to = message.find(" and try again");
  if (from == std::string::npos || to == std::string::npos) return false;
  std::string names = message.substr(from + begin.size(), to - from - begin.size()) + ", ";
  while (!names.empty()) {
    const auto comma = names.find(", ");
    std::filesystem::remove_all(names.substr(0, comma));
    names.erase(0, comma + 2);
  }
  return true;
}

}  // namespace

TEST_CASE("Sweep: an init that is killed at any call can be made again as its message tells") {
  REQUIRE_TRACING();
  const test::Scratch scratch;
  const std::string root = scratch / "recordings";
  const std::string office = scratch / "office";
  std::filesystem::create_directory(root);
  const Words init = {EXPUNGE_BINARY, "init", office, "--root", root};
  const Words words(init.begin() + 1, init.end());
  const auto whole = test::run_traced(init, [](const Mutation&) { return Blow{}; });
  REQUIRE(whole.ended.status == 0);
  Sweep sweep("kill, init", 30);
  for (const Blow::Kind kind : {Blow::Kind::kill_before, Blow::Kind::kill_after}) {
    for (const std::uint64_t number : sweep.points(whole.mutations)) {
      std::filesystem::remove_all(office);
      std::string where;
      static_cast<void>(test::run_traced(init, [&](const Mutation& mutation) {
        if (mutation.number != number) return Blow{};
        where = fmt::format("{} {}", mutation.call, mutation.path);
        return Blow{kind};
      }));
      std::vector<std::string> faults;
      Ended again = test::expunge(words);
      // With its log it is whole already.
      if (again.status == 2 && !std::filesystem::exists(office + "/log")) {
        if (!remove_as_told(again.err)) faults.push_back("no remedy: " + again.err);
        again = test::expunge(words);
        test::expect_ended(faults, "init again", again, 0);
      }
      const std::string config = office + "/expunge.conf";
      test::expect_ended(faults, "plan", test::expunge({"--config", config, "plan"}), 0);
      test::expect_ended(faults, "log verify", test::expunge({"--config", config, "log", "verify"}),
                         0);
      sweep.tried(where, faults);
    }
  }
  CHECK(sweep.failures() == 0);
}

TEST_CASE("Sweep: an init of which any call fails leaves nothing behind or says so") {
  REQUIRE_TRACING();
  const test::Scratch scratch;
  const std::string root = scratch / "recordings";
  const std::string office = scratch / "office";
  std::filesystem::create_directory(root);
  const Words init = {EXPUNGE_BINARY, "init", office, "--root", root};
  const auto whole = test::run_traced(init, [](const Mutation&) { return Blow{}; });
  REQUIRE(whole.ended.status == 0);
  Sweep sweep("ENOSPC, init", 30);
  for (const std::uint64_t number : sweep.points(whole.mutations)) {
    std::filesystem::remove_all(office);
    std::string where;
    const auto failed = test::run_traced(init, [&](const Mutation& mutation) {
      if (mutation.number != number) return Blow{};
      where = fmt::format("{} {}", mutation.call, mutation.path);
      return Blow{Blow::Kind::fail, ENOSPC};
    });
    std::vector<std::string> faults;
    if (failed.ended.status == 0) {
      test::expect_ended(faults, "plan",
                         test::expunge({"--config", office + "/expunge.conf", "plan"}), 0);
    } else if (std::filesystem::exists(office) && !std::filesystem::is_empty(office)) {
      faults.push_back("left something: " + failed.ended.err);
    } else if (!contains(failed.ended.err, office)) {
      faults.push_back("says: " + failed.ended.err);
    }
    sweep.tried(where, faults);
  }
  CHECK(sweep.failures() == 0);
}
