// A confined run, through the program, leaves no more behind than a free one.

#include <fmt/format.h>
#include <unistd.h>

#include "guard/confinement.h"
#include "support/catch.h"
#include "support/loop_image.h"
#include "support/office.h"

using namespace expunge;
using namespace expunge::test;

namespace {

constexpr uid_t kUser = 12345;

/// An archive on a file system of its own, in which every other call is due, and the first night.
class Night {
 public:
  explicit Night(const std::string& make) : image_(make, "", 320 << 20), office_(archive()) {
    std::string csv = "id,department,recorded_at,path\n";
    for (int i = 0; i < 200; ++i) {
      const std::string day = i % 4 < 2 ? "goes" : "stays";
      const bool due = i % 2 == 0 || day == "goes";
      const std::string path = fmt::format("{}/{}_0163296{:04}.wav", day, due ? "DUE" : "KEPT", i);
      office_.write(path, std::string(9000, due ? 'd' : 'k'));
      csv +=
          fmt::format("c-{},Customer Services,{},{}\n", i, Office::days_ago(due ? 400 : 30), path);
    }
    CHECK_ENDED(office_.call({"import", "-"}, csv), 0);
    // The brake of the clock is still on.
    CHECK_ENDED(office_.call({"approve", office_.digest(), "--reason", "x"}), 1);
  }

  Ended run(uid_t uid = 0) { return office_.call({"run", "--verbose", "--accept-clock"}, "", uid); }
  std::size_t hits(const std::string& marker) { return image_.raw_hits(marker); }
  /// All of it another user's.
  void give_to(uid_t uid) {
    const std::string owner = fmt::format("chown -R {0}:{0} ", uid);
    shell(owner + quoted(office_.scratch.path()) + " " + quoted(image_.root()));
    shell("chmod a+rx " + quoted(image_.root() + "/.."));
  }

 private:
  std::string archive() {
    const std::string root = image_ / "recordings";
    shell("mkdir -p " + quoted(root + "/goes") + " " + quoted(root + "/stays"));
    return root;
  }
  LoopImage image_;
  Office office_;
};

}  // namespace

TEST_CASE("A confined run erases names and audio on ext4 and XFS", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  const std::string make = GENERATE("mkfs.ext4 -q", "mkfs.ext4 -q -b 1024", "mkfs.xfs -q");
  CAPTURE(make);
  Night night(make);
  const Ended run = night.run();
  INFO(run.out << run.err);
  CHECK(run.status == 0);
  if (guard::probe_confinement().landlock != 0) {
    CHECK(contains(run.err, "archive, index and log: refused (Landlock "));
  }
  CHECK_FALSE(contains(run.err, "not erased"));
  CHECK(night.hits("DUE_0163296") == 0);
  CHECK(night.hits(std::string(500, 'd')) == 0);
  CHECK(night.hits("KEPT_0163296") > 0);
}

TEST_CASE("A confined run as an ordinary user destroys and says what it could not erase",
          "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  const bool xfs = GENERATE(false, true);
  Night night(xfs ? "mkfs.xfs -q" : "mkfs.ext4 -q");
  night.give_to(kUser);
  const Ended run = night.run(kUser);
  INFO(run.out << run.err);
  CHECK(run.status == 0);
  CHECK(contains(run.out, "destroyed 150 "));
  CHECK(contains(run.err, "sockets and programs: refused"));
  if (xfs) {
    CHECK(contains(run.err, "xfs-journal: erased"));  // the slow way, which takes no privilege
  } else {
    CHECK(contains(run.err, "ext4-journal: not erased (not permitted)"));
    CHECK(contains(run.err, "not permitted to read the block device"));
  }
  CHECK(night.hits(std::string(500, 'd')) == 0);
}
