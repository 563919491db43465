// What happens to names and directories.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "support/catch.h"
#include "support/loop_image.h"
#include "support/shred_files.h"

using namespace expunge;
using namespace expunge::shred;
using namespace expunge::test;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kXfsBytes = 320 << 20;

/// Targets for `paths`, not overwritten: what happens to names does not depend on it.
struct Batch {
  Batch(const ArchiveRoot& root, const std::vector<std::string>& paths) {
    for (const std::string& path : paths) targets.push_back(opened(root, path));
    for (Target& target : targets) pointers.push_back(&target);
  }
  std::vector<std::optional<Refusal>> remove(const ArchiveRoot& root) {
    return remove_names(root, pointers, watch);
  }
  std::vector<Target> targets;
  std::vector<Target*> pointers;
  NoWatch watch;
};

std::string number_name(int i) {
  return "01632" + std::to_string(960'000 + i) + "-" + std::to_string(i * 7919 % 1000) + ".wav";
}

}  // namespace

TEST_CASE("A name that means another file by now is left alone") {
  REQUIRE_LOOP_IMAGE();
  const bool xfs = GENERATE(false, true);
  const LoopImage image(xfs ? "mkfs.xfs -q" : "mkfs.ext4 -q", "", kXfsBytes);
  for (const char* name : {"d/replaced", "d/linked", "d/renamed", "d/gone", "d/fine"}) {
    put(image / name, "content");
  }
  const ArchiveRoot root(base::real_sys(), image.root());
  Batch batch(root, {"d/replaced", "d/linked", "d/renamed", "d/gone", "d/fine"});
  put(image / "other", "somebody else's");
  fs::rename(image / "other", image / "d/replaced");
  fs::rename(image / "d/linked", image / "aside");
  fs::create_symlink("../aside", image / "d/linked");
  fs::rename(image / "d/renamed", image / "d/renamed.wav");
  fs::remove(image / "d/gone");
  const auto results = batch.remove(root);
  REQUIRE(results[0]);
  CHECK(results[0]->reason == Reason::replaced);
  REQUIRE(results[1]);
  CHECK(results[1]->reason == Reason::replaced);
  REQUIRE(results[2]);
  CHECK(results[2]->reason == Reason::missing);
  CHECK_FALSE(results[3]);
  CHECK_FALSE(results[4]);
  CHECK(slurp(image / "d/replaced") == "somebody else's");
  CHECK(fs::is_symlink(image / "d/linked"));
  CHECK(fs::exists(image / "d/renamed.wav"));
  CHECK_FALSE(fs::exists(image / "d/fine"));
}

TEST_CASE("A directory that became a symbolic link is not followed") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.ext4 -q");
  put(image / "d/file", "content");
  const ArchiveRoot root(base::real_sys(), image.root());
  Batch batch(root, {"d/file"});
  fs::rename(image / "d", image / "moved");
  fs::create_symlink("moved", image / "d");
  const auto results = batch.remove(root);
  REQUIRE(results[0]);
  CHECK(results[0]->reason == Reason::symbolic_link);
  CHECK(fs::exists(image / "moved/file"));
}

TEST_CASE("A name whose removal is not durable is reported") {
  REQUIRE_LOOP_IMAGE();
  struct NoSync : base::Sys {
    int fsync(int) override { return -EIO; }
  } sys;
  const LoopImage image("mkfs.ext4 -q");
  put(image / "a/file", "content");
  put(image / "b/file", "content");
  put(image / "b/kept", "content");
  const ArchiveRoot root(sys, image.root());
  Batch batch(root, {"a/file", "b/file"});
  for (const auto& result : batch.remove(root)) {
    REQUIRE(result);
    CHECK(result->reason == Reason::remove_failed);
  }
}

TEST_CASE("Each directory is synced once") {
  REQUIRE_LOOP_IMAGE();
  struct Counting : base::Sys {
    int fsync(int fd) override {
      ++syncs;
      return Sys::fsync(fd);
    }
    int syncs = 0;
  } sys;
  const LoopImage image("mkfs.ext4 -q");
  std::vector<std::string> paths;
  for (int i = 0; i < 20; ++i) {
    paths.push_back("gone/" + std::to_string(i % 4) + "/" + number_name(i));
    put(image / paths.back(), "content");
  }
  put(image / "kept/a", "content");
  put(image / "kept/b", "content");
  paths.emplace_back("kept/a");
  const ArchiveRoot root(sys, image.root());
  Batch batch(root, paths);
  for (const auto& result : batch.remove(root)) CHECK_FALSE(result);
  CHECK(sys.syncs == 5);
}
