// What is done about names at the end of a run, whatever the file system.

#include "residue/names.h"

#include <filesystem>

#include "residue/empty_directories.h"
#include "residue/ext4_journal.h"
#include "support/catch.h"
#include "support/loop_image.h"
#include "support/scratch.h"
#include "support/shred_files.h"

using namespace expunge;
using namespace expunge::residue;
using namespace expunge::test;
using shred::ArchiveRoot;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kBytes = 320 << 20;

std::size_t finished(const Account& account) {
  return account.finished.size();
}

}  // namespace

TEST_CASE("Emptied directories are removed with their parents and none that holds something") {
  REQUIRE_LOOP_IMAGE();
  const std::string make = GENERATE("mkfs.ext4 -q", "mkfs.xfs -q", "mkfs.btrfs -q");
  const LoopImage image(make, "", kBytes);
  for (const char* path : {"2025/11/23", "2025/11/24", "2025/12", "deep/er", "deep/empty"}) {
    fs::create_directories(image / path);
  }
  put(image / "2025/12/kept", "content");
  const ArchiveRoot root(base::real_sys(), image.root());
  const auto account =
      names_of(root)->finish({"", "2025/11/23", "2025/11/24", "2025/12", "deep/er", "never"});
  CHECK(finished(account) >= 6);
  CHECK_FALSE(account.said.empty());
  CHECK_FALSE(fs::exists(image / "2025/11"));
  CHECK_FALSE(fs::exists(image / "deep/er"));
  CHECK(slurp(image / "2025/12/kept") == "content");
  CHECK(fs::is_directory(image / "deep/empty"));
}

TEST_CASE("The root stays though everything in it went") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.ext4 -q");
  fs::create_directories(image / "archive/in");
  const ArchiveRoot root(base::real_sys(), image / "archive");
  static_cast<void>(names_of(root)->finish({"", "in"}));
  CHECK(fs::is_empty(image / "archive"));
}

TEST_CASE("Where nothing was removed nothing is done and nothing said") {
  const Scratch scratch;
  const ArchiveRoot root(base::real_sys(), scratch.path());
  const auto account = names_of(root)->finish({});
  CHECK(account.said.empty());
  CHECK(account.finished.empty());
}

TEST_CASE("What was changed is pushed before each level of directories goes and a failure said") {
  const Scratch scratch;
  fs::create_directories(scratch / "a/b/c");
  fs::create_directories(scratch / "a/b/d");
  const ArchiveRoot root(base::real_sys(), scratch.path());
  std::vector<std::string> at_push;
  const auto push = [&] {
    at_push.push_back(fs::exists(scratch / "a/b/c") ? "all"
                      : fs::exists(scratch / "a/b") ? "b"
                                                    : "a");
    return at_push.size() != 2;
  };
  const Tidied tidied = remove_empty(root, {"a/b/c", "a/b/d"}, push);
  CHECK(at_push == std::vector<std::string>{"all", "b", "a"});
  CHECK_FALSE(tidied.pushed);
  CHECK(tidied.gone == std::vector<std::string>{"a/b/c", "a/b/d", "a/b", "a"});
  CHECK(tidied.kept == std::vector<std::string>{""});
}

TEST_CASE("A directory that is a symbolic link by now is not followed") {
  const Scratch scratch;
  fs::create_directories(scratch / "real/empty");
  fs::create_symlink("real", scratch / "linked");
  const ArchiveRoot root(base::real_sys(), scratch.path());
  const Tidied tidied = remove_empty(root, {"linked/empty", "linked"}, [] { return true; });
  CHECK(tidied.gone.empty());
  CHECK(fs::is_directory(scratch / "real/empty"));
  CHECK(fs::is_symlink(scratch / "linked"));
}

TEST_CASE("What was done about the file system's journal is said in fixed words") {
  REQUIRE_LOOP_IMAGE();
  struct Failing : base::Sys {
    int ioctl(int, unsigned long, void*) override { return -error; }
    int syncfs(int) override { return -sync_error; }
    int error = 0;
    int sync_error = 0;
  } sys;
  const LoopImage image("mkfs.ext4 -q");
  const ArchiveRoot root(sys, image.root());
  CHECK(words(erase_ext4_journal(root)) == "erased");
  CHECK(push_ext4_journal(root));
  sys.error = EPERM;
  CHECK(words(erase_ext4_journal(root)) == "not erased (not permitted)");
  CHECK(push_ext4_journal(root));
  sys.sync_error = EIO;
  CHECK_FALSE(push_ext4_journal(root));
  sys.error = ENOTTY;
  CHECK(words(erase_ext4_journal(root)) == "not erased (no means)");
  sys.error = ENODEV;
  CHECK(words(erase_ext4_journal(root)) == "none");
  sys.error = EIO;
  CHECK(words(erase_ext4_journal(root)) == "not erased (failed)");
  CHECK_FALSE(push_ext4_journal(root));
  const auto account = names_of(root)->finish({""});
  CHECK(account.finished.empty());  // tried again by the next run
}
