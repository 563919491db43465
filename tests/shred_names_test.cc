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
    for (Target& target : targets) {
      pointers.push_back(&target);
      numbers.push_back(static_cast<std::uint32_t>(numbers.size()));
    }
  }
  std::vector<std::optional<Refusal>> remove(const ArchiveRoot& root) {
    return remove_names(root, pointers, numbers, key);
  }
  StreamKey key = new_stream_key();
  std::vector<Target> targets;
  std::vector<Target*> pointers;
  std::vector<std::uint32_t> numbers;
};

std::string number_name(int i) {
  return "01632" + std::to_string(960'000 + i) + "-" + std::to_string(i * 7919 % 1000) + ".wav";
}

}  // namespace

TEST_CASE("Names are removed and emptied directories too but none that holds something") {
  REQUIRE_LOOP_IMAGE();
  const bool xfs = GENERATE(false, true);
  const LoopImage image(xfs ? "mkfs.xfs -q" : "mkfs.ext4 -q", "", kXfsBytes);
  for (const char* path : {"2025/11/23/a", "2025/11/23/b", "2025/11/24/c", "2025/12/d",
                           "2025/12/kept", "top", "deep/er/e"}) {
    put(image / path, "content");
  }
  fs::create_directories(image / "deep/empty");
  const ArchiveRoot root(base::real_sys(), image.root());
  {
    Batch batch(root,
                {"2025/11/23/a", "2025/11/23/b", "2025/11/24/c", "2025/12/d", "top", "deep/er/e"});
    for (const auto& result : batch.remove(root)) CHECK_FALSE(result);
  }
  CHECK_FALSE(fs::exists(image / "2025/11"));
  CHECK_FALSE(fs::exists(image / "deep/er"));
  CHECK_FALSE(fs::exists(image / "top"));
  CHECK_FALSE(fs::exists(image / "2025/12/d"));
  CHECK(slurp(image / "2025/12/kept") == "content");
  CHECK(fs::is_directory(image / "deep/empty"));
}

TEST_CASE("The root stays though everything in it went") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.ext4 -q");
  fs::create_directory(image / "archive");
  put(image / "archive/only", "content");
  put(image / "archive/in/only", "content");
  const ArchiveRoot root(base::real_sys(), image / "archive");
  Batch batch(root, {"only", "in/only"});
  for (const auto& result : batch.remove(root)) CHECK_FALSE(result);
  CHECK(fs::is_empty(image / "archive"));
}

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

TEST_CASE("After a stop between renames the file is found under a name it passes through") {
  REQUIRE_LOOP_IMAGE();
  const unsigned stop_after = GENERATE(0U, 1U, 2U, 3U);
  struct Stopping : base::Sys {
    int renameat2(int a, const char* from, int b, const char* to, unsigned flags) override {
      return renames++ < stop ? Sys::renameat2(a, from, b, to, flags) : -EIO;
    }
    int unlinkat(int, const char*, int) override { return -EIO; }
    unsigned renames = 0;
    unsigned stop = 0;
  } sys;
  sys.stop = stop_after;
  const LoopImage image("mkfs.xfs -q", "", kXfsBytes);
  put(image / "d/01632960001.wav", "content");
  const StreamKey key = new_stream_key();
  Identity identity;
  {
    const ArchiveRoot root(sys, image.root());
    Batch batch(root, {"d/01632960001.wav"});
    batch.key = key;
    identity = batch.targets[0].identity;
    const auto results = batch.remove(root);
    REQUIRE(results[0]);
    CHECK(results[0]->reason == Reason::remove_failed);
  }
  const std::string now = stop_after == 0
                              ? "d/01632960001.wav"
                              : passing_path(key, 0, stop_after - 1, "d/01632960001.wav");
  const ArchiveRoot root(base::real_sys(), image.root());
  CHECK(root.has_file(now));
  CHECK(root.has_file("d/01632960001.wav") == (stop_after == 0));
  Batch batch(root, {now});
  batch.key = key;
  CHECK(batch.targets[0].identity == identity);
  CHECK_FALSE(batch.remove(root)[0]);
  CHECK_FALSE(fs::exists(image / "d"));
}

TEST_CASE("Short names that meet their neighbours are removed and the neighbours are not") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.xfs -q", "", kXfsBytes);
  const std::string neighbours = "0123456789abcdef";
  put(image / "z", "content");
  for (const char c : neighbours) put(image / std::string(1, c), std::string("kept ") + c);
  const ArchiveRoot root(base::real_sys(), image.root());
  Batch batch(root, {"z"});
  CHECK_FALSE(batch.remove(root)[0]);
  CHECK_FALSE(fs::exists(image / "z"));
  for (const char c : neighbours) {
    CHECK(slurp(image / std::string(1, c)) == std::string("kept ") + c);
  }
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

TEST_CASE("Each surviving directory is synced once") {
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
  CHECK(sys.syncs == 2);  // the root, for `gone`, and `kept`
}

TEST_CASE(
    "No name is left in the raw ext4 image after a directory went and the journal was erased") {
  REQUIRE_LOOP_IMAGE();
  LoopImage image("mkfs.ext4 -q");
  std::vector<std::string> paths;
  for (int i = 0; i < 300; ++i) {
    paths.push_back("2025/" + number_name(i));
    put(image / paths.back(), "content");
  }
  put(image / "2026/kept.wav", "content");
  {
    const ArchiveRoot root(base::real_sys(), image.root());
    Batch batch(root, paths);
    for (const auto& result : batch.remove(root)) CHECK_FALSE(result);
    batch.targets.clear();
    ::sync();
    const std::string done = clean_file_system_journal(root);
    if (done == "ext4-journal: not erased (not permitted)") SKIP_TEST("needs CAP_SYS_ADMIN");
    CHECK(done == "ext4-journal: erased");
  }
  CHECK(image.raw_hits("01632") == 0);
  CHECK(image.raw_hits("kept.wav") > 0);
}

TEST_CASE("What was done about the file system's journal is said in fixed words") {
  REQUIRE_LOOP_IMAGE();
  struct Failing : base::Sys {
    int ioctl(int, unsigned long, void*) override { return -error; }
    int error = 0;
  } sys;
  const LoopImage image("mkfs.ext4 -q");
  const ArchiveRoot root(sys, image.root());
  CHECK(clean_file_system_journal(root) == "ext4-journal: erased");
  sys.error = EPERM;
  CHECK(clean_file_system_journal(root) == "ext4-journal: not erased (not permitted)");
  sys.error = ENOTTY;
  CHECK(clean_file_system_journal(root) == "ext4-journal: not erased (no means)");
  sys.error = EIO;
  CHECK(clean_file_system_journal(root) == "ext4-journal: not erased (failed)");
  const LoopImage other("mkfs.xfs -q", "", kXfsBytes);
  CHECK(clean_file_system_journal(ArchiveRoot(base::real_sys(), other.root())) ==
        "xfs-journal: not erased (no means)");
  const LoopImage none("mkfs.ext4 -q -O ^has_journal");
  CHECK(clean_file_system_journal(ArchiveRoot(base::real_sys(), none.root())) ==
        "ext4-journal: none");
}
