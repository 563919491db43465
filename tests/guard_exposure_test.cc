// Who else may change what a run relies on.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "guard/exposure.h"
#include "support/catch.h"
#include "support/loop_image.h"
#include "support/scratch.h"

using namespace expunge;
using guard::Exposure;
using test::contains_text;
using test::Scratch;
using Weight = guard::Exposure::Weight;
namespace fs = std::filesystem;

namespace {

constexpr uid_t kSomebody = 12345;
constexpr gid_t kGroup = 1;  // daemon: nobody's own

/// Everything as it should be.
class Place {
 public:
  Place() {
    const auto directory = [&](const char* name) {
      fs::create_directory(at(name));
      mode(name, 0755);
    };
    const auto file = [&](const char* name, mode_t bits) {
      test::spill(at(name), "x");
      mode(name, bits);
    };
    for (const char* name : {"top", "top/etc", "top/var", "top/var/log", "top/var/log/keys",
                             "top/var/log/checkpoints", "top/recordings"}) {
      directory(name);
    }
    file("top/etc/expunge.conf", 0644);
    file("top/etc/log.key", 0600);
    file("top/var/index.db", 0600);
    file("top/var/index.db-journal", 0600);
    for (const char* name : {"log.jsonl", "checkpoint", "run.lock"}) {
      file((std::string("top/var/log/") + name).c_str(), 0644);
    }
    holdings = {at("top/etc/expunge.conf"), at("top/etc/log.key"), at("top/var/index.db"),
                at("top/var/log"), at("top/recordings")};
  }

  [[nodiscard]] std::string at(const std::string& name) const { return scratch_ / name; }
  void mode(const std::string& name, mode_t bits) const {
    REQUIRE(::chmod(at(name).c_str(), bits) == 0);
  }
  void owner(const std::string& name, uid_t user, gid_t group) const {
    REQUIRE(::chown(at(name).c_str(), user, group) == 0);
  }

  /// Without what is said of the directories above, which are not this test's.
  [[nodiscard]] std::vector<Exposure> found() const {
    auto all = guard::find_exposures(holdings);
    all.erase(std::remove_if(all.begin(), all.end(),
                             [&](const Exposure& each) {
                               return !each.words.starts_with(scratch_.path().string() + "/");
                             }),
              all.end());
    return all;
  }

  /// That exactly this is found: of that weight, about that path, and that its remedy cures it.
  void expect(Weight weight, const std::string& name, const std::string& words) const {
    CAPTURE(name, words);
    const auto all = found();
    REQUIRE(all.size() == 1);
    CAPTURE(all.front().words, all.front().remedy);
    CHECK(all.front().weight == weight);
    CHECK(all.front().words.starts_with(at(name) + ": "));
    CHECK_THAT(all.front().words, contains_text(words));
    if (weight == Weight::refused) CHECK_THROWS_AS(guard::refuse_exposed(holdings), base::Failure);
    if (!all.front().remedy.empty()) {
      test::shell(all.front().remedy);
      CHECK(found().empty());
    }
  }

  guard::Holdings holdings;

 private:
  Scratch scratch_;
};

}  // namespace

TEST_CASE("What nobody else may change is not exposed") {
  const Place place;
  CHECK(place.found().empty());
}

TEST_CASE("Files that everybody may write to are refused and the remedy cures them") {
  const Place place;
  for (const mode_t mode : {0640U, 0620U, 0604U, 0644U, 0777U}) {
    place.mode("top/etc/log.key", mode);
    place.expect(Weight::refused, "top/etc/log.key", "others than its owner may use this key");
  }
  for (const char* name :
       {"top/etc/expunge.conf", "top/var/index.db", "top/var/index.db-journal",
        "top/var/log/log.jsonl", "top/var/log/checkpoint", "top/var/log/run.lock"}) {
    place.mode(name, 0602);
    place.expect(Weight::refused, name, "everybody may write to it (mode 0602)");
    place.mode(name, 0600);
  }
}

TEST_CASE(
    "Directories that everybody may write to are refused and sticky ones only where names count") {
  const Place place;
  for (const char* name : {"top/var", "top/var/log", "top/var/log/keys", "top/var/log/checkpoints",
                           "top/etc", "top"}) {
    place.mode(name, 0777);
    place.expect(Weight::refused, name, "everybody may write to it (mode 0777)");
    place.mode(name, 0755);
  }
  for (const char* name : {"top/var", "top/var/log"}) {  // a journal or a line could be put there
    place.mode(name, 01777);
    place.expect(Weight::refused, name, "(mode 1777)");
    place.mode(name, 0755);
  }
  for (const char* name : {"top", "top/etc"}) {
    place.mode(name, 01777);
    CHECK(place.found().empty());
    place.mode(name, 0755);
  }
}

TEST_CASE("An archive root that others may write to is said and not refused") {
  const Place place;
  place.mode("top/recordings", 0777);
  place.expect(Weight::warning, "top/recordings", "everybody may write to it");
  if (::geteuid() != 0) return;
  place.owner("top/recordings", kSomebody, kGroup);
  place.mode("top/recordings", 0775);
  place.expect(Weight::note, "top/recordings", "as a recorder's may");
  CHECK_NOTHROW(guard::refuse_exposed(place.holdings));
}

TEST_CASE("An index that everybody may read is a warning") {
  const Place place;
  place.mode("top/var/index.db", 0644);
  place.expect(Weight::warning, "top/var/index.db", "holds personal data");
}

TEST_CASE("A group may write only when it is its owner's own") {
  if (::geteuid() != 0) SKIP_TEST("needs root, to change a group");
  const Place place;
  for (const char* name : {"top/var/log/log.jsonl", "top/var/index.db", "top/etc/expunge.conf",
                           "top/var/log", "top/var"}) {
    struct stat status {};
    REQUIRE(::stat(place.at(name).c_str(), &status) == 0);
    place.mode(name, (status.st_mode & 07777U) | S_IWGRP);
    CHECK(place.found().empty());  // root's own
    place.owner(name, 0, kGroup);
    place.mode(name, (status.st_mode & 07777U) | S_IWGRP);
    place.expect(Weight::refused, name, "the group ");
    place.owner(name, 0, 0);
  }
  place.owner("top", 0, kGroup);
  place.mode("top", 0775);
  place.expect(Weight::warning, "top", "the group ");
}

TEST_CASE("What belongs to another ordinary user is refused unless all is a service's") {
  if (::geteuid() != 0) SKIP_TEST("needs root, to change owners");
  const Place place;
  for (const char* name : {"top/var/log", "top/var/log/log.jsonl", "top/var/index.db",
                           "top/etc/log.key", "top/etc/expunge.conf", "top/var"}) {
    place.owner(name, kSomebody, kSomebody);
    place.expect(Weight::refused, name, "belongs to the user 12345");
  }
  place.owner("top", kSomebody, kSomebody);
  place.expect(Weight::warning, "top", "belongs to the user 12345");
  place.owner("top", 0, 0);
  // Key and log are one user's: a service's, for which root may do something.
  test::shell("chown -R 12345 " + test::quoted(place.at("top/var")) + " " +
              test::quoted(place.at("top/etc/log.key")));
  CHECK(place.found().empty());
  place.owner("top/var/index.db", kSomebody + 1, 0);
  place.expect(Weight::refused, "top/var/index.db", "belongs to the user 12346");
}

TEST_CASE("A symbolic link is as safe as the directory that it stands in and what it leads to") {
  const Place place;
  fs::create_directory(place.at("open"));
  fs::create_symlink(place.at("top/etc/expunge.conf"), place.at("open/expunge.conf"));
  guard::Holdings holdings = place.holdings;
  holdings.configuration = place.at("open/expunge.conf");
  const auto refused = [&] {
    const auto all = guard::find_exposures(holdings);
    return !all.empty() && all.front().weight == Weight::refused;
  };
  place.mode("open", 0755);
  CHECK_FALSE(refused());
  place.mode("open", 0777);
  CHECK(refused());
  place.mode("open", 0755);
  place.mode("top/etc/expunge.conf", 0666);
  CHECK(refused());
  place.mode("top/etc/expunge.conf", 0644);
  fs::create_symlink("loop", place.at("loop"));
  holdings.configuration = place.at("loop");
  CHECK_FALSE(refused());  // nothing is there; whoever opens it says so
}
