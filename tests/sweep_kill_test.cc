// The built program, killed from outside at its n-th system call that changes anything.

#include <fmt/format.h>

#include <csignal>
#include <limits>

#include "support/catch.h"
#include "support/kill_scene.h"
#include "support/laptop_mode.h"
#include "support/loop_image.h"

using namespace expunge;
using test::Blow;
using test::Checker;
using test::KillScene;
using test::Mutation;
using test::Sweep;

namespace {

constexpr int kKilled = 128 + SIGKILL;

/// Strikes once, and remembers where.
struct Striker {
  std::uint64_t number;
  Blow blow;
  std::string where;

  test::Judge judge() {
    return [this](const Mutation& mutation) {
      if (mutation.number != number) return Blow{};
      where = fmt::format("call {}, {} {}", mutation.number, mutation.call, mutation.path);
      return blow;
    };
  }
};

const char* name(Blow::Kind kind) {
  return kind == Blow::Kind::kill_before ? "before" : "after";
}

/// After a kill: what stands, the next run, and what stands then.
void check_recovery(const KillScene& scene, std::vector<std::string>& faults) {
  Checker checker = scene.checker();
  test::add_faults(faults, "after the kill", checker.find_faults(Checker::Moment::interrupted));
  test::expect_ended(faults, "the next run", scene.next_run(), 0);
  test::add_faults(faults, "at the end", checker.find_faults(Checker::Moment::finished));
  test::add_faults(faults, "at the end", scene.strange_files());
}

void sweep_kills(const std::string& name_of_sweep, const KillScene::Shape& shape,
                 std::size_t sampled, std::size_t most = std::numeric_limits<std::size_t>::max()) {
  const KillScene scene(shape);
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const std::vector<std::uint64_t> numbers = scene.distinct_mutations();
  const std::uint64_t count = numbers.size();
  CAPTURE(count, numbers.back());
  CHECK(count > 50);
  Sweep sweep(name_of_sweep, sampled, most);
  for (const Blow::Kind kind : {Blow::Kind::kill_before, Blow::Kind::kill_after}) {
    for (const std::uint64_t point : sweep.points(count)) {
      scene.reset();
      Striker striker{numbers[point], {kind}, ""};
      const auto killed = scene.run(striker.judge());
      std::vector<std::string> faults;
      // With several workers some nights need a call less than the one counted.
      if (!striker.where.empty()) test::expect_ended(faults, "run", killed.ended, kKilled);
      check_recovery(scene, faults);
      sweep.tried(fmt::format("{} {}", name(kind), striker.where), faults);
    }
  }
  CHECK(sweep.failures() == 0);
}

}  // namespace

TEST_CASE("Sweep: killed at any call by one worker the next run finishes the work") {
  REQUIRE_TRACING();
  KillScene::Shape shape;
  shape.workers = 1;
  sweep_kills("kill, 1 worker", shape, 25);
}

TEST_CASE("Sweep: killed at any call by eight workers the next run finishes the work") {
  REQUIRE_TRACING();
  sweep_kills("kill, 8 workers", {}, 25);
}

TEST_CASE(
    "Sweep: killed at any call of a night of several batches the next run finishes the work") {
  REQUIRE_TRACING();
  KillScene::Shape shape;
  shape.workers = GENERATE(1U, 8U);
  shape.files_each = 33;  // more than half of what such a batch may have: each is one
  shape.due = 4;
  shape.descriptors = 256;
  sweep_kills(fmt::format("kill, 4 batches, {} workers", shape.workers), shape, 12);
}

TEST_CASE("Sweep: killed at any call with the archive on a file system of its own") {
  REQUIRE_TRACING();
  REQUIRE_LOOP_IMAGE();
  const test::LoopImage image("mkfs.ext4 -q");
  KillScene::Shape shape;
  shape.root = image / "recordings";
  sweep_kills("kill, own file system", shape, 12);
}

TEST_CASE("Sweep: killed again at any call of the recovery the run after that finishes the work") {
  REQUIRE_TRACING();
  KillScene::Shape shape;
  shape.due = 3;
  shape.workers = 1;
  const KillScene scene(shape);
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  Sweep sweep("kill twice", 5);
  const std::uint64_t count = scene.count_mutations();
  // Not every pair, which would take hours: in full every second for each tenth first.
  const std::uint64_t stride = Sweep::is_full() ? 10 : count / 5;
  for (std::uint64_t first = stride / 2; first < count; first += stride) {
    const auto kill_first = [&] {
      scene.reset();
      Striker killer{first, {Blow::Kind::kill_after}, ""};
      static_cast<void>(scene.run(killer.judge()));
      return killer.where;
    };
    const std::string where = kill_first();
    const std::uint64_t left = scene.run(test::at(~0ULL, {})).mutations;
    for (const std::uint64_t second : sweep.points(left)) {
      kill_first();
      Checker checker = scene.checker();
      std::vector<std::string> faults;
      test::add_faults(faults, "after one", checker.find_faults(Checker::Moment::interrupted));
      Striker striker{second, {Blow::Kind::kill_before}, ""};
      static_cast<void>(scene.run(striker.judge()));
      check_recovery(scene, faults);
      sweep.tried(fmt::format("after {}; before {}", where, striker.where), faults);
    }
  }
  CHECK(sweep.failures() == 0);
}

TEST_CASE("Sweep: killed at any call with the archive on XFS") {
  REQUIRE_TRACING();
  REQUIRE_LOOP_IMAGE();
  const test::LaptopModeOff keeps;
  const test::LoopImage image("mkfs.xfs -q", "", 320 << 20);
  KillScene::Shape shape;
  shape.root = image / "recordings";
  shape.due = 3;
  sweep_kills("kill, XFS", shape, 6, 300);
}
