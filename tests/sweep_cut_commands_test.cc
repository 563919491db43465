// The power goes while an officer's command is at work, or has just returned.

#include <fmt/format.h>

#include "support/catch.h"
#include "support/office.h"
#include "support/sweep.h"

using namespace expunge;
using test::CutScene;
using test::Swept;

namespace {

using Faults = std::vector<std::string>;

constexpr std::size_t kSample = 6;
/// It is here that the index grows: every flush of its journal counts.
constexpr std::size_t kImportSample = 45;

bool logs(const CutScene& scene, const std::string& type, const std::string& what) {
  const auto entries = const_cast<CutScene&>(scene).council().entries(type);
  return std::any_of(entries.begin(), entries.end(), [&](const std::string& line) {
    return line.find("\"" + what + "\"") != std::string::npos;
  });
}

/// What index and log say of a hold.
struct HoldState {
  bool in_index, released_in_index, logged, release_logged;
};

HoldState state_of(CutScene& scene, const std::string& reference) {
  const std::string count = "SELECT count(*) FROM hold WHERE reference = '" + reference + "'";
  return {scene.index_value(count) == "1",
          scene.index_value(count + " AND released_at IS NOT NULL") == "1",
          logs(scene, "hold.place", reference), logs(scene, "hold.release", reference)};
}

/// Sweeps one command: at each cut `before_run` judges what is there.
void sweep(const std::string& name, CutScene& scene, const std::function<void()>& work,
           const CutScene::Aftermath& aftermath, std::size_t sample = kSample) {
  auto course = scene.record(scene.first_images(), work);
  Swept swept(name);
  for (const test::PowerCut& cut : test::cuts_of(course, sample)) {
    swept.point(words(cut),
                scene.find_faults(scene.cut(course, cut), course, cut.order, aftermath));
  }
}

struct Place {
  CutScene::FileSystem file_system;
  CutScene::Disks disks;
};

/// All of them, or one of each file system and of each number of disks.
Place any_place() {
  using Kind = CutScene::FileSystem;
  using Disks = CutScene::Disks;
  if (!test::sweeps_all()) {
    return GENERATE(Place{Kind::ext4, Disks::archive_apart}, Place{Kind::xfs, Disks::one});
  }
  return GENERATE(Place{Kind::ext4_small, Disks::one},
                  Place{Kind::ext4_small, Disks::archive_apart}, Place{Kind::ext4, Disks::one},
                  Place{Kind::ext4, Disks::archive_apart}, Place{Kind::xfs, Disks::one},
                  Place{Kind::xfs, Disks::archive_apart});
}

}  // namespace

TEST_CASE("Sweep: a hold that was placed stands when the power goes", "[sweep]") {
  REQUIRE_RECORDED_DISK();
  const Place place = any_place();
  CutScene scene(place.file_system, place.disks);
  const std::string id = scene.due().at(5);
  const auto is_in_force = [&]() -> std::string {
    const HoldState hold = state_of(scene, "SAR-2");
    return hold.in_index && hold.logged ? "" : "the hold is lost";
  };
  const auto before_run = [&](test::Checker& checker) -> Faults {
    const HoldState hold = state_of(scene, "SAR-2");
    // Index first, so that nothing that the log calls held can be destroyed.
    if (hold.logged && !hold.in_index) return {"the log knows a hold that the index does not"};
    if (hold.in_index) checker.expect(id, test::Fate::stays, scene.files_of(id));
    return {};
  };
  sweep("cut hold place", scene,
        [&] {
          CHECK_ENDED(scene.call({"hold", "place", "SAR-2", "--kind", "sar", "--reason", "asked",
                                  "--recording", id}),
                      0);
          scene.promise(is_in_force);
        },
        {before_run, {0}, false});
}

TEST_CASE("Sweep: a hold that was released is so when the power goes", "[sweep]") {
  REQUIRE_RECORDED_DISK();
  const Place place = any_place();
  CutScene scene(place.file_system, place.disks);
  const auto is_released = [&]() -> std::string {
    const HoldState hold = state_of(scene, "SAR-1");
    return hold.released_in_index && hold.release_logged ? "" : "the release is lost";
  };
  const auto before_run = [&](test::Checker& checker) -> Faults {
    const HoldState hold = state_of(scene, "SAR-1");
    if (hold.released_in_index && !hold.release_logged) {
      return {"the index knows a release that the log does not"};
    }
    // No approval covers it, so that it waits for a person.
    static_cast<void>(checker);
    return {};
  };
  sweep("cut hold release", scene,
        [&] {
          CHECK_ENDED(scene.call({"hold", "release", "SAR-1", "--reason", "answered"}), 0);
          scene.promise(is_released);
        },
        {before_run, {0, 1}, true});
}

TEST_CASE("Sweep: an approval that was given is in force when the power goes", "[sweep]") {
  REQUIRE_RECORDED_DISK();
  const Place place = any_place();
  CutScene scene(place.file_system, place.disks);
  const auto approvals = [&] { return scene.index_value("SELECT count(*) FROM approval"); };
  const auto before_run = [&](test::Checker&) -> Faults {
    if (approvals() == "2" && scene.council().entries("plan.approve").empty()) {
      return {"the index knows an approval that the log does not"};
    }
    return {};
  };
  sweep("cut approve", scene,
        [&] {
          const std::string out = scene.call({"plan"}).out;
          const std::string digest = out.substr(out.rfind(": ") + 2, 64);
          CHECK_ENDED(scene.call({"approve", digest, "--reason", "read it"}), 0);
          scene.promise([&]() -> std::string {
            const bool stands =
                approvals() == "2" && scene.council().entries("plan.approve").size() == 1;
            return stands ? "" : "the approval is lost";
          });
        },
        {before_run, {0}, true});
}

TEST_CASE("Sweep: what was imported is in the index when the power goes", "[sweep]") {
  REQUIRE_RECORDED_DISK();
  const Place place = any_place();
  CutScene scene(place.file_system, place.disks);
  std::string csv = "id,department,recorded_at,path\n";
  constexpr int kMany = 60;
  std::map<std::string, std::string> files;
  for (int i = 0; i < kMany; ++i) {
    const std::string path = fmt::format("new/{:03}.wav", i);
    files[path] = "new";
    csv += fmt::format("new-{},Customer Services,{},{}\n", i, test::Office::days_ago(1), path);
  }
  scene.put(files);
  const auto imported = [&] {
    return scene.index_value("SELECT count(*) FROM recording WHERE id LIKE 'new-%'");
  };
  const auto before_run = [&](test::Checker&) -> Faults {
    const std::string count = imported();
    if (count != "0" && count != std::to_string(kMany)) return {"imported in part: " + count};
    return {};
  };
  sweep(
      "cut import", scene,
      [&] {
        CHECK_ENDED(scene.call({"import", "-"}, csv), 0);
        scene.promise([&]() -> std::string {
          const bool stands =
              imported() == std::to_string(kMany) && scene.council().entries("import").size() == 1;
          return stands ? "" : "the import is lost";
        });
      },
      {before_run, {0}, true}, kImportSample);
}

TEST_CASE("Sweep: what init made is whole when the power goes", "[sweep]") {
  REQUIRE_RECORDED_DISK();
  const Place place = any_place();
  CutScene scene(place.file_system, CutScene::Disks::one);
  const std::string office = scene.council().scratch / "office";
  const std::string root = scene.council().scratch / "other";
  const auto program = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"--config", office + "/expunge.conf"});
    return test::expunge(words);
  };
  // A crash before the end leaves what a second init refuses to overwrite, and says so; nothing
  // that could be taken for an office.
  const auto before_run = [&](test::Checker&) -> Faults {
    if (!std::filesystem::exists(office + "/expunge.conf")) return {};
    const auto verified = program({"log", "verify", "--quiet"});
    return verified.status == 0 ? Faults()
                                : Faults{"there is a configuration and: " + verified.err};
  };
  sweep("cut init", scene,
        [&] {
          std::filesystem::create_directory(root);
          CHECK_ENDED(test::expunge({"init", office, "--root", root}), 0);
          scene.promise([&]() -> std::string {
            const auto run = program({"run"});
            return run.status == 0 ? "" : "what init made is not whole: " + run.err;
          });
        },
        {before_run, {0}, true});
}
