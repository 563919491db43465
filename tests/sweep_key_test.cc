// A rotation of the log's key, killed or refused at each call that changes anything: at every
// moment the log verifies and a hold can be placed, and the next rotation or run finishes the work.

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "support/catch.h"
#include "support/kill_scene.h"

using namespace expunge;
using test::Blow;
using test::contains;
using test::Ended;
using test::KillScene;
using test::Mutation;
using test::Sweep;

namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kHold = {"hold",     "place", "SAR-9",       "--kind", "sar",
                                        "--reason", "asked", "--recording", "kept-0"};

KillScene::Shape rotating() {
  KillScene::Shape shape;
  shape.due = 1;
  shape.rotates = true;
  return shape;
}

/// What must be so right after the blow, and after the next rotation or run.
void check_after(const KillScene& scene, const std::vector<std::string>& next,
                 std::vector<std::string>& faults) {
  const std::string key = scene.office_dir() + "/log.key";
  test::expect_ended(faults, "log verify", scene.office.call({"log", "verify", "--quiet"}), 0);
  test::expect_ended(faults, "hold place", scene.office.call(kHold), 0);
  test::expect_ended(faults, "log verify", scene.office.call({"log", "verify", "--quiet"}), 0);
  test::expect_ended(faults, "again", scene.office.call(next), 0);
  if (fs::exists(key + ".next")) faults.emplace_back("a next key is left");
  test::expect_ended(faults, "at the end", scene.office.call({"log", "verify", "--quiet"}), 0);
  const Ended checked = scene.office.call({"check"});
  if (!contains(checked.out, "is the one in force")) faults.push_back("check: " + checked.out);
}

struct Night {
  std::string name;
  std::vector<std::string> words, next;
  std::size_t sampled;
};

void sweep_night(const KillScene& scene, const Night& night, std::vector<Blow> blows) {
  scene.reset();
  const auto whole = scene.call(night.words, [](const Mutation&) { return Blow{}; });
  INFO(whole.ended.err);
  REQUIRE(whole.ended.status == 0);
  Sweep sweep(night.name, night.sampled);
  for (const Blow& blow : blows) {
    for (const std::uint64_t number : sweep.points(whole.mutations)) {
      scene.reset();
      std::string where;
      const auto struck = scene.call(night.words, [&](const Mutation& mutation) {
        if (mutation.number != number) return Blow{};
        where = fmt::format("{} {}", mutation.call, mutation.path);
        return blow;
      });
      std::vector<std::string> faults;
      const bool kills =
          blow.kind == Blow::Kind::kill_before || blow.kind == Blow::Kind::kill_after;
      if (kills) test::expect_ended(faults, night.name, struck.ended, 128 + SIGKILL);
      if (struck.ended.status == 4)
        faults.push_back("takes the log for changed: " + struck.ended.err);
      check_after(scene, night.next, faults);
      sweep.tried(fmt::format("{} {} {}", static_cast<int>(blow.kind), where, number), faults);
    }
  }
  CHECK(sweep.failures() == 0);
}

const std::vector<Blow> kKills = {{Blow::Kind::kill_before}, {Blow::Kind::kill_after}};
const std::vector<Blow> kErrors = {{Blow::Kind::fail, EIO}, {Blow::Kind::fail_after, EIO}};

}  // namespace

TEST_CASE("Sweep: a rotation of the key that is killed at any call is finished by the next") {
  REQUIRE_TRACING();
  const KillScene scene(rotating());
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  sweep_night(scene, {"kill, key rotate", {"key", "rotate"}, {"key", "rotate"}, 30}, kKills);
}

TEST_CASE("Sweep: a rotation of the key in which any call fails is finished by the next run") {
  REQUIRE_TRACING();
  const KillScene scene(rotating());
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  sweep_night(scene, {"EIO, key rotate", {"key", "rotate"}, {"run", "--quiet"}, 30}, kErrors);
}

TEST_CASE("Sweep: a run that rotates the key and is killed at any call is finished by the next") {
  REQUIRE_TRACING();
  const KillScene scene(rotating());
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  sweep_night(scene, {"kill, rotating run", {"run"}, {"run", "--quiet"}, 40}, kKills);
}
