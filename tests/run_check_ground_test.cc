// What `check` says of file systems, devices, kernel and process, and of what they are worth.

#include "residue/names.h"
#include "run/check.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/io.h"
#include "shred/ground.h"
#include "shred/means.h"
#include "support/catch.h"
#include "support/check_findings.h"
#include "support/council.h"
#include "support/loop_image.h"
#include "support/shred_files.h"
#include "support/shred_sysfs.h"

using namespace expunge;
using namespace expunge::test;
using run::CheckReport;
using Level = run::Finding::Level;
namespace fs = std::filesystem;

namespace {

/// The number of the device that the archive is on, for a kernel that is made up around it.
std::string device_of(const Council& council) {
  struct stat status {};
  REQUIRE(::stat(council.root.c_str(), &status) == 0);
  return fmt::format("{}:{}", major(status.st_dev), minor(status.st_dev));
}

}  // namespace

TEST_CASE("What would be removed without overwriting is said where that is accepted") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", 320 << 20);
  Council council("2026-11-23T14:00:00Z", image.root());
  add_one(council);
  CHECK_THAT(said(check(council), Level::problem, "archive"),
             contains_text("every file here is refused"));
  run::Limits limits;
  limits.accept = shred::Accept::unlinked;
  const CheckReport report = check(council, base::real_sys(), limits);
  CHECK(report.count(Level::problem) == 0);
  CHECK_THAT(said(report, Level::warning, "archive"),
             contains_text("would be removed without overwriting, as accepted (claim: unlinked)"));
  CHECK_THAT(said(report, Level::warning, "files"), contains_text("(claim: unlinked): 1"));
}

TEST_CASE("Whatever lies below the archive is said with what it takes from the claim") {
  Council council;
  const std::string device = device_of(council);
  if (device.starts_with("0:")) SKIP_TEST("the scratch directory is on no block device");
  MadeUpKernel kernel;
  SECTION("a rotating disk") {
    kernel.disk("sda", device, true);
    const CheckReport report = check(council, kernel);
    CHECK(report.medium.starts_with("rotational"));
    CHECK_THAT(said(report, Level::ok, "medium"), contains_text("a rotating disk"));
    CHECK(said(report, Level::warning, "medium").empty());
  }
  SECTION("a solid-state disk") {
    kernel.disk("sda", device, false);
    CHECK_THAT(said(check(council, kernel), Level::note, "medium"),
               contains_text("the device may keep older copies in blocks that it does not show; "
                             "the claim is of the blocks that the file system shows"));
  }
  SECTION("a solid-state disk under encryption") {
    kernel.disk("sda", "8:0", false);
    kernel.mapped("dm-0", device, "CRYPT-LUKS2-x", {"sda"});
    const CheckReport report = check(council, kernel);
    CHECK(said(report, Level::note, "medium").empty());
    CHECK_THAT(said(report, Level::ok, "medium"), contains_text("dm-crypt"));
  }
  SECTION("an LVM volume with a snapshot") {
    kernel.disk("sda", "8:0", true);
    kernel.mapped("dm-1", "253:1", "LVM-x-real", {"sda"});
    kernel.mapped("dm-0", device, "LVM-x", {"dm-1"});
    CHECK_THAT(said(check(council, kernel), Level::problem, "snapshots"),
               contains_text("has an LVM snapshot"));
    const shred::ArchiveRoot root(kernel, council.root);
    if (council.can_destroy()) CHECK(root.ground().cause == shred::Cause::copy_on_write_below);
  }
  SECTION("an LVM volume that is a snapshot") {
    kernel.disk("sda", "8:0", true);
    kernel.mapped("dm-1", "253:1", "LVM-x-real", {"sda"});
    kernel.mapped("dm-2", "253:2", "LVM-y-cow", {"sda"});
    kernel.mapped("dm-0", device, "LVM-y", {"dm-1", "dm-2"});
    CHECK_THAT(said(check(council, kernel), Level::problem, "snapshots"),
               contains_text("itself an LVM snapshot"));
  }
  SECTION("a thin volume") {
    kernel.disk("sda", "8:0", true);
    kernel.mapped("dm-1", "253:1", "LVM-x-tpool", {"sda"});
    kernel.mapped("dm-0", device, "LVM-y", {"dm-1"});
    CHECK_THAT(said(check(council, kernel), Level::note, "snapshots"), contains_text("thin"));
  }
  SECTION("a degraded array") {
    kernel.disk("sda", "8:0", true);
    const std::string md = kernel.device("md0", device, {"sda"});
    kernel.put(md + "/md/level", "raid6");
    kernel.put(md + "/md/degraded", "1");
    const CheckReport report = check(council, kernel);
    CHECK_THAT(said(report, Level::ok, "medium"), contains_text("md raid6"));
    CHECK_THAT(said(report, Level::warning, "medium"), contains_text("lacks a member"));
  }
  SECTION("nbd and a virtual disk") {
    kernel.device("nbd0", device);
    CHECK_THAT(said(check(council, kernel), Level::note, "medium"), contains_text("network"));
    MadeUpKernel other;
    other.disk("vda", device, false);
    CHECK_THAT(said(check(council, other), Level::note, "medium"),
               contains_text("the storage below the hypervisor is unknown"));
  }
  SECTION("nothing that is known") {
    CHECK_FALSE(said(check(council, kernel), Level::warning, "medium").empty());
  }
  SECTION("a device that is read-only") {
    kernel.put(kernel.disk("sda", device, true) + "/ro", "1");
    CHECK_THAT(said(check(council, kernel), Level::problem, "archive"), contains_text("read-only"));
  }
}

TEST_CASE("What kernel and process do not permit is said") {
  Council council;
  struct Forbidding : base::Sys {
    Scratch scratch;
    std::string proc;  ///< the file of /proc that is replaced
    std::string content;
    int ioctl_error = 0;
    bool beneath = true;
    int openat(int dirfd, const char* path, int flags, mode_t mode) override {
      if (!proc.empty() && std::string_view(path) == proc) {
        spill(scratch / "file", content);
        return Sys::openat(dirfd, (scratch / "file").c_str(), flags, mode);
      }
      return Sys::openat(dirfd, path, flags, mode);
    }
    int openat2(int dirfd, const char* path, const open_how& how) override {
      return beneath ? Sys::openat2(dirfd, path, how) : -ENOSYS;
    }
    int ioctl(int, unsigned long, void*) override { return ioctl_error; }
  } sys;
  SECTION("no leases at all") {
    sys.proc = "/proc/sys/fs/leases-enable";
    sys.content = "0\n";
    CHECK_THAT(said(check(council, sys), Level::warning, "leases"), contains_text("turned off"));
    CHECK(shred::probe_leases(sys) == shred::Leases::none);
  }
  SECTION("leases by capability") {
    sys.proc = "/proc/self/status";
    sys.content = "Name:\tx\nCapEff:\t0000000000000000\n";
    CHECK(shred::probe_leases(sys) == shred::Leases::own_files);
    sys.content = "Name:\tx\nCapEff:\t0000000010000000\n";
    CHECK(shred::probe_leases(sys) == shred::Leases::any_file);
    sys.content = "Name:\tx\n";
    CHECK(shred::probe_leases(sys) == shred::Leases::unknown);
    CHECK_FALSE(said(check(council, sys), Level::warning, "leases").empty());
  }
  SECTION("no openat2") {
    sys.beneath = false;
    CHECK_THAT(said(check(council, sys), Level::problem, "kernel"), contains_text("openat2"));
  }
  SECTION("names that cannot be erased") {
    const shred::ArchiveRoot root(sys, council.root);
    if (root.ground().family != shred::Family::ext4) SKIP_TEST("the scratch directory is not ext4");
    sys.ioctl_error = 0;
    CHECK_FALSE(said(check(council, sys), Level::ok, "names").empty());
    sys.ioctl_error = -EPERM;
    CHECK_THAT(said(check(council, sys), Level::warning, "names"), contains_text("not permitted"));
    sys.ioctl_error = -ENOTTY;
    CHECK_THAT(said(check(council, sys), Level::note, "names"), contains_text("no means"));
    sys.ioctl_error = -EIO;
    CHECK_FALSE(said(check(council, sys), Level::warning, "names").empty());
    sys.ioctl_error = -ENODEV;
    CHECK_THAT(said(check(council, sys), Level::ok, "names"), contains_text("no journal"));
  }
  SECTION("few descriptors") {
    run::Limits limits;
    limits.batch_files = 1 << 30;
    CHECK_FALSE(said(check(council, base::real_sys(), limits), Level::note, "descriptors").empty());
  }
}

TEST_CASE("Root from whom the block device is kept is not told to be root") {
  const Council council;
  struct Kept : base::Sys {
    int openat(int dirfd, const char* path, int flags, mode_t mode) override {
      if (std::string_view(path).starts_with("/dev/")) return -EPERM;
      return Sys::openat(dirfd, path, flags, mode);
    }
  } kept;
  const shred::ArchiveRoot root(kept, council.root);
  if (!council.can_destroy() || root.ground().family != shred::Family::ext4) {
    SKIP_TEST("the scratch directory is not on ext4 that overwrites in place");
  }
  const std::string cure = advised(check(council, kept), Level::note, "names");
  CHECK_THAT(cure, contains_text(::geteuid() == 0 ? "this is root, from whom the block device"
                                                  : "call check as the run's user"));
}

TEST_CASE("The dry run of the journal's cleaning erases nothing") {
  REQUIRE_LOOP_IMAGE();
  LoopImage image("mkfs.ext4 -q");
  put(image / "JOURNALLED-NAME-0001", "x");
  fs::remove(image / "JOURNALLED-NAME-0001");
  shell("sync");
  {
    const shred::ArchiveRoot root(base::real_sys(), image.root());
    CHECK(residue::probe_names(root).journal == residue::Cleaning::erases);
  }
  CHECK(image.raw_hits("JOURNALLED-NAME-0001") > 0);
}

TEST_CASE("The index and the log are told what their file systems are worth") {
  REQUIRE_LOOP_IMAGE();
  Council council;
  const auto at = [&](const std::string& root) {
    const std::string moved = root + "/books";
    fs::create_directory(moved);
    fs::copy(council.index_path, moved + "/index.db");
    fs::copy(council.index_path + "-journal", moved + "/index.db-journal");
    fs::copy(council.log_place.directory, moved + "/log", fs::copy_options::recursive);
    const auto index = archive::Index::open(moved + "/index.db", archive::Index::Access::read,
                                            council.log_place.origin);
    return run::check({base::real_sys(),
                       council.now(),
                       &index,
                       plan::Safety(),
                       {moved + "/log", council.log_place.origin},
                       council.key_path,
                       council.root,
                       moved + "/index.db",
                       {}});
  };
  SECTION("btrfs") {
    const LoopImage image("mkfs.btrfs -q", "", 160 << 20);
    const CheckReport report = at(image.root());
    CHECK_THAT(said(report, Level::warning, "index"), contains_text("survives its erasure"));
    CHECK(said(report, Level::warning, "log").empty());
  }
  SECTION("ext4 with data=journal") {
    const LoopImage image("mkfs.ext4 -q", "data=journal");
    CHECK_THAT(said(at(image.root()), Level::warning, "index"), contains_text("data=journal"));
  }
  SECTION("memory") {
    const LoopImage image("mkfs.ext4 -q");
    const std::string directory = image / "ram";
    fs::create_directory(directory);
    shell("mount -t tmpfs none " + quoted(directory));
    const CheckReport report = at(directory);
    shell("umount " + quoted(directory));
    CHECK_THAT(said(report, Level::problem, "index"), contains_text("in memory"));
    CHECK_THAT(said(report, Level::problem, "log"), contains_text("in memory"));
  }
}
