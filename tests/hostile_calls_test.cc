// What a run opens, makes, renames and removes in a hostile archive, as the kernel sees it.

#include <sstream>

#include "support/catch.h"
#include "support/hostile_scene.h"
#include "support/loop_image.h"
#include "support/office.h"
#include "support/places.h"
#include "support/shred_files.h"

using namespace expunge;
using namespace expunge::test::hostile_scene;
using test::contains;
using test::Ended;

namespace {

/// The lines of a trace, those of calls that other threads interrupted put together again.
std::vector<std::string> whole_calls(const std::string& trace) {
  std::vector<std::string> calls;
  std::map<std::string, std::string> begun;  // by thread
  std::istringstream lines(trace);
  for (std::string line; std::getline(lines, line);) {
    const std::string thread = line.substr(0, line.find(' '));
    const auto unfinished = line.find(" <unfinished ...>");
    const auto resumed = line.find(" resumed>");
    if (unfinished != std::string::npos) {
      begun[thread] = line.substr(0, unfinished);
    } else if (resumed != std::string::npos) {
      calls.push_back(begun[thread] + line.substr(resumed + 9));
    } else {
      calls.push_back(line);
    }
  }
  return calls;
}

}  // namespace

TEST_CASE("Every file that a run opens for writing is below the root or its own") {
  REQUIRE_LOOP_IMAGE();
  if (!test::has_program("strace")) SKIP_TEST("strace is not installed");
  if (kInstrumented) SKIP_TEST("sanitizers make calls of their own");
  HostileArchive archive(GENERATE("mkfs.ext4 -q", "mkfs.xfs -q"));
  archive.furnish();
  const test::Office& office = archive.office();
  CHECK_ENDED(archive.call({"approve", office.digest(), "--reason", "read it"}), 0);
  const std::string trace = office.scratch / "trace";
  const Ended ended = test::run_program(
      {"strace", "-f", "-y", "-s", "8192", "-o", trace, "-e",
       "trace=open,openat,openat2,creat,rename,renameat,renameat2,link,linkat,unlink,unlinkat,"
       "mkdir,mkdirat,rmdir,symlink,symlinkat,mknod,mknodat,truncate,chmod,fchmodat,chown,"
       "fchownat,setxattr,utimensat",
       test::kBinary, "--config", office.config, "run"});
  CHECK_ENDED(ended, 1);
  const std::string own = office.scratch / "office/";
  const std::string image_outside = archive.image / "outside";
  int below_root = 0;
  for (const std::string& line : whole_calls(test::slurp(trace))) {
    CAPTURE(line.substr(0, 1000));
    const auto result = line.rfind(") = ");
    const bool opens = contains(line, " open") || contains(line, " creat");
    const bool writes = contains(line, "O_WRONLY") || contains(line, "O_RDWR") ||
                        contains(line, "O_CREAT") || contains(line, "O_TRUNC");
    if (result == std::string::npos || (opens && !writes)) continue;
    if (opens && contains(line.substr(result), "= -1")) continue;
    // `openat2(5</the/root>, "d/x", {…}) = 9</the/root/d/x>`: where an open led to, and the
    // directory in which a name was changed.
    const std::string place = opens ? line.substr(result) : line.substr(0, result);
    const bool is_root =
        contains(place, "<" + office.root + "/") || contains(place, "<" + office.root + ">");
    const bool is_own = contains(place, own + "index.db") || contains(place, own + "log/");
    below_root += is_root ? 1 : 0;
    CHECK((is_root || is_own || contains(place, "</proc/sys/vm/laptop_mode>")));
    CHECK_FALSE(contains(place, image_outside));
  }
  CHECK(below_root > 100);
  CHECK(archive.changed() == "");
}
