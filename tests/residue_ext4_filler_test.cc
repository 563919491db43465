// The fillers that a cleaning of ext4 directories uses: none is left, and nobody's own file goes.

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/error.h"
#include "support/catch.h"
#include "support/dying_sys.h"
#include "support/residue_calls.h"
#include "support/shred_files.h"

using namespace expunge;
using namespace expunge::residue;
using namespace expunge::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* kFillerFile = ".expunge-filler";

/// Of the flags that only chattr(1) changes, the directory has `flag` from here on.
void set_flag(const std::string& path, int flag) {
  const base::Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  int flags = 0;
  REQUIRE(::ioctl(fd.get(), FS_IOC_GETFLAGS, &flags) == 0);
  flags = (flags & ~(FS_APPEND_FL | FS_IMMUTABLE_FL)) | flag;
  REQUIRE(::ioctl(fd.get(), FS_IOC_SETFLAGS, &flags) == 0);
}

}  // namespace

TEST_CASE("A clean directory gets no filler and the root none either", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  struct NoWrites : base::Sys {
    int linkat(int, const char*, int, const char*, int) override { return -EPERM; }
    int unlinkat(int, const char*, int) override { return -EPERM; }
    int fsync(int) override { return -EIO; }
  } sys;
  const LoopImage image("mkfs.ext4 -q -b 1024");
  put(image / "d/one", "");
  const shred::ArchiveRoot root(sys, image.root());
  Ext4Slack slack = opened_slack(root);
  for (const char* directory : {"d", ""}) {
    const SlackResult result = slack.clean(directory);
    CHECK(result.leaves == 1);
    CHECK(result.skipped == 0);
    CHECK(in_words(result) == "ext4-directories: erased");
  }
  CHECK(slack.clean("missing").directories == 0);
  CHECK(slack.finish() == "");
  CHECK_FALSE(fs::exists(image / kFillerFile));
}

TEST_CASE("Killed at any call it leaves fillers that the next use takes out", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  Calls calls("mkfs.ext4 -q -b 1024");
  bool died = true;
  std::uint64_t leftovers = 0;
  for (int calls_to_live = 0; died; calls_to_live += calls_to_live < 24 ? 1 : 17) {
    CAPTURE(calls_to_live);
    calls.record("d/" + std::to_string(calls_to_live), 700);
    calls.destroy();
    DyingSys sys(calls_to_live);
    try {
      (void)calls.clean(sys);
    } catch (const Death&) {
    }
    died = sys.died();
    const SlackResult result = calls.clean();
    leftovers += result.leftovers;
    CHECK(result.left == 0);
    REQUIRE_FALSE(fs::exists(calls.root() + "/" + kFillerFile));
    REQUIRE(calls.survivors_alone());
  }
  CHECK(leftovers > 5);
  CHECK(calls.numbers_left() == 0);
}

TEST_CASE("Fillers in directories that nobody asks for again are found as well", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  Calls calls("mkfs.ext4 -q -b 1024");
  calls.record("elsewhere/deep", 2000);
  calls.destroy();
  const bool whole_disk = GENERATE(false, true);
  {
    // Dies before the first filler is taken out.
    struct : base::Sys {
      int unlinkat(int, const char*, int) override { throw Death(); }
    } sys;
    CHECK_THROWS_AS(calls.clean(sys), Death);
  }
  CHECK(fs::hard_link_count(calls.root() + "/" + kFillerFile) > 1);
  if (whole_disk) calls.image().remount();
  const shred::ArchiveRoot root(base::real_sys(), calls.root());
  Ext4Slack slack = opened_slack(root);
  CHECK(slack.finish() == "");
  CHECK(calls.survivors_alone());
}

TEST_CASE("Somebody's own file of the filler's name is left alone and said", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  Calls calls("mkfs.ext4 -q -b 1024");
  const std::string path = calls.root() + "/" + kFillerFile;
  const std::string kind = GENERATE("content", "mode", "owner", "directory", "symlink");
  CAPTURE(kind);
  if (kind == "directory") {
    fs::create_directory(path);
  } else if (kind == "symlink") {
    fs::create_symlink("nowhere", path);
  } else {
    put(path, kind == "content" ? "mine" : "");
    if (kind != "mode") REQUIRE(::chmod(path.c_str(), 0) == 0);
    if (kind == "owner") REQUIRE(::chown(path.c_str(), 1000, 1000) == 0);
  }
  const shred::ArchiveRoot root(base::real_sys(), calls.root());
  const auto opened = Ext4Slack::open(root);
  REQUIRE(std::holds_alternative<std::string>(opened));
  CHECK(in_words(std::get<std::string>(opened)) ==
        "ext4-directories: not erased (.expunge-filler is somebody's own file)");
  CHECK(fs::symlink_status(path).type() != fs::file_type::not_found);
  if (kind == "content") CHECK(slurp(path) == "mine");
}

TEST_CASE("A file that takes the filler's name amid the work is neither linked nor removed",
          "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  Calls calls("mkfs.ext4 -q -b 1024");
  calls.record("d", 2000);
  calls.destroy();
  struct Swapping : base::Sys {
    int linkat(int a, const char* b, int c, const char* d, int flags) override {
      if (!swapped) {
        fs::rename(root + "/" + kFillerFile, root + "/aside");
        put(root + "/" + kFillerFile, "mine");
      }
      swapped = true;
      return Sys::linkat(a, b, c, d, flags);
    }
    std::string root;
    bool swapped = false;
  } sys;
  sys.root = calls.root();
  const shred::ArchiveRoot root(sys, calls.root());
  Ext4Slack slack = opened_slack(root);
  CHECK(slack.clean("d").left == 0);
  CHECK(slack.finish() != "");
  CHECK(sys.swapped);
  CHECK(slurp(calls.root() + "/" + kFillerFile) == "mine");
  CHECK(fs::hard_link_count(calls.root() + "/" + kFillerFile) == 1);
  fs::remove(calls.root() + "/" + kFillerFile);
  fs::remove(calls.root() + "/aside");
  CHECK(calls.survivors_alone());
}

TEST_CASE("A filler that cannot be removed is said and kept known", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  Calls calls("mkfs.ext4 -q -b 1024");
  calls.record("d", 2000);
  calls.destroy();
  struct Failing : base::Sys {
    int unlinkat(int, const char*, int) override { return -EIO; }
  } sys;
  {
    const shred::ArchiveRoot root(sys, calls.root());
    Ext4Slack slack = opened_slack(root);
    const SlackResult result = slack.clean("d");
    CHECK(result.left > 0);
    CHECK(result.cause == "unlink: " + base::errno_text(EIO));
    CHECK(slack.finish() == ".expunge-filler has links left");
    CHECK(fs::exists(calls.root() + "/" + kFillerFile));
  }
  CHECK(calls.clean().leftovers > 0);
  CHECK(calls.survivors_alone());
}

TEST_CASE("A directory that would keep a filler gets none", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  Calls calls("mkfs.ext4 -q -b 1024");
  calls.record("d", 2000);
  calls.destroy();
  const shred::ArchiveRoot root(base::real_sys(), calls.root());
  Ext4Slack slack = opened_slack(root);
  set_flag(calls.root() + "/d", FS_APPEND_FL);
  CHECK(slack.clean("d").cause == "append-only directory");
  set_flag(calls.root() + "/d", FS_IMMUTABLE_FL);
  const SlackResult result = slack.clean("d");
  CHECK(result.cause == "immutable directory");
  CHECK(result.skipped == 1);
  CHECK(in_words(result) ==
        "ext4-directories: not erased in 0 of 0 blocks and 1 of 1 directories (immutable "
        "directory)");
  set_flag(calls.root() + "/d", 0);
  CHECK(slack.clean("d").left == 0);
  CHECK(slack.finish() == "");
}
