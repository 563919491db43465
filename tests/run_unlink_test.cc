// accept = unlinked: what is removed where an overwrite cannot reach the bytes, and what is said.

#include <fcntl.h>

#include <atomic>
#include <cerrno>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "support/catch.h"
#include "support/council.h"
#include "support/dying_sys.h"
#include "support/loop_image.h"

using namespace expunge;
using namespace expunge::test;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kBtrfsBytes = 160 << 20;
constexpr std::uint64_t kXfsBytes = 320 << 20;
constexpr const char* kInlineExt4 = "mkfs.ext4 -q -O inline_data -I 512";
constexpr const char* kOctober = "2025-10-01T09:00:00Z";

const std::string& audio() {
  static const std::string text = std::string(9000, 'A');
  return text;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A council whose archive lies on another file system, and which accepts what is said.
void move_to(Council& council, const std::string& root,
             shred::Accept accept = shred::Accept::unlinked) {
  fs::create_directories(root);
  council.root = root;
  council.limits.accept = accept;
}

/// File systems on each of which no overwrite reaches the bytes of `<root>/a.wav`.
class Ground {
 public:
  explicit Ground(const std::string& kind)
      : image_(maker(kind), kind == "data=journal" ? "data=journal" : "", bytes(kind)),
        root(kind == "overlay" ? image_ / "all" : image_.root()) {
    if (kind != "overlay") return;
    for (const char* name : {"lower", "upper", "work", "all"}) fs::create_directory(image_ / name);
    shell("cd " + quoted(image_.root()) +
          " && mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work none all");
    mounted_ = true;
  }
  ~Ground() {
    if (mounted_) shell("umount " + test::quoted(root));
  }
  Ground(const Ground&) = delete;
  Ground& operator=(const Ground&) = delete;

  /// After the file was written.
  void spoil(const std::string& kind, const std::string& file) {
    const std::string path = root + "/" + file;
    if (kind == "reflink") shell("cp --reflink=always " + quoted(path) + " " + quoted(copy()));
    if (kind != "chattr +j") return;
    image_.unmount();
    shell("debugfs -w -R 'set_inode_field " + file + " flags 0x84000' " +
          quoted(root + "/../image") + " 2> /dev/null");
    image_.mount();
  }
  [[nodiscard]] std::string copy() const { return root + "/copy"; }

 private:
  static std::string maker(const std::string& kind) {
    if (kind == "btrfs") return "mkfs.btrfs -q";
    return kind == "reflink" ? "mkfs.xfs -q -m reflink=1" : "mkfs.ext4 -q";
  }
  static std::uint64_t bytes(const std::string& kind) {
    if (kind == "btrfs") return kBtrfsBytes;
    return kind == "reflink" ? kXfsBytes : 64 << 20;
  }
  LoopImage image_;
  bool mounted_ = false;

 public:
  std::string root;
};

std::string any_ground() {
  return GENERATE(as<std::string>{}, "btrfs", "overlay", "reflink", "data=journal", "chattr +j");
}

/// Runs and dies; whether it died.
bool run_and_die(Council& council, int calls_to_live) {
  DyingSys dying(calls_to_live);
  council.sys = &dying;
  try {
    static_cast<void>(council.run());
  } catch (const Death&) {
  }
  council.sys = &base::real_sys();
  return dying.died();
}

/// On ext4 with inline data: what is short cannot be overwritten, what is long can.
void furnish_mixed(Council& council) {
  council.add("mixed", kOctober, "m/a.wav", audio());
  council.add("mixed", kOctober, "m/a.txt", "spoken words", "Customer Services", "", "",
              "transcript");
  council.add("mixed", kOctober, "m/b.txt", "summary", "Customer Services", "", "", "sidecar");
  council.add("whole", kOctober, "w/b.wav", audio() + "w");
  council.add("keyed", kOctober, "k/a.enc", "ciphertext");
  council.add("keyed", kOctober, "k/k.key", std::string(5000, 'K'), "Customer Services", "", "",
              "key");
  council.add("new", "2026-11-01T09:00:00Z", "n/c.wav", audio() + "n");
  council.approve();
}

void furnish_unlinked(Council& council) {
  council.add("one", kOctober, "x/a.wav", audio() + "1");
  council.add("one", kOctober, "x/a.txt", "words", "Customer Services", "", "", "transcript");
  council.add("two", kOctober, "y/b.wav", audio() + "2");
  council.add("new", "2026-11-01T09:00:00Z", "x/c.wav", audio() + "3");
  council.approve();
}

using Furnish = void (*)(Council&);

struct Scene {
  const char* make;
  std::uint64_t bytes;
  Furnish furnish;
};

Scene any_scene() {
  return GENERATE(Scene{"mkfs.btrfs -q", kBtrfsBytes, furnish_unlinked},
                  Scene{kInlineExt4, 64 << 20, furnish_mixed});
}

bool is_original(const Council& council, const std::string& path, const std::string& content) {
  return council.exists(path) && council.content(path) == content;
}

/// Each recording's files as they were written.
const std::map<std::string, std::map<std::string, std::string>>& originals() {
  static const std::map<std::string, std::map<std::string, std::string>> all = {
      {"mixed", {{"m/a.wav", audio()}, {"m/a.txt", "spoken words"}, {"m/b.txt", "summary"}}},
      {"whole", {{"w/b.wav", audio() + "w"}}},
      {"keyed", {{"k/a.enc", "ciphertext"}, {"k/k.key", std::string(5000, 'K')}}},
      {"one", {{"x/a.wav", audio() + "1"}, {"x/a.txt", "words"}}},
      {"two", {{"y/b.wav", audio() + "2"}}}};
  return all;
}

}  // namespace

TEST_CASE("By default what an overwrite cannot reach is refused and stays as it was") {
  REQUIRE_LOOP_IMAGE();
  const std::string kind = any_ground();
  CAPTURE(kind);
  Ground ground(kind);
  Council council;
  move_to(council, ground.root, shred::Accept::overwritten);
  council.add("old", kOctober, "a.wav", audio());
  ground.spoil(kind, "a.wav");
  const auto report = council.approve_and_run();
  CHECK(report.outcome == run::Outcome::complete);
  CHECK(run::needs_person(report));
  CHECK(council.entries("remove").empty());
  CHECK(contains(council.entries("destroy.failed").at(0), "\"cannot-overwrite-in-place\""));
  CHECK_FALSE(contains(council.entries("run.end").at(0), "removed"));
  CHECK(council.content("a.wav") == audio());
  CHECK(council.state("old") == "kept");
  CHECK(council.disagreement() == "");
}

TEST_CASE("Where it is accepted such a file is removed and logged so and never as destroyed") {
  REQUIRE_LOOP_IMAGE();
  const std::string kind = any_ground();
  CAPTURE(kind);
  Ground ground(kind);
  Council council;
  move_to(council, ground.root);
  council.add("old", kOctober, "a.wav", audio(), "Customer Services", "01632 960001");
  ground.spoil(kind, "a.wav");
  const auto report = council.approve_and_run();
  CHECK(report.outcome == run::Outcome::complete);
  CHECK(report.tally.destroyed == 0);
  CHECK(report.tally.removed == 1);
  CHECK_FALSE(run::needs_person(report));
  CHECK(council.entries("destroy").empty());
  REQUIRE(council.entries("remove").size() == 1);
  const std::string entry = council.entries("remove").at(0);
  CHECK(contains(entry, "\"method\":\"unlink\",\"passes\":0,\"verified\":false"));
  CHECK(contains(entry, "\"claim\":\"unlinked\""));
  CHECK(contains(entry, base::to_hex(base::sha256(audio()))));
  CHECK_FALSE(contains(entry, "\"note\""));
  const std::string end = council.entries("run.end").at(0);
  CHECK(contains(end, "\"destroyed\":0"));
  CHECK(contains(end, "],\"removed\":1,\"key\""));
  CHECK_FALSE(council.exists("a.wav"));
  if (kind == "reflink") CHECK(slurp(ground.copy()) == audio());  // somebody else's
  CHECK(council.state("old") == "removed");
  CHECK(council.disagreement() == "");
  CHECK(council.log_fault() == "");
  // It never comes back, and no later night is the first any more.
  council.add("next", kOctober, "a.wav", audio());
  const auto later = council.run();
  CHECK(later.brakes.empty());
  archive::ImportRow again;
  again.id = "old";
  again.department = "Customer Services";
  again.recorded_at = base::parse_instant(kOctober);
  again.file = {"z.wav", "audio", 1, {}};
  council.import(again, false);
  CHECK(council.state("old") == "removed");
}

TEST_CASE(
    "Of a recording of which a part can be overwritten that part is and the claim is weakest") {
  REQUIRE_LOOP_IMAGE();
  LoopImage image(kInlineExt4);
  {
    Council council;
    move_to(council, image.root());
    furnish_mixed(council);
    const auto report = council.run();
    CHECK(report.tally.destroyed == 1);
    CHECK(report.tally.removed == 2);
    const auto removed = council.entries("remove");
    REQUIRE(removed.size() == 2);
    const std::string& keyed = contains(removed[0], "\"keyed\"") ? removed[0] : removed[1];
    const std::string& mixed = contains(removed[0], "\"keyed\"") ? removed[1] : removed[0];
    CHECK(contains(keyed, "\"files\":[{\"role\":\"key\""));
    CHECK(contains(keyed, "\"claim\":\"key-overwritten\""));
    CHECK(contains(mixed, "\"claim\":\"unlinked\""));
    CHECK(contains(mixed, "\"method\":\"overwrite\",\"passes\":1,\"verified\":true"));
    CHECK(contains(mixed, "\"method\":\"unlink\",\"passes\":0,\"verified\":false"));
    CHECK(contains(council.entries("destroy").at(0), "\"claim\":\"overwritten\""));
    CHECK(council.disagreement() == "");
    CHECK(council.log_fault() == "");
    fs::remove(council.path("n/c.wav"));  // so that no A is left
  }
  CHECK(image.raw_hits(std::string(100, 'K')) == 0);
}

TEST_CASE("A key is destroyed first and listed first and the claim stays overwritten") {
  Council council;
  if (!council.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  council.add("old", kOctober, "a.enc", audio());
  council.add("old", kOctober, "z.key", std::string(32, 'K'), "Customer Services", "", "", "key");
  council.approve();
  CHECK(council.run().tally.destroyed == 1);
  const std::string entry = council.entries("destroy").at(0);
  CHECK(contains(entry, "\"files\":[{\"role\":\"key\",\"bytes\":32,"));
  CHECK(contains(entry, "\"claim\":\"overwritten\""));
}

TEST_CASE("At no moment is audio touched whose key or another of the batch is not yet noise") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  int key_alone = 0;
  for (int calls = 0;; ++calls) {
    CAPTURE(calls);
    Council council;
    for (const char* id : {"a", "b"}) {
      const std::string name = id;
      council.add(name, kOctober, name + ".enc", audio());
      council.add(name, kOctober, name + ".key", std::string(32, 'K'), "Customer Services", "", "",
                  "key");
    }
    council.approve();
    if (!run_and_die(council, calls)) break;
    const bool audio_whole =
        is_original(council, "a.enc", audio()) && is_original(council, "b.enc", audio());
    const bool any_key_whole = is_original(council, "a.key", std::string(32, 'K')) ||
                               is_original(council, "b.key", std::string(32, 'K'));
    REQUIRE((audio_whole || !any_key_whole));
    if (audio_whole && !any_key_whole) ++key_alone;
  }
  CHECK(key_alone > 0);
}

TEST_CASE("A removal that dies at any call is finished by the next run and all agree") {
  REQUIRE_LOOP_IMAGE();
  const Scene scene = any_scene();
  const LoopImage image(scene.make, "", scene.bytes);
  int deaths = 0;
  int found_gone = 0;
  for (int calls = 0;; ++calls) {
    CAPTURE(scene.make, calls);
    Council council;
    move_to(council, image / ("r" + std::to_string(calls)));
    scene.furnish(council);
    if (!run_and_die(council, calls)) break;
    ++deaths;
    // No entry before its act.
    for (const std::string& line : council.entries("remove")) {
      for (const auto& [id, files] : originals()) {
        if (!contains(line, "\"recording\":\"" + id + "\"")) continue;
        for (const auto& [path, content] : files)
          REQUIRE_FALSE(is_original(council, path, content));
      }
    }
    const auto report = council.run();
    REQUIRE(report.outcome == run::Outcome::complete);
    REQUIRE(council.disagreement() == "");
    REQUIRE(council.log_fault() == "");
    for (const std::string& line : council.entries("remove")) {
      if (contains(line, "\"note\":\"finished after an interruption; found gone: ")) ++found_gone;
    }
    REQUIRE(council.exists(scene.furnish == furnish_mixed ? "n/c.wav" : "x/c.wav"));
    for (const auto& [id, files] : originals()) {
      if (council.state(id) == "unknown") continue;
      REQUIRE(council.state(id) == (id == "whole" ? "destroyed" : "removed"));
    }
  }
  CHECK(deaths > 20);
  CHECK(found_gone > 0);
}

TEST_CASE("A hold after a removal died keeps all that is there and what is gone is said") {
  REQUIRE_LOOP_IMAGE();
  const Scene scene = any_scene();
  const LoopImage image(scene.make, "", scene.bytes);
  std::map<std::string, int> seen;
  for (int calls = 0;; ++calls) {
    CAPTURE(scene.make, calls);
    Council council;
    move_to(council, image / ("r" + std::to_string(calls)));
    scene.furnish(council);
    if (!run_and_die(council, calls)) break;
    std::map<std::string, std::map<std::string, bool>> there;
    for (const auto& [id, files] : originals()) {
      for (const auto& [path, content] : files) there[id][path] = council.exists(path);
    }
    council.place_hold("SAR-1", {"", "", "Customer Services", {}, {}});
    const auto report = council.run();
    REQUIRE(council.log_fault() == "");
    REQUIRE(report.outcome != run::Outcome::failed);
    if (report.outcome == run::Outcome::braked) continue;
    for (const auto& [id, files] : originals()) {
      const std::string state = council.state(id);
      if (state == "unknown") continue;
      CAPTURE(id, state);
      ++seen[state];
      bool any = false;
      for (const auto& [path, content] : files) {
        any = any || council.exists(path);
        if (state == "kept") REQUIRE(is_original(council, path, content));
        // What was not overwritten and was there is there still.
        if (state == "partial") REQUIRE(council.exists(path) == there[id][path]);
      }
      if (state == "removed" || state == "destroyed") REQUIRE_FALSE(any);
      if (state == "partial") REQUIRE(any);
    }
    REQUIRE(council.open_index().journal().empty());
  }
  CHECK(seen["kept"] > 0);
  CHECK(seen["partial"] > 0);
  CHECK(seen["removed"] > 0);
}

namespace {

bool is_recording(std::string_view name) {
  return name.ends_with(".wav") || name.ends_with(".txt");
}

/// Leaves a run that journalled its batch and died before it removed anything, on btrfs.
void die_before_removal(Council& council) {
  struct Dying : base::Sys {
    int unlinkat(int dirfd, const char* path, int flags) override {
      if (is_recording(path)) throw Death();
      return Sys::unlinkat(dirfd, path, flags);
    }
  } dying;
  council.sys = &dying;
  CHECK_THROWS_AS(static_cast<void>(council.run()), Death);
  council.sys = &base::real_sys();
  REQUIRE_FALSE(council.open_index().journal().empty());
}

}  // namespace

TEST_CASE("Another file under the name of one to be removed is left alone and said") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  Council council;
  move_to(council, image / "r");
  furnish_unlinked(council);
  die_before_removal(council);
  fs::remove(council.path("y/b.wav"));
  spill(council.path("y/b.wav"), "another person's file");
  const auto report = council.run();
  CHECK(run::needs_person(report));
  CHECK(council.content("y/b.wav") == "another person's file");
  CHECK(contains(council.entries("destroy.failed").at(0), "\"replaced\""));
  CHECK(council.state("one") == "removed");
  CHECK(council.state("two") == "kept");
  CHECK(council.run().summary.count(plan::Verdict::attention).recordings == 1);
  CHECK(council.content("y/b.wav") == "another person's file");
  CHECK(council.open_index().journal().empty());
}

TEST_CASE("Part of a recording gone and another file in place of the rest is said of both") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  Council council;
  move_to(council, image / "r");
  furnish_unlinked(council);
  die_before_removal(council);
  fs::remove(council.path("x/a.txt"));
  fs::remove(council.path("x/a.wav"));
  spill(council.path("x/a.wav"), "another person's file");
  CHECK(council.run().tally.partial == 1);
  CHECK(contains(council.entries("destroy.partial").at(0),
                 "\"note\":\"removed without overwriting: transcript\""));
  CHECK(contains(council.entries("destroy.failed").at(0), "\"replaced\""));
  CHECK(council.state("one") == "partial");
  CHECK(council.content("x/a.wav") == "another person's file");
}

TEST_CASE("What is no longer accepted when a run goes on is left as it is and refused") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  Council council;
  move_to(council, image / "r");
  furnish_unlinked(council);
  die_before_removal(council);
  council.limits.accept = shred::Accept::overwritten;
  const auto report = council.run();
  CHECK(report.tally.removed == 0);
  CHECK(contains(council.entries("destroy.failed").at(0), "\"cannot-overwrite-in-place\""));
  CHECK(council.disagreement() == "");
}

TEST_CASE("A file renamed while it was to be removed is missing and never taken for removed") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  Council council;
  move_to(council, image / "r");
  furnish_unlinked(council);
  struct Renaming : base::Sys {
    std::string from, to;
    int openat2(int dirfd, const char* path, const open_how& how) override {
      const int fd = Sys::openat2(dirfd, path, how);
      // The directory is opened when the names are to go.
      if (std::string_view(path) == "y" && fs::exists(from)) fs::rename(from, to);
      return fd;
    }
  } renaming;
  renaming.from = council.path("y/b.wav");
  renaming.to = council.path("y/elsewhere.wav");
  council.sys = &renaming;
  const auto report = council.run();
  council.sys = &base::real_sys();
  CHECK(report.tally.removed == 1);
  CHECK(council.content("y/elsewhere.wav") == audio() + "2");
  CHECK(contains(council.entries("destroy.failed").at(0), "\"missing\""));
  CHECK(council.open_index().journal().empty());
  static_cast<void>(council.run());
  CHECK(council.entries("remove").size() == 1);
  CHECK(council.state("two") == "kept");
}

TEST_CASE("A removal that is not durable is not logged and the next run makes it so") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  Council council;
  move_to(council, image / "r");
  furnish_unlinked(council);
  struct Failing : base::Sys {
    int fsync(int fd) override {
      const auto name = fs::read_symlink("/proc/self/fd/" + std::to_string(fd)).string();
      return removing && name.starts_with(root) ? -EIO : Sys::fsync(fd);
    }
    int unlinkat(int dirfd, const char* path, int flags) override {
      removing = removing || is_recording(path);
      return Sys::unlinkat(dirfd, path, flags);
    }
    std::string root;
    bool removing = false;
  } sys;
  sys.root = council.root;
  council.sys = &sys;
  const auto report = council.run();
  council.sys = &base::real_sys();
  CHECK(report.tally.removed == 0);
  CHECK(council.entries("remove").empty());
  CHECK_FALSE(council.exists("y/b.wav"));
  CHECK(council.run().tally.removed == 2);
  CHECK(contains(council.entries("remove").at(0), "found gone: "));
  CHECK(council.disagreement() == "");
}

TEST_CASE("A removed file that a backup brings back before the run goes on is not touched") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  Council council;
  move_to(council, image / "r");
  furnish_unlinked(council);
  for (int calls = 0; council.entries("remove").empty(); ++calls) {
    REQUIRE(calls < 200);
    REQUIRE(run_and_die(council, calls));
  }
  REQUIRE_FALSE(council.open_index().journal().empty());
  spill(council.path("y/b.wav"), audio() + "2");
  static_cast<void>(council.run());
  CHECK(council.content("y/b.wav") == audio() + "2");
  CHECK(council.state("two") == "returned");
  CHECK(council.state("one") == "removed");
  CHECK(council.entries("remove").size() == 2);
}

TEST_CASE("An index restored from a backup learns from the log what was removed") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  Council council;
  move_to(council, image / "r");
  furnish_unlinked(council);
  const std::string backup = council.index_path + ".backup";
  fs::copy_file(council.index_path, backup);
  CHECK(council.run().tally.removed == 2);
  fs::copy_file(backup, council.index_path, fs::copy_options::overwrite_existing);
  CHECK(council.run().tally.reconciled == 2);
  CHECK(council.state("one") == "removed");
  CHECK(council.disagreement() == "");
}

namespace {

/// Fails one call that changes something, with or without its effect.
class FailingOnce : public base::Sys {
 public:
  FailingOnce(int nth, bool with_effect) : left_(nth), with_effect_(with_effect) {}
  [[nodiscard]] bool failed() const { return left_ < 0; }

  ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset) override {
    return is_turn() ? fail(Sys::pwrite(fd, buffer, with_effect_ ? bytes : 0, offset))
                     : Sys::pwrite(fd, buffer, bytes, offset);
  }
  int fsync(int fd) override { return is_turn() ? -EIO : Sys::fsync(fd); }
  int fdatasync(int fd) override { return is_turn() ? -EIO : Sys::fdatasync(fd); }
  int unlinkat(int dirfd, const char* path, int flags) override {
    if (!is_turn()) return Sys::unlinkat(dirfd, path, flags);
    return with_effect_ ? static_cast<int>(fail(Sys::unlinkat(dirfd, path, flags))) : -EIO;
  }

 private:
  bool is_turn() { return left_.fetch_sub(1) == 0; }
  static ssize_t fail(ssize_t) { return -EIO; }

  std::atomic<int> left_;
  bool with_effect_;
};

}  // namespace

TEST_CASE("Whichever call of a removal fails no more is claimed and the next runs finish it") {
  REQUIRE_LOOP_IMAGE();
  const Scene scene = any_scene();
  const bool with_effect = GENERATE(false, true);
  const LoopImage image(scene.make, "", scene.bytes);
  for (int calls = 0;; ++calls) {
    CAPTURE(scene.make, calls, with_effect);
    Council council;
    move_to(council, image / ("r" + std::to_string(calls)));
    scene.furnish(council);
    council.limits.workers = 1;
    FailingOnce failing(calls, with_effect);
    council.sys = &failing;
    try {
      static_cast<void>(council.run());
    } catch (const base::Failure&) {
    }
    council.sys = &base::real_sys();
    if (!failing.failed()) break;
    for (const std::string& line : council.entries("remove")) {
      for (const auto& [id, files] : originals()) {
        if (!contains(line, "\"recording\":\"" + id + "\"")) continue;
        for (const auto& [path, content] : files) {
          REQUIRE_FALSE(is_original(council, path, content));
        }
      }
    }
    REQUIRE(council.run().outcome == run::Outcome::complete);
    REQUIRE(council.disagreement() == "");
    REQUIRE(council.log_fault() == "");
    for (const auto& [id, files] : originals()) {
      const std::string state = council.state(id);
      REQUIRE((state == "unknown" || state == (id == "whole" ? "destroyed" : "removed")));
    }
  }
}
