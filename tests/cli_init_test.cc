// What init makes, and what it never touches.

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/sys.h"
#include "support/catch.h"
#include "support/office.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::Office;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("Init makes all four and never over anything that is there") {
  const Office office;
  const std::string directory = office.scratch / "office";
  CHECK(mode_of(directory + "/log.key") == 0600);
  CHECK(mode_of(directory + "/index.db") == 0600);
  const std::string conf = test::slurp(office.config);
  const Ended again = test::expunge({"init", directory, "--root", office.root});
  CHECK_ENDED(again, 2);
  CHECK(contains(again.err, "exists already"));
  CHECK(test::slurp(office.config) == conf);
  // One of the four is enough to refuse, and nothing is then made.
  const std::string other = office.scratch / "other";
  std::filesystem::create_directories(other + "/log");
  CHECK_ENDED(test::expunge({"init", other, "--root", office.root}), 2);
  CHECK_FALSE(std::filesystem::exists(other + "/log.key"));
  CHECK_FALSE(std::filesystem::exists(other + "/expunge.conf"));
}

TEST_CASE("What an interrupted init left is named and the way on told") {
  const test::Scratch scratch;
  const std::string directory = scratch / "office";
  std::filesystem::create_directories(directory + "/log.new/keys");
  test::spill(directory + "/log.key", "half");
  const Ended again = test::expunge({"init", directory, "--root", scratch.path()});
  CHECK(again.status == 2);
  CHECK(contains(again.err,
                 "remove " + directory + "/log.key, " + directory + "/log.new and try again"));
  CHECK(test::slurp(directory + "/log.key") == "half");
  // With a log it is somebody's archive: nobody is told to remove anything.
  std::filesystem::create_directory(directory + "/log");
  CHECK_FALSE(contains(test::expunge({"init", directory, "--root", scratch.path()}).err, "remove"));
  std::filesystem::remove(directory + "/log.key");
  test::spill(directory + "/expunge.conf.new", "all of it");
  CHECK(contains(test::expunge({"init", directory, "--root", scratch.path()}).err,
                 "mv " + directory + "/expunge.conf.new " + directory + "/expunge.conf"));
}

TEST_CASE("Init puts the configuration in its place last") {
  // It is what the other commands look for: a crash before leaves nothing that they would take up.
  const Office office;
  const auto changed_ns = [&](const std::string& name) {
    struct statx status {};
    REQUIRE(base::real_sys().statx(AT_FDCWD, (office.scratch / ("office/" + name)).c_str(), 0,
                                   STATX_CTIME, status) == 0);
    return status.stx_ctime.tv_sec * 1'000'000'000LL + status.stx_ctime.tv_nsec;
  };
  for (const char* before : {"index.db", "log.key", "log"}) {
    CAPTURE(before);
    CHECK(changed_ns(before) <= changed_ns("expunge.conf"));
  }
  CHECK_FALSE(std::filesystem::exists(office.scratch / "office/expunge.conf.new"));
}

TEST_CASE("Of several inits at once one makes everything and the others nothing") {
  const test::Scratch scratch;
  for (int round = 0; round < 20; ++round) {
    const std::string directory = scratch / ("r" + std::to_string(round));
    std::atomic<int> made{0};
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
          if (test::expunge({"init", directory, "--root", scratch.path()}).status == 0) ++made;
        });
      }
    }
    CHECK(made <= 1);
    if (made == 0) continue;
    CHECK_ENDED(test::expunge({"--config", directory + "/expunge.conf", "plan"}), 0);
    CHECK_ENDED(test::expunge({"--config", directory + "/expunge.conf", "run"}), 0);
  }
}

TEST_CASE("Init with a bad department or root makes nothing") {
  const test::Scratch scratch;
  const std::string directory = scratch / "x";
  CHECK_ENDED(test::expunge({"init", directory, "--root", scratch / "nowhere"}), 2);
  CHECK_ENDED(test::expunge({"init", directory, "--root", scratch.path(), "--department",
                             "Housing: for ever"}),
              2);
  // A line of the configuration would lose what stands behind a #.
  for (const char* option : {"--origin", "--controller", "--contact"}) {
    CHECK_ENDED(test::expunge({"init", directory, "--root", scratch.path(), option, "a#b"}), 2);
  }
  CHECK_FALSE(std::filesystem::exists(directory));
}
