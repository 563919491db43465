// Every other command that writes, killed at its n-th system call that changes anything: the same
// command given again succeeds, and index and log then agree.

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/kill_scene.h"
#include "support/logins.h"
#include "support/places.h"
#include "support/succession.h"

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
  std::function<void()> prepare = [] {};
};

void sweep_command(const KillScene& scene, const Command& command, const Done& done,
                   std::size_t sampled) {
  scene.reset();
  command.prepare();
  const auto whole = scene.call(command.words, [](const Mutation&) { return Blow{}; });
  INFO(whole.ended.err);
  REQUIRE(whole.ended.status == 0);
  Sweep sweep("kill, " + command.name, sampled);
  for (const Blow::Kind kind : {Blow::Kind::kill_before, Blow::Kind::kill_after}) {
    for (const std::uint64_t number : sweep.points(whole.mutations)) {
      scene.reset();
      command.prepare();
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
      if (plan.status > command.plan) {
        test::expect_ended(faults, "plan", plan, command.plan);
        faults.push_back(plan.out);
      }
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

namespace {

#define REQUIRE_LOGINS() \
  if (!test::can_set_login()) SKIP_TEST("this process may not set a login")

/// A night for two persons, of whom the other asked for the release of SAR-1.
KillScene::Shape two_persons() {
  KillScene::Shape shape;
  shape.holds = "release = two-person\nrelease-delay = none\n";
  return shape;
}

std::function<void()> asked_by_another(const KillScene& scene) {
  return [&scene] {
    if (scene.office.call(kRelease).status != 0) throw std::runtime_error("not asked for");
    test::sql_run(scene.index(), "UPDATE hold SET release_user = 'another'");
  };
}

}  // namespace

TEST_CASE("Sweep: a release whose asking is killed at any call is asked for by the next call") {
  REQUIRE_TRACING();
  REQUIRE_LOGINS();
  const test::LoginScope login(61001);
  const KillScene scene(two_persons());
  sweep_command(
      scene, {"hold release, to be confirmed", kRelease, 2},
      [&](std::vector<std::string>& faults) {
        if (entries(scene, "hold.release") < 1) faults.emplace_back("not logged");
        if (!contains(scene.office.call({"hold", "list"}).out, "awaits confirmation")) {
          faults.emplace_back("not asked for, or not in force");
        }
      },
      12);
}

TEST_CASE("Sweep: a release whose confirmation is killed at any call is confirmed by the next") {
  REQUIRE_TRACING();
  REQUIRE_LOGINS();
  const test::LoginScope login(61001);
  const KillScene scene(two_persons());
  sweep_command(
      scene,
      {"hold release --confirm",
       {"hold", "release", "SAR-1", "--confirm"},
       2,
       1,
       asked_by_another(scene)},
      [&](std::vector<std::string>& faults) {
        if (entries(scene, "hold.confirm") < 1) faults.emplace_back("not logged");
        if (contains(scene.office.call({"hold", "list"}).out, "SAR-1")) {
          faults.emplace_back("still in force");
        }
        if (test::sql_value(scene.index(), "SELECT count(*) FROM hold_scope") != "0") {
          faults.emplace_back("not erased");
        }
      },
      12);
}

TEST_CASE("Sweep: a hold whose keeping is killed at any call is kept by the next call") {
  REQUIRE_TRACING();
  REQUIRE_LOGINS();
  const test::LoginScope login(61001);
  const KillScene scene(two_persons());
  sweep_command(
      scene, {"hold keep", {"hold", "keep", "SAR-1"}, 2, 0, asked_by_another(scene)},
      [&](std::vector<std::string>& faults) {
        if (entries(scene, "hold.keep") < 1) faults.emplace_back("not logged");
        const auto list = scene.office.call({"hold", "list"});
        if (!contains(list.out, "SAR-1") || contains(list.out, "awaits")) {
          faults.emplace_back("not kept");
        }
        Checker checker = scene.checker();
        if (!scene.office.can_destroy()) return;
        test::expect_ended(faults, "run", scene.next_run(), 0);
        test::add_faults(faults, "at the end", checker.find_faults(Checker::Moment::finished));
      },
      12);
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

TEST_CASE("Sweep: a correction that is killed at any call is made by the next call") {
  REQUIRE_TRACING();
  const KillScene scene({});
  const std::string right = test::Office::days_ago(3);
  // 2: it was whole, and there is nothing to correct any more. Where it was logged before it died,
  // the plan shows a brake: the index may have lost it as one that was put back has.
  sweep_command(
      scene,
      {"correct", {"correct", "kept-0", "--recorded-at", right, "--authority", "REC-7"}, 2, 1},
      [&](std::vector<std::string>& faults) {
        if (test::sql_value(scene.index(),
                            "SELECT recorded_at FROM recording WHERE id = 'kept-0'") != right) {
          faults.emplace_back("not corrected");
        }
        if (entries(scene, "correct") < 1) faults.emplace_back("not logged");
      },
      15);
}

TEST_CASE("Sweep: an acknowledgement that is killed at any call is given by the next call") {
  REQUIRE_TRACING();
  const KillScene scene({});
  scene.reset();
  // Something to acknowledge, on the evening that each trial begins with. What needs attention
  // proves no clock right, and there is nothing else so young: so the plan shows that brake.
  test::sql_run(scene.index(), "UPDATE recording SET department = 'Housing' WHERE id = 'kept-0'");
  std::filesystem::copy_file(scene.index(), scene.office.scratch / "pristine" + scene.index(),
                             std::filesystem::copy_options::overwrite_existing);
  sweep_command(
      scene,
      {"acknowledge",
       {"acknowledge", "kept-0", "--until", test::Office::days_ago(-30).substr(0, 10), "--reason",
        "known"},
       0,
       1},
      [&](std::vector<std::string>& faults) {
        const auto list = scene.office.call({"acknowledge", "--list"});
        if (!contains(list.out, "kept-0")) faults.emplace_back("not in force");
        if (entries(scene, "acknowledge") < 1) faults.emplace_back("not logged");
      },
      15);
}

TEST_CASE("Sweep: an init that is killed at any call can be made again as its message tells") {
  REQUIRE_TRACING();
  const test::Scratch scratch;
  const std::string root = scratch / "recordings";
  const std::string office = scratch / "office";
  std::filesystem::create_directory(root);
  const Words init = {test::kBinary, "init", office, "--root", root};
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
        if (!test::remove_as_told(again.err)) faults.push_back("no remedy: " + again.err);
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
  const Words init = {test::kBinary, "init", office, "--root", root};
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
