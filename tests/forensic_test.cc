// What an examiner with the raw device finds after a night: nothing of what was destroyed.

#include <fmt/format.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <set>

#include "support/catch.h"
#include "support/council.h"
#include "support/loop_image.h"

using namespace expunge;
using test::Council;
using test::LoopImage;

namespace {

/// How long the files have been there: what made them still stands in the file system's journal, or
/// has left it, as for a recording of a year ago.
enum class Age { fresh, aged };

struct Scene {
  const char* filesystem;
  const char* make;
  const char* forget;  ///< empties the journal of the unmounted image
  std::uint64_t bytes;
};

const Scene kExt4{"ext4", "mkfs.ext4 -q -b 4096", "tune2fs -O ^has_journal %s && tune2fs -j %s",
                  256 << 20};
const Scene kExt4Small{"ext4, 1 KiB blocks", "mkfs.ext4 -q -b 1024",
                       "tune2fs -O ^has_journal %s && tune2fs -j %s", 256 << 20};
const Scene kXfs{"xfs", "mkfs.xfs -q", "xfs_repair -L %s", 320 << 20};

/// The part of a call's number that is found however it is written, +44 or 0.
std::string core(int i) {
  return fmt::format("770{:07}", (i * 7919LL + 1234567) % 10'000'000);
}

constexpr int kDays = 10;
constexpr int kCallsADay = 160;

/// The even days' calls are all due; of the odd ones' every fifth was made this year.
bool survives(int i) {
  return i % kDays % 2 == 1 && i / kDays % 5 == 0;
}

struct Traces {
  std::size_t audio = 0;            ///< markers of what was destroyed
  std::size_t surviving_audio = 0;  ///< of what was not
  std::set<std::string> numbers;    ///< of calls that were destroyed
  std::set<std::string> survivors;  ///< of calls that were not
};

class Examination {
 public:
  Examination(const Scene& scene, Age age)
      : image_(scene.make, "", scene.bytes), council_("2026-11-23T14:00:00Z", image_.root()) {
    std::vector<Council::Call> calls;
    for (int i = 0; i < kDays * kCallsADay; ++i) {
      const char* marker = survives(i) ? "SURVIVING AUDIO " : "DESTROYED AUDIO ";
      std::string content;
      while (content.size() < 3000U + static_cast<std::size_t>(i % 13) * 911U) content += marker;
      const std::string day = fmt::format("2025/10/{:02}", i % kDays + 1);
      calls.push_back({fmt::format("c-{:05}", i),
                       survives(i) ? "2026-10-01T09:00:00Z" : "2025-10-01T09:00:00Z",
                       fmt::format("{}/20251001-{:06}_0{}_{:08}.wav", day, i, core(i), i), content,
                       "0" + core(i)});
    }
    council_.add_calls(calls);
    image_.unmount();
    if (age == Age::aged) {
      std::string command = scene.forget;
      for (std::size_t at; (at = command.find("%s")) != std::string::npos;) {
        command.replace(at, 2, test::quoted(image_.image()));
      }
      test::shell("(" + command + ") > /dev/null 2>&1");
    }
    image_.mount();
    // The old journal's blocks are free now, and hold what it held.
    if (age == Age::aged) test::shell("fstrim " + test::quoted(image_.root()));
  }

  Council& council() { return council_; }

  /// Whether every file that was not due is there, byte for byte.
  bool survivors_whole() { return council_.disagreement().empty(); }

  std::size_t hits(const std::string& marker) { return image_.raw_hits(marker); }

  Traces examine() {
    Traces traces;
    std::set<std::string> cores;
    const auto count = [](std::string_view piece, std::string_view what) {
      std::size_t hits = 0;
      for (std::size_t at = 0; (at = piece.find(what, at)) != std::string::npos; at += 16) ++hits;
      return hits;
    };
    image_.for_each_piece(15, [&](std::string_view piece) {
      traces.audio += count(piece, "DESTROYED AUDIO ");
      traces.surviving_audio += count(piece, "SURVIVING AUDIO ");
      for (std::size_t at = 0; (at = piece.find("770", at)) != std::string::npos; ++at) {
        cores.emplace(piece.substr(at, 10));
      }
    });
    for (int i = 0; i < kDays * kCallsADay; ++i) {
      if (!cores.contains(core(i))) continue;
      (survives(i) ? traces.survivors : traces.numbers).insert(core(i));
    }
    return traces;
  }

 private:
  LoopImage image_;
  Council council_;
};

void expect_nothing_left(const Scene& scene, Age age, std::size_t batch_files) {
  CAPTURE(scene.filesystem, age == Age::aged, batch_files);
  Examination examination(scene, age);
  Council& council = examination.council();
  council.limits.batch_files = batch_files;
  const auto report = council.approve_and_run();
  CHECK(report.outcome == run::Outcome::complete);
  CHECK(report.tally.destroyed == kDays * kCallsADay - kDays / 2 * kCallsADay / 5);
  CHECK(examination.survivors_whole());
  CAPTURE(report.cleaned);
  const Traces traces = examination.examine();
  CHECK(traces.audio == 0);
  CHECK(traces.numbers.size() == 0);
  CHECK(traces.surviving_audio > 0);
  CHECK(traces.survivors.size() == kDays / 2 * kCallsADay / 5);
}

}  // namespace

TEST_CASE("An examiner who looks before the run finds every number and all audio", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  for (const Scene* const scene : {&kExt4, &kXfs}) {
    CAPTURE(scene->filesystem);
    Examination examination(*scene, Age::aged);
    const Traces traces = examination.examine();
    CHECK(traces.audio > 100'000);
    CHECK(traces.numbers.size() + traces.survivors.size() == kDays * kCallsADay);
  }
}

TEST_CASE("Of aged recordings an ext4 image keeps no audio and no number", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  for (const std::size_t batch_files : {50UL, 1000UL})
    expect_nothing_left(kExt4, Age::aged, batch_files);
}

TEST_CASE("Of fresh recordings an ext4 image keeps no audio and no number", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  for (const std::size_t batch_files : {50UL, 1000UL}) {
    expect_nothing_left(kExt4, Age::fresh, batch_files);
  }
}

TEST_CASE("An ext4 image of small blocks keeps no audio and no number", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  for (const Age age : {Age::fresh, Age::aged}) expect_nothing_left(kExt4Small, age, 200);
}

TEST_CASE("Of attributes that name the caller the raw image keeps nothing", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  const Scene* const scene = GENERATE(&kExt4, &kXfs);
  CAPTURE(scene->filesystem);
  Examination examination(*scene, Age::aged);
  Council& council = examination.council();
  const std::string path = council.path("2025/10/01/20251001-000000_0" + core(0) + "_00000000.wav");
  // One that fits into the inode, and one that needs a block of its own.
  for (const std::size_t bytes : {40UL, 700UL}) {
    std::string value = "ATTRIBUTE OF CALLER ";
    value.resize(bytes, '.');
    const std::string name = "user.caller" + std::to_string(bytes);
    REQUIRE(::setxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0) == 0);
  }
  council.approve();
  ::sync();
  const auto report = council.run();
  CHECK(report.outcome == run::Outcome::complete);
  CAPTURE(report.cleaned);
  CHECK(examination.hits("ATTRIBUTE OF CALLER ") == 0);
}

TEST_CASE("Of aged recordings an XFS image keeps no audio and no number", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  for (const std::size_t batch_files : {50UL, 1000UL})
    expect_nothing_left(kXfs, Age::aged, batch_files);
}

TEST_CASE("Of fresh recordings an XFS image keeps no audio and no number", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  for (const std::size_t batch_files : {50UL, 1000UL})
    expect_nothing_left(kXfs, Age::fresh, batch_files);
}
