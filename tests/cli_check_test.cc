// `expunge check` on file systems of every kind, through the program.

#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "guard/confinement.h"
#include "guard/exposure.h"
#include "shred/ground.h"
#include "shred/target.h"
#include "support/catch.h"
#include "support/loop_image.h"
#include "support/office.h"
#include "support/places.h"

using namespace expunge;
using namespace expunge::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* kCsv =
    "id,department,recorded_at,path\n"
    "old-1,Customer Services,2024-01-01T10:00:00Z,a.wav\n";

/// A configuration whose archive is at `root`, with one recording.
class Place {
 public:
  explicit Place(const std::string& root) : config_(scratch_ / "office/expunge.conf") {
    CHECK_ENDED(test::expunge({"init", scratch_ / "office", "--root", root}), 0);
    spill(root + "/a.wav", std::string(20000, 'a'));
    CHECK_ENDED(call({"import", "-"}, kCsv), 0);
  }
  [[nodiscard]] Ended call(std::vector<std::string> words, const std::string& input = "",
                           uid_t uid = 0) const {
    words.insert(words.begin(), {"--config", config_});
    return test::expunge(std::move(words), input, uid);
  }
  [[nodiscard]] nlohmann::json json() const {
    return nlohmann::json::parse(call({"check", "--json"}).out);
  }
  /// Whether nothing below index, log and images, no directory above them and nothing that the
  /// kernel lacks is in the way of all being well.
  [[nodiscard]] bool sound_scratch() const {
    const shred::ArchiveRoot here(base::real_sys(), scratch_.path());
    const guard::Confinement able = guard::probe_confinement();
    const std::string office = scratch_ / "office";
    return here.ground().obstacle.empty() &&
           !here.ground().medium.has(shred::Medium::Kind::unknown) && able.landlock != 0 &&
           able.filter &&
           guard::find_exposures(
               {config_, office + "/log.key", office + "/index.db", office + "/log", office})
               .empty();
  }
  Scratch scratch_;

 private:
  std::string config_;
};

}  // namespace

TEST_CASE("On ext4 and XFS all is well after a first run under cron, and says what lies below") {
  REQUIRE_LOOP_IMAGE();
  if (!fs::is_directory("/etc/cron.d")) SKIP_TEST("no /etc/cron.d here");
  const bool xfs = GENERATE(false, true);
  const LoopImage image(xfs ? "mkfs.xfs -q" : "mkfs.ext4 -q", "", 320 << 20);
  const Place place(image.root());
  const std::string type = xfs ? "xfs" : "ext4";
  const Ended first = place.call({"check"});
  INFO(first.out);
  CHECK(first.status == 1);
  CHECK(contains(first.out, "\nok       archive: " + type + ": changed bytes are written where"));
  CHECK(contains(first.out, "\nok       files: looked at, of the oldest: 1; each can be"));
  CHECK(contains(first.out, "loop device"));
  const auto json = place.json();
  CHECK(json.at("archive").at("filesystem") == type);
  CHECK(json.at("archive").at("in_place") == true);
  const std::string medium = json.at("archive").at("medium");
  CHECK(medium.starts_with("loop on "));

  // As the check itself says how to go on.
  const std::string plan = place.call({"plan"}).out;
  const std::string digest = plan.substr(plan.rfind(": ") + 2, 64);
  CHECK(contains(first.out,
                 "\nproblem  brakes: nothing was ever destroyed under this log: the next "
                 "run is braked (first-run); "));
  CHECK(contains(first.out, "(expunge approve " + digest + " --reason TEXT)"));
  CHECK(contains(first.out, "\nproblem  clock: "));
  CHECK_ENDED(place.call({"approve", digest, "--reason", "x"}), 1);  // the clock's brake is on
  CHECK_ENDED(place.call({"run", "--accept-clock"}), 0);
  const Ended log = place.call({"log", "show", "--recording", "old-1", "--json"});
  CHECK(contains(log.out, "\"filesystem\":\"" + type +
                              "\"}],\"claim\":\"overwritten\",\"medium\":\"" + medium +
                              "\",\"key\""));
  CHECK_ENDED(place.call({"log", "verify"}), 0);

  spill(image / "b.wav", std::string(20000, 'b'));
  CHECK_ENDED(
      place.call({"import", "-"}, "id,department,recorded_at,path\nnew-1,Customer Services," +
                                      Office::days_ago(3) + ",b.wav\n"),
      0);
  const std::string cron = place.scratch_ / "cron.d";
  fs::create_directory(cron);
  fs::copy_file(test::kSourceDir + "/scripts/expunge.cron", cron + "/expunge");
  shell("mount --bind " + quoted(cron) + " /etc/cron.d");
  const Ended then = place.call({"check"});
  const Ended quiet = place.call({"check", "--quiet"});
  shell("umount /etc/cron.d");
  INFO(then.out);
  CHECK(contains(then.out, "\nok       schedule: /etc/cron.d/expunge at 02:00 calls it\n"));
  // Whether anybody keeps this machine's clock right is not for a test to say.
  const bool unsure = contains(then.out, "warning  clock: the kernel does not know it to be");
  if (place.sound_scratch()) {
    CHECK(then.status == (unsure ? 1 : 0));
    CHECK(contains(then.out, unsure ? "\n1 thing is wrong, " : "\nNothing is wrong, "));
    CHECK(contains(quiet.out, "problem") == false);
    CHECK(quiet.out.empty() == !unsure);
  }
}

TEST_CASE("On btrfs it says that nothing can be destroyed and why") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", 160 << 20);
  const Place place(image.root());
  const Ended check = place.call({"check"});
  INFO(check.out);
  CHECK(check.status == 1);
  CHECK(check.out.starts_with(
      "Wrong\nproblem  archive: btrfs: btrfs writes changed bytes elsewhere"));
  CHECK(contains(check.out, "would be refused as cannot-overwrite-in-place (btrfs): 1, "));
  CHECK(contains(check.out, "\nNothing in this archive can be destroyed"));
  CHECK(place.json().at("archive").at("cause") == "btrfs");
}

TEST_CASE("On tmpfs and an overlay and data journalling it names the cause of each") {
  REQUIRE_LOOP_IMAGE();
  SECTION("tmpfs") {
    const LoopImage image("mkfs.ext4 -q");
    const std::string directory = image / "ram";
    fs::create_directory(directory);
    shell("mount -t tmpfs none " + quoted(directory));
    {
      const Place place(directory);
      const auto json = place.json();
      CHECK(json.at("archive").at("cause") == "memory");
      CHECK(json.at("archive").at("medium") == "memory");
      CHECK(
          contains(place.call({"check"}).out, "problem  archive: tmpfs: the files are in memory"));
    }
    shell("umount " + quoted(directory));
  }
  SECTION("overlay") {
    const LoopImage image("mkfs.ext4 -q");
    for (const char* name : {"lower", "upper", "work", "all"}) fs::create_directory(image / name);
    shell("cd " + quoted(image.root()) +
          " && mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work none all");
    {
      const Place place(image / "all");
      const auto json = place.json();
      CHECK(json.at("archive").at("cause") == "overlay");
      CHECK(json.at("archive").at("medium") == "unknown");
    }
    shell("umount " + quoted(image / "all"));
  }
  SECTION("data=journal") {
    const LoopImage image("mkfs.ext4 -q", "data=journal");
    CHECK(Place(image.root()).json().at("archive").at("cause") == "data-journal");
  }
}

TEST_CASE("What is mounted below the archive root is named and a read-only root is a problem") {
  REQUIRE_LOOP_IMAGE();
  LoopImage image("mkfs.ext4 -q");
  const Place place(image.root());
  const std::string directory = image / "a mount";
  fs::create_directory(directory);
  shell("mount -t tmpfs none " + quoted(directory));
  const Ended with = place.call({"check"});
  CHECK(with.status == 1);
  CHECK(contains(with.out, "warning  mounts: tmpfs is mounted at " + directory + ": recordings"));
  shell("umount " + quoted(directory));
  CHECK(contains(place.call({"check"}).out, "ok       mounts: "));
  image.unmount();
  image.mount("ro");
  CHECK(contains(place.call({"check"}).out, "problem  archive: mounted read-only"));
}

TEST_CASE("A user without capabilities is told what they are missed for") {
  if (::geteuid() != 0) SKIP_TEST("needs root to become another user");
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.ext4 -q");
  const Place place(image.root());
  constexpr uid_t kUser = 12345;
  shell("chown -R 12345:12345 " + quoted(place.scratch_.path()) + " " + quoted(image.root()));
  shell("chmod a+rx " + quoted(image.root() + "/.."));
  const Ended check = place.call({"check"}, "", kUser);
  INFO(check.out << check.err);
  CHECK(check.status == 1);
  CHECK(contains(check.out, "warning  names: "));
  CHECK(contains(check.out, "note     leases: "));
  CHECK(contains(check.out, "ok       files: "));  // its own
  shell("chown 0:0 " + quoted(image / "a.wav"));
  const Ended other = place.call({"check"}, "", kUser);
  CHECK(contains(other.out, "refused as permission-denied"));
}

TEST_CASE("The exit status of a check is that of the log and the configuration first") {
  const Office office;
  const std::string log = office.scratch / "office/log/log.jsonl";
  std::string text = slurp(log);
  text.replace(text.find("\"seq\":1"), 7, "\"seq\":2");
  spill(log, text);
  const Ended tampered = office.call({"check"});
  CHECK(tampered.status == 4);
  CHECK(contains(tampered.out, "problem  log: "));
  CHECK(contains(tampered.out, "medium: "));
  const Ended quiet = office.call({"check", "--quiet"});
  CHECK(quiet.status == 4);
  CHECK(contains(quiet.out, " things are wrong"));
  CHECK_FALSE(contains(quiet.out, "the lines above"));  // not all are
  if (office.can_destroy()) CHECK(contains(tampered.out, "the lines above"));
  // An index that cannot be read takes nothing from that.
  spill(office.scratch / "office/index.db", "this is no index");
  const Ended both = office.call({"check", "--index", "--json"});
  CHECK(both.status == 4);
  CHECK(contains(both.err, "not an expunge index"));
  CHECK(nlohmann::json::parse(both.out).at("log_verifies") == false);
  fs::remove_all(office.root);
  CHECK(office.call({"check"}).status == 4);
  CHECK(office.call({"check", "--nonsense"}).status == 2);
}
