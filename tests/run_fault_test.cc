#include <limits.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "support/catch.h"
#include "support/council.h"

using namespace expunge;
using test::Council;

namespace {

/// Which file a descriptor is, by the name it was opened by.
std::string name_of(int fd) {
  char path[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t length = ::readlink(link.c_str(), path, sizeof path);
  return length < 0 ? "" : std::string(path, static_cast<std::size_t>(length));
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.ends_with(end);
}

/// Fails single calls on single files.
class FaultySys : public base::Sys {
 public:
  using Judge = std::function<bool(const std::string& file)>;
  Judge fail_pwrite = [](const std::string&) { return false; };
  Judge fail_fdatasync = fail_pwrite;
  Judge fail_unlink = fail_pwrite;
  Judge spoil_read_after_write = fail_pwrite;
  Judge move_after_write = fail_pwrite;
  int error = EIO;
  bool written_before = false;

  ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset) override {
    if (fail_pwrite(name_of(fd))) return -error;
    if (spoil_read_after_write(name_of(fd)) || move_after_write(name_of(fd))) written_ = true;
    return Sys::pwrite(fd, buffer, bytes, offset);
  }
  ssize_t pread(int fd, void* buffer, std::size_t bytes, off_t offset) override {
    const ssize_t got = Sys::pread(fd, buffer, bytes, offset);
    if (got > 0 && written_ && spoil_read_after_write(name_of(fd))) {
      static_cast<char*>(buffer)[got / 2] ^= 1;
    }
    return got;
  }
  int ioctl(int fd, unsigned long request, void* argument) override {
    const int result = Sys::ioctl(fd, request, argument);
    if (result == 0 && request == FS_IOC_FIEMAP && (written_ || written_before) &&
        move_after_write(name_of(fd))) {
      auto* map = static_cast<fiemap*>(argument);
      for (unsigned i = 0; i < map->fm_mapped_extents; ++i) {
        map->fm_extents[i].fe_physical += 1U << 20;
      }
    }
    return result;
  }
  int fdatasync(int fd) override {
    return fail_fdatasync(name_of(fd)) ? -error : Sys::fdatasync(fd);
  }
  int unlinkat(int dirfd, const char* path, int flags) override {
    return fail_unlink(path) ? -error : Sys::unlinkat(dirfd, path, flags);
  }

 private:
  bool written_ = false;
};

void furnish(Council& council) {
  council.add("old-1", "2025-10-01T09:00:00Z", "a.wav", std::string(9000, 'a'));
  council.add("old-2", "2025-10-02T09:00:00Z", "b.wav", std::string(200000, 'b'));
  council.approve();
}

run::Report run_with(Council& council, FaultySys& sys) {
  council.limits.workers = 1;
  council.sys = &sys;
  auto report = council.run();
  council.sys = &base::real_sys();
  return report;
}

bool logged(const Council& council, const std::string& reason) {
  for (const std::string& line : council.entries("destroy.failed")) {
    if (line.find("\"reason\":\"" + reason + "\"") != std::string::npos) return true;
  }
  return false;
}

#define NEEDS_A_DISK(council) \
  if (!(council).can_destroy()) SKIP_TEST("no file system here that overwrites in place")

}  // namespace

TEST_CASE("A file that cannot be written fails alone and the next run finishes it") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  FaultySys sys;
  sys.fail_pwrite = [](const std::string& file) { return ends_with(file, "/b.wav"); };
  const auto report = run_with(council, sys);
  CHECK(report.outcome == run::Outcome::complete);
  CHECK(report.tally.destroyed == 1);
  CHECK(report.tally.failed == 1);
  CHECK(run::needs_person(report));
  CHECK(logged(council, "write-failed"));
  CHECK(council.exists("b.wav"));
  CHECK(council.log_fault() == "");
  CHECK(council.run().tally.destroyed == 1);
  CHECK(council.disagreement() == "");
}

TEST_CASE("A flush that fails stops the run and nothing of its batch is claimed") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  FaultySys sys;
  sys.fail_fdatasync = [](const std::string& file) { return ends_with(file, ".wav"); };
  const auto report = run_with(council, sys);
  CHECK(report.outcome == run::Outcome::failed);
  CHECK_FALSE(report.failure.empty());
  CHECK(council.entries("destroy").empty());
  CHECK(logged(council, "flush-failed"));
  CHECK(council.entries("run.end").at(0).find("\"outcome\":\"failed\"") != std::string::npos);
  CHECK(council.exists("a.wav"));
  CHECK(council.run().tally.destroyed == 2);
  CHECK(council.disagreement() == "");
}

TEST_CASE("A byte that reads back other than it was written is no destruction") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  FaultySys sys;
  sys.spoil_read_after_write = [](const std::string& file) { return ends_with(file, "/a.wav"); };
  const auto report = run_with(council, sys);
  CHECK(report.tally.destroyed == 1);
  CHECK(logged(council, "read-back-differs"));
  CHECK(council.exists("a.wav"));
  CHECK(council.state("old-1") == "kept");
  CHECK(council.run().tally.destroyed == 1);
  CHECK(council.disagreement() == "");
}

TEST_CASE("An overwrite that went to other blocks is never claimed by any later run either") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  FaultySys sys;
  sys.move_after_write = [](const std::string& file) { return ends_with(file, "/a.wav"); };
  CHECK(run_with(council, sys).tally.destroyed == 1);
  CHECK(logged(council, "extents-moved"));
  const auto again = council.run();
  CHECK(again.tally.destroyed == 0);
  CHECK(again.summary.count(plan::Verdict::attention).recordings == 1);
  CHECK(council.entries("destroy").size() == 1);
  CHECK(council.exists("a.wav"));
  CHECK(council.open_index().journal().empty());
}

TEST_CASE("Blocks that moved between a crash and the next run are noticed and nothing is claimed") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  FaultySys sys;
  int writes = 0;
  sys.fail_pwrite = [&](const std::string& file) {
    return ends_with(file, "/log.jsonl") && ++writes >= 2;
  };
  CHECK(run_with(council, sys).outcome == run::Outcome::failed);
  REQUIRE_FALSE(council.open_index().journal().empty());
  // As a defragmenter would leave it: the same file, other blocks.
  FaultySys moved;
  moved.written_before = true;
  moved.move_after_write = [](const std::string& file) { return ends_with(file, "/a.wav"); };
  const auto report = run_with(council, moved);
  CHECK(report.tally.destroyed == 1);
  CHECK(logged(council, "extents-moved"));
  CHECK(council.entries("destroy").size() == 1);
}

TEST_CASE("A log that cannot take the entries leaves nothing claimed and everything to finish") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  FaultySys sys;
  sys.error = ENOSPC;
  int writes = 0;
  // The first write is run.start, the second the batch's entries.
  sys.fail_pwrite = [&](const std::string& file) {
    return ends_with(file, "/log.jsonl") && ++writes >= 2;
  };
  const auto report = run_with(council, sys);
  CHECK(report.outcome == run::Outcome::failed);
  CHECK(council.entries("destroy").empty());
  CHECK(council.exists("a.wav"));
  CHECK(council.exists("b.wav"));
  CHECK(council.run().tally.destroyed == 2);
  CHECK(council.disagreement() == "");
  CHECK(council.log_fault() == "");
}

TEST_CASE("When run start cannot be logged no file is touched") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  FaultySys sys;
  sys.error = ENOSPC;
  sys.fail_pwrite = [](const std::string& file) { return ends_with(file, "/log.jsonl"); };
  CHECK_THROWS(run_with(council, sys));
  council.sys = &base::real_sys();
  CHECK(council.content("a.wav") == std::string(9000, 'a'));
  CHECK(council.content("b.wav") == std::string(200000, 'b'));
  CHECK(council.open_index().journal().empty());
}

TEST_CASE(
    "A name that cannot be removed is said and removed by the next run without a second entry") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  FaultySys sys;
  sys.fail_unlink = [](const std::string& name) { return name == "a.wav"; };
  const auto report = run_with(council, sys);
  CHECK(report.tally.destroyed == 2);  // overwritten and read back: the claim is true
  CHECK(report.tally.unfinished == 1);
  CHECK(run::needs_person(report));
  CHECK(council.content("a.wav").find("aaaa") == std::string::npos);
  const auto again = council.run();
  CHECK(again.tally.finished == 1);
  CHECK(council.entries("destroy").size() == 2);
  CHECK(council.disagreement() == "");
}

TEST_CASE("A name whose removal was not flushed is flushed before the index forgets it") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  struct : FaultySys {
    int fsync(int fd) override { return name_of(fd) == root ? -EIO : Sys::fsync(fd); }
    std::string root;
  } sys;
  sys.root = std::filesystem::canonical(council.root);
  CHECK(run_with(council, sys).tally.unfinished == 2);
  CHECK(run_with(council, sys).tally.unfinished == 2);  // nor can the next run
  CHECK_FALSE(council.open_index().journal().empty());
  const auto report = council.run();
  CHECK(report.tally.finished == 2);
  CHECK_FALSE(run::needs_person(report));
  CHECK(council.entries("destroy").size() == 2);
  CHECK(council.disagreement() == "");
}

TEST_CASE("What was overwritten while a flush of the device failed is not believed") {
  Council council;
  NEEDS_A_DISK(council);
  for (const char* id : {"a", "b", "c"}) {
    council.add(id, "2025-10-01T09:00:00Z", std::string(id) + "/x.wav", std::string(9000, id[0]));
  }
  council.approve();
  council.limits.batch_files = 1;
  struct : base::Sys {
    int fsync(int fd) override {
      if (left > 0 && ends_with(name_of(fd), "/recordings/a")) return --left, -EIO;
      return Sys::fsync(fd);
    }
    int left = 1;
  } sys;
  council.sys = &sys;
  const auto report = council.run();
  council.sys = &base::real_sys();
  CHECK(sys.left == 0);
  CHECK(report.outcome == run::Outcome::failed);
  CHECK(council.entries("destroy").size() == 1);
  CHECK(logged(council, "flush-failed"));
  CHECK(council.content("c/x.wav") == std::string(9000, 'c'));  // not begun on
  CHECK(council.run().outcome == run::Outcome::complete);
  CHECK(council.entries("destroy").size() == 3);
  CHECK(council.disagreement() == "");
}
