// The power goes during a run, and something else happens before it is finished: it goes again, or
// a hold is placed.

#include "support/catch.h"
#include "support/sweep.h"

using namespace expunge;
using test::CutScene;
using test::PowerCut;
using test::Swept;

namespace {

CutScene::FileSystem any_file_system() {
  return GENERATE(CutScene::FileSystem::ext4_small, CutScene::FileSystem::xfs);
}

std::size_t sample(std::size_t few, std::size_t many) {
  return test::sweeps_all() ? many : few;
}

}  // namespace

TEST_CASE("Sweep: the power goes again while the next run takes up what it left", "[sweep]") {
  REQUIRE_RECORDED_DISK();
  CutScene scene(any_file_system(), CutScene::Disks::one);
  auto course =
      scene.record(scene.first_images(), [&] { static_cast<void>(scene.council().run()); });
  Swept swept("cut twice");
  for (const PowerCut& first : test::cuts_of(course, sample(3, 25), test::Choice::some)) {
    const auto images = scene.cut(course, first, "first cut");
    auto recovery = scene.record(images, [&] {
      test::PromisingSys sys(scene);
      scene.council().sys = &sys;
      const auto report = scene.council().run();
      scene.council().sys = &base::real_sys();
      CHECK(report.outcome == run::Outcome::complete);
      scene.promise_finished();
    });
    for (const PowerCut& second : test::cuts_of(recovery, sample(4, 25), test::Choice::some)) {
      swept.point(words(first) + ", then " + words(second),
                  scene.find_faults(scene.cut(recovery, second), recovery, second.order, {}));
    }
  }
}

TEST_CASE("Sweep: a hold placed after the power went keeps what is left", "[sweep]") {
  REQUIRE_RECORDED_DISK();
  CutScene scene(any_file_system(), CutScene::Disks::one);
  auto course =
      scene.record(scene.first_images(), [&] { static_cast<void>(scene.council().run()); });
  Swept swept("cut then hold");
  std::size_t next = 0;
  for (const PowerCut& cut : test::cuts_of(course, sample(8, 300), test::Choice::some)) {
    // In turn one of each directory, so that each batch is met.
    const std::string id = scene.due().at(next++ * 5 % scene.due().size());
    const auto hold = [&](test::Checker& checker) -> std::vector<std::string> {
      checker.expect(id, test::Fate::stops, scene.files_of(id));
      const auto placed = scene.call(
          {"hold", "place", "SAR-2", "--kind", "sar", "--reason", "asked", "--recording", id});
      // 1: it is destroyed already.
      if (placed.status > 1) return {"hold place: " + placed.err};
      return {};
    };
    swept.point(
        words(cut) + ", hold on " + id,
        scene.find_faults(scene.cut(course, cut), course, cut.order, {hold, {0, 1}, false}));
  }
}
