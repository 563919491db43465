// The power goes at any moment of a run, under real file systems.

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <thread>

#include "base/fd.h"
#include "support/catch.h"
#include "support/sweep.h"

using namespace expunge;
using test::CutScene;
using test::Swept;

namespace {

using Kind = CutScene::FileSystem;
using Disks = CutScene::Disks;

/// What the kernel does with what is not flushed while a run goes on.
enum class WriteBack {
  late,  ///< nothing: the run is shorter than it waits
  early  ///< writes it out whenever it likes, in the middle of anything
};

/// Syncs all file systems of a scene again and again, as long as it lives.
class EarlyWriteBack {
 public:
  explicit EarlyWriteBack(const CutScene& scene) {
    for (const std::string& place : scene.mount_points()) {
      thread_.emplace_back([this, place] {
        const base::Fd fd(::open(place.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        while (!is_over_) {
          ::syncfs(fd.get());
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
      });
    }
  }
  EarlyWriteBack(const EarlyWriteBack&) = delete;
  EarlyWriteBack& operator=(const EarlyWriteBack&) = delete;
  ~EarlyWriteBack() {
    is_over_ = true;
    for (std::thread& thread : thread_) thread.join();
  }

 private:
  std::atomic<bool> is_over_{false};
  std::vector<std::thread> thread_;
};

void run_recorded(CutScene& scene, WriteBack write_back) {
  std::optional<EarlyWriteBack> early;
  if (write_back == WriteBack::early) early.emplace(scene);
  test::PromisingSys sys(scene);
  scene.council().sys = &sys;
  const auto report = scene.council().run();
  scene.council().sys = &base::real_sys();
  REQUIRE(report.outcome == run::Outcome::complete);
  REQUIRE(report.tally.destroyed == scene.due().size());
  scene.promise_finished();
}

/// On XFS a run takes longer: it writes its whole journal anew.
constexpr std::size_t sample(Kind file_system) {
  return file_system == Kind::xfs ? 18 : 36;
}

void sweep_run(const char* name, Kind file_system, Disks disks,
               WriteBack write_back = WriteBack::late) {
  CutScene scene(file_system, disks);
  auto course = scene.record(scene.first_images(), [&] { run_recorded(scene, write_back); });
  Swept swept(name);
  for (const test::PowerCut& cut : test::cuts_of(course, sample(file_system))) {
    swept.point(words(cut), scene.find_faults(scene.cut(course, cut), course, cut.order, {}));
  }
}

}  // namespace

TEST_CASE("Sweep: the power goes at any moment of a run on ext4", "[sweep]") {
  REQUIRE_RECORDED_DISK();
  sweep_run("cut run ext4", Kind::ext4, Disks::one);
}

TEST_CASE("Sweep: the power goes at any moment of a run on ext4 with small blocks", "[sweep]") {
  REQUIRE_RECORDED_DISK();
  sweep_run("cut run ext4 1k", Kind::ext4_small, Disks::one);
}

TEST_CASE("Sweep: the power goes at any moment of a run on XFS", "[sweep]") {
  REQUIRE_RECORDED_DISK();
  sweep_run("cut run xfs", Kind::xfs, Disks::one);
}

TEST_CASE("Sweep: the power goes on two disks of ext4 at once", "[sweep]") {
  REQUIRE_RECORDED_DISK();
  sweep_run("cut run ext4 two disks", Kind::ext4, Disks::archive_apart);
}

TEST_CASE("Sweep: the power goes on two disks of XFS at once", "[sweep]") {
  REQUIRE_RECORDED_DISK();
  sweep_run("cut run xfs two disks", Kind::xfs, Disks::archive_apart);
}

TEST_CASE("Sweep: the power goes on ext4 while everything is written back early", "[sweep]") {
  REQUIRE_RECORDED_DISK();
  sweep_run("cut run ext4 early", Kind::ext4, Disks::archive_apart, WriteBack::early);
}

TEST_CASE("Sweep: the power goes on XFS while everything is written back early", "[sweep]") {
  REQUIRE_RECORDED_DISK();
  sweep_run("cut run xfs early", Kind::xfs, Disks::archive_apart, WriteBack::early);
}
