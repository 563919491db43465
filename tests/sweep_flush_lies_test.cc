// A disk whose flush fails once, and which has then lost what it held back.

#include <atomic>

#include "base/error.h"
#include "support/catch.h"
#include "support/sweep.h"

using namespace expunge;
using test::CutScene;
using test::Swept;

namespace {

/// Whether the kernel told of an error where that ends a promise: not all that it does in the
/// background has somebody to tell.
class HearingSys : public base::Sys {
 public:
  [[nodiscard]] bool heard() const { return heard_; }

  int fsync(int fd) override { return hear(Sys::fsync(fd)); }
  int fdatasync(int fd) override { return hear(Sys::fdatasync(fd)); }
  int syncfs(int fd) override { return hear(Sys::syncfs(fd)); }

 private:
  int hear(int result) {
    if (result != 0) heard_ = true;
    return result;
  }
  std::atomic<bool> heard_{false};
};

/// What a run says of its end.
struct Ended {
  bool content = false;  ///< with everything
  std::string words;
};

Ended run(test::Council& council, base::Sys& sys) {
  Ended ended;
  council.sys = &sys;
  try {
    const auto report = council.run();
    ended.content = report.outcome == run::Outcome::complete;
    ended.words = report.failure;
    for (const std::string& residue : report.cleaned) {
      if (residue.find("not erased") != std::string::npos) ended.content = false;
      ended.words += "; " + residue;
    }
  } catch (const base::Failure& failure) {
    ended.words = failure.what();
  }
  council.sys = &base::real_sys();
  return ended;
}

void sweep_lies(const char* name, CutScene& scene, std::size_t disk) {
  Swept swept(name);
  const std::uint64_t step = test::sweeps_all() ? 1 : 17;
  for (std::uint64_t number = 1;; number += step) {
    Ended ended;
    HearingSys sys;
    const auto images = scene.lie_at_flush(scene.first_images(), number, disk,
                                           [&] { ended = run(scene.council(), sys); });
    if (images.empty()) break;
    std::vector<std::string> faults;
    if (sys.heard() && ended.content) faults.push_back("the run did not listen");
    for (std::string& fault : scene.find_faults_after_lie(images)) {
      faults.push_back(std::move(fault));
    }
    if (!faults.empty()) faults.push_back("the run had ended: " + ended.words);
    swept.point("flush " + std::to_string(number), faults);
  }
}

}  // namespace

TEST_CASE("Sweep: a flush fails once under the archive and loses what it held", "[sweep]") {
  REQUIRE_RECORDED_DISK();
  CutScene ext4(CutScene::FileSystem::ext4, CutScene::Disks::archive_apart);
  sweep_lies("lying flush archive ext4", ext4, 1);
  CutScene xfs(CutScene::FileSystem::xfs, CutScene::Disks::archive_apart);
  sweep_lies("lying flush archive xfs", xfs, 1);
}

TEST_CASE("Sweep: a flush fails once under index and log and loses what it held", "[sweep]") {
  REQUIRE_RECORDED_DISK();
  CutScene ext4(CutScene::FileSystem::ext4, CutScene::Disks::archive_apart);
  sweep_lies("lying flush books ext4", ext4, 0);
  CutScene xfs(CutScene::FileSystem::xfs, CutScene::Disks::archive_apart);
  sweep_lies("lying flush books xfs", xfs, 0);
}
