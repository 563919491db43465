// Numbers that htree splits left in live ext4 directories: gone from the raw image, whatever else
// goes on meanwhile.

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <thread>

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

/// Creates recordings under a passing name and renames them, as a recorder does, until told to
/// stop or the directory is as large as an htree of two levels allows; returns how many.
int record_until(const std::atomic<bool>& stop, const std::string& directory) {
  constexpr int kMost = 80'000;
  int made = 0;
  for (; !stop && made < kMost; ++made) {
    const std::string name = directory + fmt::format("/live-{:06}-recording.wav", made);
    const int fd = ::open((name + ".part").c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || ::close(fd) != 0) return -1;
    if (::rename((name + ".part").c_str(), name.c_str()) != 0) return -1;
  }
  return made;
}

}  // namespace

TEST_CASE("Without the cleaning numbers are left in live ext4 directories", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  const std::string block = GENERATE("1024", "4096");
  Calls calls("mkfs.ext4 -q -b " + block);
  calls.record_and_destroy();
  calls.erase_journal();
  CHECK(calls.numbers_left() > 0);
}

TEST_CASE("After the cleaning none is left and the survivors are as they were", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  const std::string make = GENERATE("-b 1024", "-b 2048", "-b 4096", "-b 1024 -O ^metadata_csum",
                                    "-b 1024 -O ^has_journal", "-b 1024 -O ^extent,^64bit",
                                    "-b 1024 -O inline_data -I 256", "-b 1024 -O ^filetype",
                                    "-b 4096 -N 8192 -O bigalloc");
  CAPTURE(make);
  Calls calls("mkfs.ext4 -q " + make);
  calls.record_and_destroy();
  const SlackResult result = calls.clean();
  CHECK(result.directories == 6);
  CHECK(result.skipped == 0);
  CHECK(result.stale > 0);
  CHECK(result.fillers >= result.stale);
  CHECK(result.left == 0);
  CHECK(result.cause.empty());
  CHECK_THAT(in_words(result), contains_text("ext4-directories: erased"));
  CHECK(calls.survivors_alone());
  CHECK(calls.numbers_left() == 0);
  shell("e2fsck -fn " + quoted(calls.image().image()) + " > /dev/null 2>&1");
}

TEST_CASE("Every hash that directories may have is good for cleaning", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  const std::string algorithm = GENERATE("legacy", "half_md4", "tea");
  const std::string flags = GENERATE("1", "2");
  CAPTURE(algorithm, flags);
  Calls calls("make() { mkfs.ext4 -q -b 1024 \"$1\" && tune2fs -E hash_alg=" + algorithm +
              " \"$1\" && debugfs -w -R 'ssv flags " + flags + "' \"$1\" 2> /dev/null; }; make");
  calls.record_and_destroy();
  const SlackResult result = calls.clean();
  CHECK(result.stale > 0);
  CHECK(result.left == 0);
  CHECK(calls.survivors_alone());
  CHECK(calls.numbers_left() == 0);
}

TEST_CASE("Several nights in one directory leave nothing", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  Calls calls("mkfs.ext4 -q -b 1024");
  for (int night = 0; night < 6; ++night) {
    calls.record("flat", 500);
    calls.destroy();
    CHECK(calls.clean().left == 0);
  }
  CHECK(calls.survivors_alone());
  CHECK(calls.numbers_left() == 0);
}

TEST_CASE("An htree of three levels is cleaned", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.ext4 -q -b 1024 -O large_dir", "", 128 << 20);
  put(image / "one", "");
  fs::create_directory(image / "d");
  const auto name = [&](int i) {
    return image /
           fmt::format("d/07{:09}-{}", i * 618'033LL % 1'000'000'007, std::string(200, 'n'));
  };
  constexpr int kNames = 60'000;
  for (int i = 0; i < kNames; ++i) REQUIRE(::link((image / "one").c_str(), name(i).c_str()) == 0);
  for (int i = 0; i < kNames; ++i) {
    if (i % 5 != 0) REQUIRE(::unlink(name(i).c_str()) == 0);
  }
  const shred::ArchiveRoot root(base::real_sys(), image.root());
  Ext4Slack slack = opened_slack(root);
  const SlackResult result = slack.clean("d");
  CHECK(result.leaves > 124U * 126U);
  CHECK(result.stale > 0);
  // Of leaves with three names each, the hashes of one may lie so close that no other is between.
  CHECK(result.left <= 3);
  CHECK(result.cause == (result.left == 0 ? "" : "no name leads there"));
  CHECK(slack.clean("d").stale == result.left);
  CHECK(slack.finish() == "");
}

TEST_CASE("A recorder at work in the directory loses nothing and nothing is left", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  const std::string block = GENERATE("1024", "4096");
  Calls calls("mkfs.ext4 -q -N 200000 -b " + block, 512 << 20);
  for (int i = 0; i < 4; ++i) calls.record("busy", 1500);
  calls.destroy();
  std::atomic<bool> stop{false};
  int made = 0;
  std::thread recorder([&] { made = record_until(stop, calls.root() + "/busy"); });
  {
    const shred::ArchiveRoot root(base::real_sys(), calls.root());
    for (int i = 0; i < 10; ++i) {
      Ext4Slack slack = opened_slack(root);
      const SlackResult result = slack.clean("busy");
      CHECK(result.skipped == 0);
      CHECK((result.left == 0 || result.cause == "changing all the time"));
      CHECK(slack.finish() == "");
    }
  }
  stop = true;
  recorder.join();
  CHECK(made > 0);
  for (int i = 0; i < made; ++i) {
    REQUIRE(::unlink((calls.root() + fmt::format("/busy/live-{:06}-recording.wav", i)).c_str()) ==
            0);
  }
  CHECK(calls.survivors_alone());
  calls.erase_journal();
  CHECK(calls.numbers_left() == 0);
}

TEST_CASE("What a link meets is said and the count is true", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  Calls calls("mkfs.ext4 -q -b 1024");
  calls.record("d", 2000);
  calls.destroy();
  struct Failing : base::Sys {
    int linkat(int a, const char* b, int c, const char* d, int flags) override {
      if (deed) (void)Sys::linkat(a, b, c, d, flags);
      return -error;
    }
    int error = 0;
    bool deed = false;
  } sys;
  for (const int error : {EMLINK, EXDEV, ENOSPC, EDQUOT, EROFS, EACCES, EPERM, EIO}) {
    for (const bool deed : {false, true}) {
      CAPTURE(error, deed);
      sys.deed = deed;
      sys.error = error;
      const shred::ArchiveRoot root(sys, calls.root());
      Ext4Slack slack = opened_slack(root);
      const SlackResult result = slack.clean("d");
      REQUIRE(result.stale > 1);
      CHECK(result.left <= result.stale);
      CHECK(result.left >= result.stale - (deed ? 1 : 0));
      CHECK(result.fillers == 0);
      CHECK(result.cause == "link: " + base::errno_text(error));
      CHECK_THAT(in_words(result), contains_text("not erased in " + std::to_string(result.left)));
      CHECK(slack.finish() == "");
      CHECK(calls.survivors_alone());
    }
  }
  CHECK(calls.clean().left == 0);
}

TEST_CASE("What cannot be flushed is not called erased", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  Calls calls("mkfs.ext4 -q -b 1024");
  calls.record("d", 2000);
  calls.destroy();
  struct Failing : base::Sys {
    int fsync(int) override { return -EIO; }
  } sys;
  const shred::ArchiveRoot root(sys, calls.root());
  Ext4Slack slack = opened_slack(root);
  const SlackResult result = slack.clean("d");
  CHECK(result.left == 0);
  CHECK(result.skipped == 1);
  CHECK(in_words(result).find("not erased in 0 of") != std::string::npos);
  CHECK(slack.finish() != "");
}

TEST_CASE("Blocks that are read half changed cost a second look and no more", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  Calls calls("mkfs.ext4 -q -b 1024");
  calls.record("d", 2000);
  calls.destroy();
  struct Tearing : base::Sys {
    ssize_t pread(int fd, void* buffer, std::size_t bytes, off_t offset) override {
      const ssize_t got = Sys::pread(fd, buffer, bytes, offset);
      if (got == 1024 && offset > 2048 && ++reads % every == 0) {
        for (int i = 0; i < 512; ++i) static_cast<unsigned char*>(buffer)[i] = 0xff;
      }
      return got;
    }
    int reads = 0;
    int every = 3;
  } sys;
  const shred::ArchiveRoot root(sys, calls.root());
  Ext4Slack slack = opened_slack(root);
  sys.every = 1;
  const SlackResult nothing = slack.clean("d");
  CHECK(nothing.skipped == 1);
  CHECK(nothing.cause == "directory changing or damaged");
  sys.every = 7;
  const SlackResult result = slack.clean("d");
  CHECK(result.skipped == 0);
  CHECK(result.stale > 0);
  CHECK(result.left == 0);
  CHECK(slack.finish() == "");
  CHECK(calls.survivors_alone());
}

TEST_CASE("Where there is no means the words say which", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  const auto cause = [](base::Sys& sys, const std::string& path) {
    const shred::ArchiveRoot root(sys, path);
    const auto opened = Ext4Slack::open(root);
    return std::holds_alternative<std::string>(opened) ? std::get<std::string>(opened) : "";
  };
  const LoopImage xfs("mkfs.xfs -q", "", 320 << 20);
  CHECK(cause(base::real_sys(), xfs.root()) == "no means");
  struct NoDevice : base::Sys {
    int openat(int dirfd, const char* path, int flags, mode_t mode) override {
      const bool device = std::string_view(path).starts_with("/dev/");
      if (device && instead.empty()) return -error;
      return Sys::openat(dirfd, device ? instead.c_str() : path, flags, mode);
    }
    int error = 0;
    std::string instead;
  } sys;
  const LoopImage image("mkfs.ext4 -q");
  sys.error = ENOENT;
  CHECK(cause(sys, image.root()) == "no block device to read");
  sys.error = EACCES;
  CHECK(cause(sys, image.root()) == "not permitted to read the block device");
  sys.error = EIO;
  CHECK(cause(sys, image.root()) == "block device: " + base::errno_text(EIO));
  sys.instead = "/dev/null";
  CHECK(cause(sys, image.root()) == "no block device to read");
  sys.instead = "/dev/loop-control";
  CHECK(cause(sys, image.root()) == "no block device to read");
  const shred::ArchiveRoot root(base::real_sys(), image.root());
  CHECK(as_user(1000, [&] {
          const auto opened = Ext4Slack::open(root);
          const auto* const words = std::get_if<std::string>(&opened);
          return words != nullptr && *words == "not permitted to read the block device" ? 1 : 0;
        }) == 1);
}
