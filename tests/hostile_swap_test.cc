// Files, directories and links that change places while a run is on.

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <optional>
#include <thread>

#include "base/error.h"
#include "support/catch.h"
#include "support/council.h"
#include "support/hostile_archive.h"
#include "support/hostile_swap.h"
#include "support/loop_image.h"
#include "support/sweep.h"

using namespace expunge;
using test::Council;
using test::SwapSys;

namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

/// So that no other text of the archive holds it.
std::string marker(const std::string& name) {
  return "<<" + name + ">>";
}

std::string content(const std::string& name, std::size_t bytes = 9000) {
  std::string text = marker(name);
  text.resize(bytes, '.');
  return text;
}

void exchange_names(const std::string& one, const std::string& other) {
  ::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
}

/// What the attacker does.
enum class Trick {
  other_file,         ///< another file takes the name; the one begun on lives on under its own
  other_directory,    ///< one with files of the same names takes the place of the directory
  link_to_outside,    ///< a symbolic link to such a directory outside the root does
  link_to_file,       ///< the file's name becomes a link to one outside the root
  fifo,               ///< a FIFO takes the name
  device,             ///< a device node does
  directory_for_file  ///< a directory does
};
constexpr Trick kTricks[] = {
    Trick::other_file, Trick::other_directory, Trick::link_to_outside,   Trick::link_to_file,
    Trick::fifo,       Trick::device,          Trick::directory_for_file};

/// Two due recordings in a directory, and what an attacker has ready: outside, and in the root but
/// in no index.
class Scene {
 public:
  explicit Scene(const fs::path& on) : council("2026-11-23T14:00:00Z", on) {
    council.limits.workers = 1;
    for (const char* id : {"a", "b"}) {
      council.add(id, "2025-10-01T09:00:00Z", "d/"s + id + ".wav", content(id));
    }
    council.add("kept", "2026-11-22T09:00:00Z", "d/kept.wav", content("kept"));
    outside = council.scratch / "outside";
    for (const char* name : {"a.wav", "b.wav", "kept.wav"}) {
      canary(outside + "/d/" + name);
      canary(council.path("e/"s + name));
    }
    canary(council.path("x/other.wav"));
    fs::create_directory_symlink(outside + "/d", council.path("x/link-d"));
    fs::create_symlink(outside + "/d/a.wav", council.path("x/link-a"));
    ::mkfifo(council.path("x/fifo").c_str(), 0600);
    ::mknod(council.path("x/null").c_str(), S_IFCHR | 0600, makedev(1, 3));
    fs::create_directory(council.path("x/directory"));
    council.approve();
  }

  void play(Trick trick) {
    switch (trick) {
      case Trick::other_file:
        return exchange_names(council.path("d/a.wav"), council.path("x/other.wav"));
      case Trick::other_directory:
        return exchange_names(council.path("d"), council.path("e"));
      case Trick::link_to_outside:
        return exchange_names(council.path("d"), council.path("x/link-d"));
      case Trick::link_to_file:
        return exchange_names(council.path("d/a.wav"), council.path("x/link-a"));
      case Trick::fifo:
        return exchange_names(council.path("d/a.wav"), council.path("x/fifo"));
      case Trick::device:
        return exchange_names(council.path("d/a.wav"), council.path("x/null"));
      case Trick::directory_for_file:
        return exchange_names(council.path("d/a.wav"), council.path("x/directory"));
    }
  }

  /// A night, which may end in a failure but in nothing else.
  std::optional<run::Report> night() {
    try {
      return council.run();
    } catch (const base::Failure&) {
      return std::nullopt;
    }
  }

  /// A canary that is not as it was, wherever it may be; empty: none.
  [[nodiscard]] std::string killed() const {
    for (const auto& [path, before] : canaries_) {
      const std::string now = test::find_content(council.scratch.path().string(), marker(path));
      if (now.empty()) return path + " is destroyed";
      if (test::witness(now).modified_ns != before.modified_ns) return path + " was written to";
    }
    return "";
  }

  /// A recording that is logged as destroyed and that is there under some name; empty: none.
  [[nodiscard]] std::string lie() const {
    for (const std::string& line : council.entries("destroy")) {
      for (const char* id : {"a", "b", "kept"}) {
        if (line.find("\"recording\":\""s + id + "\"") == std::string::npos) continue;
        const std::string place = test::find_content(council.scratch.path().string(), marker(id));
        if (!place.empty()) return std::string(id) + " is in " + place;
      }
    }
    return "";
  }

  /// What was opened for writing or named outside the root and the log; empty: nothing.
  [[nodiscard]] std::string strayed(const SwapSys& sys) const {
    for (const std::string& path : sys.written()) {
      const bool fine = path.starts_with(council.root + "/") ||
                        path.starts_with(council.log_place.directory + "/") ||
                        path == "/proc/sys/vm/laptop_mode" ||
                        path.find("/#") != std::string::npos;  // O_TMPFILE
      if (!fine) return path;
    }
    return "";
  }

  Council council;
  std::string outside;

 private:
  void canary(const std::string& path) {
    test::spill(path, content(path));
    canaries_[path] = test::witness(path);
  }

  std::map<std::string, test::Witness> canaries_;
};

/// Whether this was the moment for which the kernel has no means: between the last look at a name
/// and its unlink. What was done then must at least be said.
bool is_the_one_moment(const SwapSys& sys, Trick trick) {
  return trick == Trick::other_file && sys.call() == "unlinkat a.wav";
}

bool is_said(const run::Report& report) {
  for (const run::Notice& notice : report.tally.notices) {
    if (notice.text.find("in that moment") != std::string::npos) return true;
  }
  return false;
}

/// Plays the trick before each call of a run in turn, or each so many; returns how many there were.
int play_before_each_call(const fs::path& on, Trick trick, int step) {
  int number = static_cast<int>(trick) % step;
  for (bool swapped = true; swapped; number += step) {
    Scene scene(on);
    SwapSys sys(number, [&] { scene.play(trick); });
    scene.council.sys = &sys;
    const auto report = scene.night();
    scene.council.sys = &base::real_sys();
    swapped = sys.swapped();
    INFO("trick " << static_cast<int>(trick) << " before call " << number << " " << sys.call());
    if (is_the_one_moment(sys, trick)) {
      CHECK((report && is_said(*report)));
    } else {
      CHECK(scene.killed() == "");
    }
    CHECK(scene.lie() == "");
    CHECK(scene.strayed(sys) == "");
    CHECK(scene.council.content(fs::exists(scene.council.path("d/kept.wav")) ? "d/kept.wav"
                                                                             : "e/kept.wav") != "");
    // The next night finds what the first has left, and does no harm either.
    static_cast<void>(scene.night());
    if (!is_the_one_moment(sys, trick)) CHECK(scene.killed() == "");
    CHECK(scene.lie() == "");
    CHECK(scene.council.log_fault() == "");
    CHECK(test::find_content(scene.council.scratch.path().string(), marker("kept")) != "");
    if (!swapped) CHECK(scene.council.entries("destroy").size() == 2);
  }
  return number;
}

}  // namespace

TEST_CASE("Whatever changes places before whichever call nothing else is harmed and nothing lied") {
  REQUIRE_LOOP_IMAGE();
  const test::InMemory quick;
  const test::LoopImage image("mkfs.ext4 -q", "", 320 << 20);
  for (const Trick trick : kTricks) {
    const int finest = trick < Trick::link_to_file ? 1 : 3;
    const int step = test::sweeps_all() ? finest : 7;
    CHECK(play_before_each_call(image.root(), trick, step) > 100);
  }
}

TEST_CASE("Whatever changes places on XFS nothing else is harmed and nothing lied") {
  REQUIRE_LOOP_IMAGE();
  const test::InMemory quick;
  const test::LoopImage image("mkfs.xfs -q", "", 320 << 20);
  for (const Trick trick : kTricks) CHECK(play_before_each_call(image.root(), trick, 37) > 100);
}

namespace {

constexpr int kDays = 4;
constexpr int kEach = 80;

std::string day(int number) {
  return fmt::format("2025-10-0{}", number + 1);
}

std::string name(int day_number, int number) {
  return fmt::format("r{}-{:05}.wav", day_number, number);
}

/// Keeps exchanging things below the root, there and back, until it goes out of scope.
class Busybody {
 public:
  explicit Busybody(const Council& council) : council_(council) {
    thread_ = std::thread([this] {
      for (int i = 0; !stop_; ++i) meddle(i);
    });
  }
  Busybody(const Busybody&) = delete;
  Busybody& operator=(const Busybody&) = delete;
  ~Busybody() {
    stop_ = true;
    thread_.join();
  }

 private:
  void meddle(int i) {
    const int one = i / 3 % kDays;
    const std::string directory = council_.path(day(one));
    const std::string things[] = {fmt::format("x/link-{}", one), fmt::format("x/twin-{}", one),
                                  "x/link-file"};
    const std::string file = directory + "/" + name(one, i / 5 % kEach);
    for (int there_and_back = 0; there_and_back < 2; ++there_and_back) {
      exchange_names(i % 3 == 2 ? file : directory, council_.path(things[i % 3]));
      if (i % 5 == 0) ::usleep(300);
    }
  }

  const Council& council_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace

TEST_CASE(
    "While somebody keeps exchanging files and directories no harm is done and nothing lied") {
  REQUIRE_LOOP_IMAGE();
  const test::InMemory quick;
  const test::LoopImage image("mkfs.ext4 -q", "", 320 << 20);
  Council council("2026-11-23T14:00:00Z", image.root());
  const std::string outside = council.scratch / "outside";
  for (int i = 0; i < kDays; ++i) {
    council.add_many(fmt::format("r{}", i), day(i), kEach);
    for (int j = 0; j < kEach; ++j) {
      test::spill(fmt::format("{}/{}/{}", outside, i, name(i, j)), content("outside"));
      test::spill(council.path(fmt::format("x/twin-{}/{}", i, name(i, j))), content("twin"));
    }
    fs::create_directory_symlink(fmt::format("{}/{}", outside, i),
                                 council.path(fmt::format("x/link-{}", i)));
  }
  test::spill(outside + "/single", content("single"));
  fs::create_symlink(outside + "/single", council.path("x/link-file"));
  const auto before = test::witness_all(outside);
  const auto twins = test::witness_all(council.path("x"));
  council.approve();

  SwapSys sys;
  council.sys = &sys;
  {
    const Busybody busybody(council);
    for (int night = 0; night < 6; ++night) {
      try {
        static_cast<void>(council.run());
      } catch (const base::Failure& failure) {
        FAIL_CHECK(failure.what());
      }
    }
  }
  council.sys = &base::real_sys();
  CHECK(test::witness_all(outside) == before);
  for (const std::string& path : sys.written()) {
    CAPTURE(path);
    CHECK((path.starts_with(council.root + "/") ||
           path.starts_with(council.log_place.directory + "/")));
  }
  CHECK(council.log_fault() == "");
  const auto destroyed = council.entries("destroy");
  CHECK(destroyed.size() > 20);  // it has not stopped everything
  for (const std::string& line : destroyed) {
    const auto at = line.find("\"recording\":\"") + 13;
    const std::string id = line.substr(at, 8);
    CAPTURE(id);
    CHECK(test::find_content(council.root, "MARKER " + id + " ") == "");
  }
  for (const auto& [path, twin] : twins) {
    if (twin.content.empty() || S_ISLNK(twin.mode)) continue;
    const std::string there = fs::exists(path) ? path : "";
    if (!there.empty()) CHECK(test::witness(there).content == twin.content);
  }
  // When it is over everything goes.
  for (int night = 0; night < 2; ++night) static_cast<void>(council.run());
  CHECK(council.entries("destroy").size() >= destroyed.size());
  CHECK(council.log_fault() == "");
}
