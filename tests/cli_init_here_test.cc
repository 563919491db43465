#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "support/catch.h"
#include "support/office.h"

using namespace expunge;
using test::contains;
using test::Ended;

namespace {

namespace fs = std::filesystem;

constexpr uid_t kService = 4321;

/// A configuration as a package brings it, whose directory of index, keys and log is there.
struct Packaged {
  Packaged() {
    REQUIRE(::chmod(scratch.path().c_str(), 0755) == 0);
    fs::create_directory(scratch / "root");
    fs::create_directory(state);
    write("test.example.org/log");
  }

  void write(const std::string& origin) const {
    std::string text =
        "[archive]\nroot = " + (scratch / "root") + "\nindex = " + state +
        "/index.db\n[retention]\ndepartment = Customer Services: 12 months\n[log]\n" +
        "directory = " + state + "/log\nkey = " + state + "/log.key\ncheckpoint-key = " + state +
        "/checkpoint.key\n";
    if (!origin.empty()) text += "origin = " + origin + "\n";
    test::spill(config, text);
  }

  [[nodiscard]] Ended call(std::vector<std::string> words) const {
    words.insert(words.begin(), {"--config", config});
    return test::expunge(std::move(words));
  }

  [[nodiscard]] bool nothing_made() const { return fs::is_empty(state); }

  test::Scratch scratch;
  std::string state = scratch / "state", config = scratch / "expunge.conf";
};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("Init without a directory makes index, keys and log for the configuration there is") {
  const Packaged place;
  const std::string before = test::slurp(place.config);
  const Ended made = place.call({"init"});
  CHECK_ENDED(made, 0);
  CHECK(contains(made.out, place.state + "/index.db"));
  CHECK(test::slurp(place.config) == before);
  for (const char* name : {"/index.db", "/log.key", "/checkpoint.key"}) {
    CHECK(mode_of(place.state + name) == 0600);
  }
  CHECK(mode_of(place.state + "/log") == 0755);
  CHECK_ENDED(place.call({"log", "verify"}), 0);
  CHECK_ENDED(place.call({"plan"}), 0);
  CHECK_ENDED(place.call({"run"}), 0);
  // And never a second time.
  const std::string key = test::slurp(place.state + "/log.key");
  const Ended again = place.call({"init"});
  CHECK(again.status == 2);
  CHECK(contains(again.err, place.state + "/log exists already"));
  CHECK(test::slurp(place.state + "/log.key") == key);
}

TEST_CASE("Init without a directory and without a key for checkpoints signs them with the other") {
  const Packaged place;
  std::string text = test::slurp(place.config);
  const auto at = text.find("checkpoint-key");
  text.erase(at, text.find('\n', at) + 1 - at);
  test::spill(place.config, text);
  CHECK_ENDED(place.call({"init", "--quiet"}), 0);
  CHECK_FALSE(fs::exists(place.state + "/checkpoint.key"));
  CHECK_ENDED(place.call({"run"}), 0);
  CHECK_ENDED(place.call({"log", "verify"}), 0);
}

TEST_CASE("Init without a directory makes nothing where something is not in order") {
  const Packaged place;
  std::string expected;
  SECTION("the configuration") {
    place.write("");
    expected = "log.origin: is missing";
  }
  SECTION("the archive") {
    fs::remove(place.scratch / "root");
    expected = "root is not a directory; name the one that holds the recordings";
  }
  SECTION("the directory of index and log, which others may write to") {
    REQUIRE(::chmod(place.state.c_str(), 0777) == 0);
    expected = place.state + ": everybody may write to it";
  }
  const Ended ended = place.call({"init"});
  CHECK_ENDED(ended, 2);
  CHECK(contains(ended.err, expected));
  CHECK(place.nothing_made());
}

TEST_CASE("Init without a directory does not take what a new configuration is to hold") {
  const Packaged place;
  const Ended ended = place.call({"init", "--origin", "another.example.org/log"});
  CHECK_ENDED(ended, 2);
  CHECK(contains(ended.err, "--origin is for a new DIR"));
  CHECK(place.nothing_made());
}

TEST_CASE("Init without a directory makes no new log beside an index or a key that is left") {
  // Somebody's log may be lost: a new one would hide that.
  const std::string left = GENERATE("index.db", "log.key", "checkpoint.key", "log.new");
  const Packaged place;
  test::spill(place.state + "/" + left, "left");
  const Ended ended = place.call({"init"});
  CHECK_ENDED(ended, 2);
  CHECK(contains(ended.err, left + " exists already"));
  CHECK(contains(ended.err, "remove " + place.state + "/" + left + " and try again"));
  CHECK(std::distance(fs::directory_iterator(place.state), fs::directory_iterator()) == 1);
}

TEST_CASE(
    "Init without a directory as root makes all of it a service's in the service's directory") {
  if (::geteuid() != 0) SKIP_TEST("needs root, to make a directory another user's");
  const Packaged place;
  REQUIRE(::chown(place.state.c_str(), kService, kService) == 0);
  CHECK_ENDED(place.call({"init"}), 0);
  for (const auto& each : fs::recursive_directory_iterator(place.state)) {
    CAPTURE(each.path().string());
    struct stat status {};
    REQUIRE(::lstat(each.path().c_str(), &status) == 0);
    CHECK(status.st_uid == kService);
  }
  CHECK_ENDED(place.call({"hold", "place", "SAR-1", "--kind", "sar", "--reason", "letter",
                          "--subject", "01632960001"}),
              1);
}
