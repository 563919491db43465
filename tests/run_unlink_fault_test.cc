// A removal of which a call fails or is not durable, and what the next runs make of it.

#include <atomic>
#include <cerrno>
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

TEST_CASE("A removal that is not durable is not logged and the next run makes it so") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  Council council;
  move_to(council, image / "r");
  furnish_unlinked(council);
  struct Failing : base::Sys {
    int fsync(int fd) override {
      const auto name = fs::read_symlink("/proc/self/fd/" + std::to_string(fd)).string();
      return removing && name.starts_with(root) ? -EIO : Sys::fsync(fd);
    }
    int unlinkat(int dirfd, const char* path, int flags) override {
      removing = removing || is_recording(path);
      return Sys::unlinkat(dirfd, path, flags);
    }
    std::string root;
    bool removing = false;
  } sys;
  sys.root = council.root;
  council.sys = &sys;
  CHECK(council.run().tally.removed == 0);
  CHECK(council.entries("remove").empty());
  CHECK_FALSE(council.exists("y/b.wav"));
  sys.removing = true;  // nor does a later run believe it before it is flushed
  CHECK(council.run().tally.removed == 0);
  CHECK(council.entries("remove").empty());
  council.sys = &base::real_sys();
  CHECK(council.run().tally.removed == 2);
  CHECK(contains(council.entries("remove").at(0), "found gone: "));
  CHECK(council.disagreement() == "");
}

namespace {

/// Fails one call that changes something, with or without its effect.
class FailingOnce : public base::Sys {
 public:
  FailingOnce(int nth, bool with_effect) : left_(nth), with_effect_(with_effect) {}
  [[nodiscard]] bool failed() const { return left_ < 0; }

  ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset) override {
    return is_turn() ? fail(Sys::pwrite(fd, buffer, with_effect_ ? bytes : 0, offset))
                     : Sys::pwrite(fd, buffer, bytes, offset);
  }
  int fsync(int fd) override { return is_turn() ? -EIO : Sys::fsync(fd); }
  int fdatasync(int fd) override { return is_turn() ? -EIO : Sys::fdatasync(fd); }
  int unlinkat(int dirfd, const char* path, int flags) override {
    if (!is_turn()) return Sys::unlinkat(dirfd, path, flags);
    return with_effect_ ? static_cast<int>(fail(Sys::unlinkat(dirfd, path, flags))) : -EIO;
  }

 private:
  bool is_turn() { return left_.fetch_sub(1) == 0; }
  static ssize_t fail(ssize_t) { return -EIO; }

  std::atomic<int> left_;
  bool with_effect_;
};

}  // namespace

TEST_CASE("Whichever call of a removal fails no more is claimed and the next runs finish it") {
  REQUIRE_LOOP_IMAGE();
  const Scene scene = any_scene();
  const bool with_effect = GENERATE(false, true);
  const LoopImage image(scene.make, "", scene.bytes);
  for (int calls = 0;; ++calls) {
    CAPTURE(scene.make, calls, with_effect);
    Council council;
    move_to(council, image / ("r" + std::to_string(calls)));
    scene.furnish(council);
    council.limits.workers = 1;
    FailingOnce failing(calls, with_effect);
    council.sys = &failing;
    try {
      static_cast<void>(council.run());
    } catch (const base::Failure&) {
    }
    council.sys = &base::real_sys();
    if (!failing.failed()) break;
    for (const std::string& line : council.entries("remove")) {
      for (const auto& [id, files] : originals()) {
        if (!contains(line, "\"recording\":\"" + id + "\"")) continue;
        for (const auto& [path, content] : files) {
          REQUIRE_FALSE(is_original(council, path, content));
        }
      }
    }
    REQUIRE(council.run().outcome == run::Outcome::complete);
    REQUIRE(council.disagreement() == "");
    REQUIRE(council.log_fault() == "");
    for (const auto& [id, files] : originals()) {
      const std::string state = council.state(id);
      REQUIRE((state == "unknown" || state == (id == "whole" ? "destroyed" : "removed")));
    }
  }
}
