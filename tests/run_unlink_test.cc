// accept = unlinked: what is removed where an overwrite cannot reach the bytes, and what is said.

#include <filesystem>

#include "base/text.h"
#include "support/catch.h"
#include "support/loop_image.h"
#include "support/removal.h"

using namespace expunge;
using namespace expunge::test;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kXfsBytes = 320 << 20;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
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
  council.set_clock("2026-12-10T14:00:00Z");  // the approval is no longer good
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

TEST_CASE("A key that is itself only unlinked gives the claim nothing") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  Council council;
  move_to(council, image / "r");
  council.add("old", kOctober, "a.enc", audio());
  council.add("old", kOctober, "z.key", std::string(32, 'K'), "Customer Services", "", "", "key");
  CHECK(council.approve_and_run().tally.removed == 1);
  const std::string entry = council.entries("remove").at(0);
  CHECK(contains(entry, "\"files\":[{\"role\":\"key\""));
  CHECK(contains(entry, "\"claim\":\"unlinked\""));
}
