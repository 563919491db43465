// What lies below a file system, as made-up trees of sysfs have it, and real loop devices.

#include "shred/medium.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/fd.h"
#include "shred/ground.h"
#include "shred/mounts.h"
#include "support/catch.h"
#include "support/loop_image.h"
#include "support/shred_sysfs.h"

using namespace expunge;
using namespace expunge::shred;
using namespace expunge::test;
using Kind = Medium::Kind;

namespace {

std::string text(base::Sys& sys, unsigned major, unsigned minor, bool discard = false) {
  return medium_text(find_medium(sys, major, minor), discard);
}

Ground ground_of(const std::string& path, base::Sys& sys = base::real_sys()) {
  const base::Fd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
  REQUIRE(fd);
  return find_ground(sys, fd.get());
}

}  // namespace

TEST_CASE("A disk is what it says and a partition is what its disk is") {
  MadeUpKernel kernel;
  const std::string sda = kernel.disk("sda", "8:0", true);
  kernel.partition(sda, "sda1", "8:1");
  const std::string sdb = kernel.disk("sdb", "8:16", false);
  kernel.partition(sdb, "sdb1", "8:17");
  CHECK(text(kernel, 8, 0) == "rotational");
  CHECK(text(kernel, 8, 1, true) == "rotational");  // takes no discard requests
  CHECK(text(kernel, 8, 17) == "ssd");
  CHECK(text(kernel, 8, 17, true) == "ssd discard");
  kernel.put("/sys/dev/block/8:17/ro", "1");
  CHECK(find_medium(kernel, 8, 17).read_only);
  CHECK_FALSE(find_medium(kernel, 8, 16).read_only);
  kernel.put("/sys/dev/block/8:16/queue/zoned", "host-managed");
  CHECK(text(kernel, 8, 17) == "zoned, ssd");
}

TEST_CASE("What sysfs does not say is unknown and never left out") {
  MadeUpKernel kernel;
  CHECK(text(kernel, 8, 0) == "unknown");
  kernel.disk("sda", "8:0", true);
  kernel.device("sdb", "8:16");  // no queue
  CHECK(text(kernel, 8, 16) == "unknown");
  kernel.device("odd0", "250:0", {"sda"});  // stands on a disk and is of no known kind
  CHECK(text(kernel, 250, 0) == "unknown, rotational");
  kernel.mapped("dm-0", "253:0", "CRYPT-LUKS2-0-x", {});
  CHECK(text(kernel, 253, 0) == "dm-crypt, unknown");
  struct Nothing : base::Sys {
    int openat(int, const char*, int, mode_t) override { return -EACCES; }
  } nothing;
  CHECK(text(nothing, 8, 0) == "unknown");
}

TEST_CASE("Encryption and LVM are seen with the disk below them") {
  MadeUpKernel kernel;
  kernel.partition(kernel.disk("nvme0n1", "259:0", false), "nvme0n1p3", "259:3");
  kernel.mapped("dm-0", "253:0", "CRYPT-LUKS2-0123-crypt", {"nvme0n1p3"});
  kernel.mapped("dm-1", "253:1", "LVM-abcdef", {"dm-0"});
  CHECK(text(kernel, 253, 0, true) == "dm-crypt, ssd discard");
  CHECK(text(kernel, 253, 1) == "lvm, dm-crypt, ssd");
  CHECK(find_medium(kernel, 253, 1).has(Kind::crypt));
  // Integrity keeps a journal of the data: it is no mere encryption.
  for (const char* uuid :
       {"CRYPT-INTEGRITY-x", "CRYPT-SUBDEV-x", "CRYPT-VERITY-x", "DMRAID-x", "stratis-1-x", ""}) {
    MadeUpKernel other;
    other.disk("sda", "8:0", true);
    other.mapped("dm-0", "253:0", uuid, {"sda"});
    CHECK(text(other, 253, 0) == "dm, rotational");
  }
}

TEST_CASE("A partition of a multipath device is no layer of its own") {
  MadeUpKernel kernel;
  kernel.disk("sda", "8:0", true);
  kernel.disk("sdb", "8:16", true);
  kernel.mapped("dm-0", "253:0", "mpath-3600", {"sda", "sdb"});
  kernel.mapped("dm-1", "253:1", "part1-mpath-3600", {"dm-0"});
  CHECK(text(kernel, 253, 1) == "multipath, rotational");
}

TEST_CASE("LVM snapshots are seen from both sides and thin volumes by their pool") {
  MadeUpKernel kernel;
  kernel.disk("sda", "8:0", true);
  kernel.mapped("dm-1", "253:1", "LVM-vglv-real", {"sda"});
  kernel.mapped("dm-2", "253:2", "LVM-vgsnap-cow", {"sda"});
  kernel.mapped("dm-0", "253:0", "LVM-vglv", {"dm-1"});
  kernel.mapped("dm-3", "253:3", "LVM-vgsnap", {"dm-1", "dm-2"});
  CHECK(text(kernel, 253, 0) == "snapshot origin, lvm, rotational");
  CHECK(text(kernel, 253, 3) == "snapshot, lvm, rotational");
  kernel.mapped("dm-4", "253:4", "LVM-pool-tpool", {"sda"});
  kernel.mapped("dm-5", "253:5", "LVM-thin", {"dm-4"});
  CHECK(text(kernel, 253, 5) == "lvm thin, lvm, rotational");
  kernel.mapped("dm-6", "253:6", "LVM-cache-cvol", {"sda"});
  kernel.mapped("dm-7", "253:7", "LVM-cached", {"dm-6"});
  CHECK(text(kernel, 253, 7) == "cache, lvm, rotational");
  // An ordinary volume on the same disk, and one whose name looks like a layer's.
  kernel.mapped("dm-8", "253:8", "LVM-plain", {"sda"});
  CHECK(text(kernel, 253, 8) == "lvm, rotational");
  // The snapshot below an encrypted volume.
  kernel.mapped("dm-9", "253:9", "CRYPT-LUKS1-x", {"dm-0"});
  CHECK(find_medium(kernel, 253, 9).has(Kind::snapshot_origin));
}

TEST_CASE("An md array names its level and lacks a member when it says so") {
  MadeUpKernel kernel;
  kernel.disk("sda", "8:0", true);
  kernel.disk("sdb", "8:16", false);
  const std::string md = kernel.device("md0", "9:0", {"sda", "sdb"});
  kernel.put(md + "/md/level", "raid5");
  kernel.put(md + "/md/degraded", "0");
  CHECK(text(kernel, 9, 0) == "md raid5, rotational, ssd");
  CHECK_FALSE(find_medium(kernel, 9, 0).degraded);
  kernel.put(md + "/md/degraded", "1");
  CHECK(find_medium(kernel, 9, 0).degraded);
  kernel.put(md + "/md/consistency_policy", "journal");
  CHECK(text(kernel, 9, 0) == "md raid5, cache, rotational, ssd");
  kernel.put(md + "/md/level", "/a/path");
  CHECK(text(kernel, 9, 0) == "md, cache, rotational, ssd");
}

TEST_CASE("Storage on the network is seen by its name or by the way to it") {
  MadeUpKernel kernel;
  kernel.device("nbd0", "43:0");
  kernel.device("rbd0", "250:0");
  kernel.device("drbd0", "147:0");
  CHECK(text(kernel, 43, 0) == "network");
  CHECK(text(kernel, 250, 0) == "network");
  CHECK(text(kernel, 147, 0) == "network");
  kernel.disk("sda", "8:0", true);
  CHECK(text(kernel, 8, 0) == "rotational");
  kernel.put("/sys/devices/pci0/host6/session1/iscsi_session/session1/state", "LOGGED_IN");
  CHECK(text(kernel, 8, 0) == "network");

  MadeUpKernel fibre;
  fibre.disk("sda", "8:0", true);
  fibre.put("/sys/devices/pci0/host6/session1/fc_remote_ports/rport-0/port_id", "1");
  CHECK(text(fibre, 8, 0) == "network");

  MadeUpKernel nvme;
  const std::string local = nvme.disk("nvme0n1", "259:0", false);
  nvme.put(local + "/device/transport", "pcie");
  CHECK(text(nvme, 259, 0) == "ssd");
  nvme.put(local + "/device/transport", "tcp");
  CHECK(text(nvme, 259, 0) == "network");
  // With several paths the namespace belongs to a subsystem of controllers.
  const std::string shared = nvme.disk("nvme1n1", "259:1", false);
  nvme.put(shared + "/device/nvme1/transport", "rdma");
  CHECK(text(nvme, 259, 1) == "network");
}

TEST_CASE("A virtual disk is seen by its name or maker or because the machine is virtual") {
  MadeUpKernel kernel;
  kernel.disk("vda", "254:0", true);
  CHECK(text(kernel, 254, 0) == "virtual");
  const std::string sda = kernel.disk("sda", "8:0", false);
  CHECK(text(kernel, 8, 0) == "ssd");
  kernel.put(sda + "/device/model", "QEMU HARDDISK   ");
  CHECK(text(kernel, 8, 0) == "virtual");
  kernel.disk("sdb", "8:16", true);
  CHECK(text(kernel, 8, 16) == "rotational");
  kernel.put("/proc/cpuinfo", "flags\t\t: fpu sse2 hypervisor lahf_lm");
  CHECK(text(kernel, 8, 16) == "virtual");
  MadeUpKernel arm;  // which has no such flag
  arm.disk("sda", "8:0", true);
  arm.put("/sys/class/dmi/id/sys_vendor", "QEMU");
  CHECK(text(arm, 8, 0) == "virtual");
  struct NoProcessor : MadeUpKernel {
    int openat(int dirfd, const char* path, int flags, mode_t mode) override {
      if (std::string_view(path) == "/proc/cpuinfo") return -ENOENT;
      return MadeUpKernel::openat(dirfd, path, flags, mode);
    }
  } silent;
  silent.disk("sda", "8:0", true);
  CHECK(text(silent, 8, 0) == "unknown");
}

TEST_CASE("Volumes of ZFS and caches and memory are no disks") {
  MadeUpKernel kernel;
  kernel.disk("sda", "8:0", true);
  kernel.device("zd16", "230:16");
  kernel.device("zram0", "252:0");
  kernel.device("bcache0", "251:0", {"sda"});
  CHECK(text(kernel, 230, 16) == "zvol");
  CHECK(text(kernel, 252, 0) == "memory");
  CHECK(text(kernel, 251, 0) == "cache, rotational");
}

TEST_CASE("A loop device shows the file system of its file and what lies below that") {
  MadeUpKernel kernel;
  const Scratch scratch;
  spill(scratch / "image", "x");
  const std::string loop = kernel.device("loop0", "7:0");
  kernel.put(loop + "/loop/backing_file", scratch / "image");
  const Ground below = ground_of(scratch / "image", kernel);
  const Medium medium = find_medium(kernel, 7, 0);
  REQUIRE_FALSE(medium.layers.empty());
  CHECK(medium.layers[0] ==
        Medium::Layer{Kind::loop, std::string(known_filesystem(below.filesystem))});
  CHECK(medium.loop_obstacle == below.obstacle);
  kernel.put(loop + "/loop/backing_file", "/no/such/file (deleted)");
  CHECK(text(kernel, 7, 0) == "loop, unknown");
}

TEST_CASE("A loop device whose file lies on btrfs or memory has an obstacle below it") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage outer("mkfs.btrfs -q", "", 256 << 20);
  shell("truncate -s 32M " + quoted(outer / "inner"));
  shell("mkfs.ext4 -q " + quoted(outer / "inner"));
  const Scratch scratch;
  shell("mount -o loop " + quoted(outer / "inner") + " " + quoted(scratch.path()));
  const Ground ground = ground_of(scratch.path());
  const std::string log_text = medium_text(ground.medium, ground.discard_mounted);
  shell("umount " + quoted(scratch.path()));
  CHECK(ground.filesystem == "ext4");
  CHECK(ground.obstacle.empty());
  CHECK(ground.medium.loop_obstacle == "btrfs");
  CHECK(log_text.starts_with("loop on btrfs"));
}

TEST_CASE("The text for the log is short ASCII of a fixed vocabulary") {
  Medium medium;
  CHECK(medium_text(medium, true) == "unknown");
  for (const char* level : {"raid0", "raid1", "raid4", "raid5", "raid6", "raid10", "linear"}) {
    medium.layers.push_back({Kind::raid, level});
  }
  medium.discards = true;
  const std::string many = medium_text(medium, true);
  CHECK(many == "md raid0, md raid1, md raid4, md raid5, md raid6, more discard");
  for (int kind = 0; kind <= static_cast<int>(Kind::unknown); ++kind) {
    Medium one;
    one.discards = true;
    for (int twice = 0; twice < 9; ++twice) one.layers.push_back({static_cast<Kind>(kind), ""});
    const std::string text = medium_text(one, true);
    CHECK(text.size() <= 64);
    CHECK(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789,- ") == std::string::npos);
  }
  CHECK(known_filesystem("fuse.my-secret-share") == "fuse");
  CHECK(known_filesystem("whatever") == "other");
  CHECK(known_filesystem("ext4") == "ext4");
}

TEST_CASE("Devices that stand on each other in a circle end the walk") {
  MadeUpKernel kernel;
  kernel.mapped("dm-0", "253:0", "LVM-a", {});
  kernel.mapped("dm-1", "253:1", "LVM-b", {"dm-0"});
  kernel.put("/sys/devices/virtual/block/dm-0/slaves/dm-1/dev", "253:1");
  CHECK(text(kernel, 253, 1) == "lvm");
}

TEST_CASE("Every mount is taken from mountinfo with its options and its place as it is") {
  struct Mounts : base::Sys {
    Scratch scratch;
    int openat(int dirfd, const char* path, int flags, mode_t mode) override {
      const bool asked = std::string_view(path) == "/proc/self/mountinfo";
      return Sys::openat(dirfd, asked ? (scratch / "mountinfo").c_str() : path, flags, mode);
    }
  } sys;
  spill(sys.scratch / "mountinfo",
        "22 27 0:21 / /srv/a\\040b rw,relatime shared:1 master:2 - ext4 /dev/sda1 rw,discard\n"
        "23 22 8:1 /x /srv/a\\040b/c\\134d ro - xfs /dev/sdb rw\n"
        "24 22 8:2 / /srv/a\\040bc ro - xfs /dev/sdb rw\n"
        "torn line\n"
        "25 1 8:3 / / rw - ext4 /dev/root rw\n");
  const auto mounts = read_mounts(sys);
  REQUIRE(mounts);
  REQUIRE(mounts->size() == 4);
  CHECK((*mounts)[0].point == "/srv/a b");
  CHECK((*mounts)[0].super_options == "rw,discard");
  CHECK((*mounts)[1].point == "/srv/a b/c\\d");
  CHECK((*mounts)[1].options == "ro");
  const auto below = mounts_below(*mounts, "/srv/a b");
  REQUIRE(below.size() == 1);
  CHECK(below[0].number == "23");
  CHECK(mounts_below(*mounts, "/").size() == 3);
  CHECK(mounts_below(*mounts, "/srv").size() == 3);
}
