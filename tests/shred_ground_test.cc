// Where an overwrite would not reach the bytes: every file system, mount option and kind of extent.

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "shred/extents.h"
#include "shred/ground.h"
#include "support/catch.h"
#include "support/loop_image.h"
#include "support/shred_files.h"

using namespace expunge;
using namespace expunge::shred;
using namespace expunge::test;
namespace fs = std::filesystem;

namespace {

const std::string& content() {
  static const std::string text = marked("STILL HERE", 100'000);
  return text;
}

/// The detail of a refusal as cannot-overwrite-in-place; the content must be as it was.
std::string obstacle(const std::string& directory, const std::string& expected = content(),
                     base::Sys& sys = base::real_sys()) {
  const ArchiveRoot root(sys, directory);
  const auto result = open_target(root, {"file", {}, {}}, Fingerprint::yes);
  const auto* const refusal = std::get_if<Refusal>(&result);
  REQUIRE(refusal != nullptr);
  CHECK(code(refusal->reason) == "cannot-overwrite-in-place");
  CHECK(slurp(directory + "/file") == expected);
  return refusal->detail;
}

constexpr std::uint64_t kXfsBytes = 320 << 20;
constexpr std::uint64_t kBtrfsBytes = 160 << 20;

}  // namespace

TEST_CASE("ext4 and XFS files may be overwritten in place") {
  REQUIRE_LOOP_IMAGE();
  const bool xfs = GENERATE(false, true);
  const LoopImage image(xfs ? "mkfs.xfs -q" : "mkfs.ext4 -q", "", kXfsBytes);
  put(image / "file", content());
  const ArchiveRoot root(base::real_sys(), image.root());
  const Target target = opened(root, "file");
  CHECK(target.filesystem == (xfs ? "xfs" : "ext4"));
  CHECK_FALSE(target.extents.empty());
}

TEST_CASE("An ext3 file system that ext4 drives may be overwritten in place") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.ext3 -q");
  put(image / "file", content());
  const ArchiveRoot root(base::real_sys(), image.root());
  Target target = opened(root, "file");
  CHECK_FALSE(overwritten(root, target, new_stream_key()));
}

TEST_CASE("ext4 with data journalling is refused however it was turned on") {
  REQUIRE_LOOP_IMAGE();
  SECTION("by a mount option") {
    const LoopImage image("mkfs.ext4 -q", "data=journal");
    put(image / "file", content());
    CHECK(obstacle(image.root()) == "ext4 with data=journal");
  }
  SECTION("by the file system's defaults") {
    LoopImage image("mkfs.ext4 -q");
    image.unmount();
    shell("tune2fs -o journal_data " + quoted(image.root() + "/../image") + " > /dev/null");
    image.mount();
    put(image / "file", content());
    CHECK(obstacle(image.root()) == "ext4 with data=journal");
  }
  SECTION("for one file") {
    LoopImage image("mkfs.ext4 -q");
    put(image / "file", content());
    image.unmount();
    // As chattr +j sets it, which not every container's root may.
    shell("debugfs -w -R 'set_inode_field file flags 0x84000' " +
          quoted(image.root() + "/../image") + " 2> /dev/null");
    image.mount();
    CHECK(obstacle(image.root()) == "ext4, data journalling (chattr +j)");
  }
}

TEST_CASE("ext4 without barriers is refused because no flush reaches the device") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.ext4 -q", "nobarrier");
  put(image / "file", content());
  CHECK(obstacle(image.root()) == "ext4 with nobarrier: nothing can be flushed");
}

TEST_CASE("A file inside its inode is refused") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.ext4 -q -O inline_data -I 512");
  put(image / "file", "a short one");
  CHECK(obstacle(image.root(), "a short one") == "ext4, data inside the inode");
}

TEST_CASE("A reflinked file is refused and both copies survive") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.xfs -q -m reflink=1", "", kXfsBytes);
  put(image / "file", content());
  shell("cp --reflink=always " + quoted(image / "file") + " " + quoted(image / "copy"));
  CHECK(obstacle(image.root()) == "xfs, shared extents (reflink or deduplication)");
  CHECK(slurp(image / "copy") == content());
}

TEST_CASE("btrfs is refused by its name in a subvolume too") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  put(image / "file", content());
  CHECK(obstacle(image.root()) == "btrfs");
  shell("btrfs -q subvolume create " + quoted(image / "sub"));
  put(image / "sub/file", content());
  CHECK(obstacle(image / "sub") == "btrfs");
}

TEST_CASE("tmpfs is refused") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.ext4 -q");
  const std::string directory = image / "ram";
  fs::create_directory(directory);
  shell("mount -t tmpfs none " + quoted(directory));
  put(directory + "/file", content());
  CHECK(obstacle(directory) == "tmpfs");
  shell("umount " + quoted(directory));
}

TEST_CASE("An overlay is refused though what lies below it is ext4") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.ext4 -q");
  for (const char* name : {"lower", "upper", "work", "all"}) fs::create_directory(image / name);
  put(image / "lower/file", content());
  shell("cd " + quoted(image.root()) +
        " && mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work none all");
  const std::string detail = obstacle(image / "all");
  shell("umount " + quoted(image / "all"));
  CHECK(detail == "overlay");
  CHECK(slurp(image / "lower/file") == content());
}

TEST_CASE("A mount is judged by type and magic number and options together") {
  constexpr std::uint64_t kExt4 = 0xef53;
  constexpr std::uint64_t kXfs = 0x58465342;
  CHECK(judge_mount("ext4", "rw,errors=continue", kExt4).obstacle.empty());
  CHECK(judge_mount("ext2", "rw", kExt4).obstacle.empty());
  CHECK(judge_mount("xfs", "rw,attr2,inode64", kXfs).obstacle.empty());
  CHECK(judge_mount("ext4", "rw,data=ordered", kExt4).obstacle.empty());
  CHECK_FALSE(judge_mount("ext4", "rw,data=journal", kExt4).obstacle.empty());
  CHECK_FALSE(judge_mount("ext4", "data=journal,rw", kExt4).obstacle.empty());
  CHECK_FALSE(judge_mount("ext4", "rw,barrier=0", kExt4).obstacle.empty());
  for (const char* name :
       {"nfs4", "cifs", "fuse.sshfs", "zfs", "bcachefs", "vfat", "f2fs", "xfs", "ext4x", ""}) {
    CHECK_FALSE(judge_mount(name, "rw", kExt4).obstacle.empty());
    CHECK(judge_mount(name, "rw", kExt4).family == Family::other);
  }
  CHECK_FALSE(judge_mount("ext4", "rw", kXfs).obstacle.empty());
}

TEST_CASE("Every refusal of a file system has a cause of its own") {
  constexpr std::uint64_t kExt4 = 0xef53;
  const auto cause = [](const char* name, const char* options = "rw") {
    return judge_mount(name, options, kExt4).cause;
  };
  CHECK(cause("ext4") == Cause::none);
  CHECK(cause("ext4", "rw,data=journal") == Cause::data_journal);
  CHECK(cause("ext4", "rw,nobarrier") == Cause::no_barriers);
  CHECK(cause("btrfs") == Cause::btrfs);
  CHECK(cause("zfs") == Cause::zfs);
  CHECK(cause("bcachefs") == Cause::bcachefs);
  CHECK(cause("overlay") == Cause::overlay);
  CHECK(cause("nfs4") == Cause::nfs);
  CHECK(cause("cifs") == Cause::smb);
  CHECK(cause("9p") == Cause::network);
  CHECK(cause("fuse.sshfs") == Cause::fuse);
  CHECK(cause("fuseblk") == Cause::fuse);
  CHECK(cause("tmpfs") == Cause::memory);
  CHECK(cause("f2fs") == Cause::log_structured);
  CHECK(cause("nilfs2") == Cause::log_structured);
  CHECK(cause("vfat") == Cause::untried);
  CHECK(cause("xfs") == Cause::untried);  // with ext4's magic number
  CHECK(cause("") == Cause::unknown_file_system);
  for (int number = 0; number <= static_cast<int>(Cause::untried); ++number) {
    CHECK_FALSE(words(static_cast<Cause>(number)).empty());
    CHECK(code(static_cast<Cause>(number)).empty() == (number == 0));
  }
}

TEST_CASE("Only extents that are known to be harmless are accepted") {
  CHECK(extent_obstacle(0).empty());
  CHECK(extent_obstacle(FIEMAP_EXTENT_LAST | FIEMAP_EXTENT_UNWRITTEN | FIEMAP_EXTENT_MERGED |
                        FIEMAP_EXTENT_DATA_ENCRYPTED)
            .empty());
  for (std::uint32_t bit = 1; bit != 0; bit <<= 1) {
    const bool harmless = (bit & (FIEMAP_EXTENT_LAST | FIEMAP_EXTENT_UNWRITTEN |
                                  FIEMAP_EXTENT_MERGED | FIEMAP_EXTENT_DATA_ENCRYPTED)) != 0;
    CHECK(extent_obstacle(bit).empty() == harmless);
  }
}

TEST_CASE("What cannot be found out about the ground counts as an obstacle") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.ext4 -q");
  put(image / "file", content());
  struct NoStatfs : base::Sys {
    int fstatfs(int, struct statfs&) override { return -EIO; }
  } no_statfs;
  CHECK(obstacle(image.root(), content(), no_statfs) == "unknown file system");
  struct NoMountinfo : base::Sys {
    int openat(int dirfd, const char* path, int flags, mode_t mode) override {
      if (std::string_view(path).starts_with("/proc/")) return -ENOENT;
      return Sys::openat(dirfd, path, flags, mode);
    }
  } no_mountinfo;
  CHECK(obstacle(image.root(), content(), no_mountinfo) == "unknown mount options");
  struct NoDefaults : base::Sys {
    int openat(int dirfd, const char* path, int flags, mode_t mode) override {
      if (std::string_view(path).starts_with("/proc/fs/")) return -ENOENT;
      return Sys::openat(dirfd, path, flags, mode);
    }
    int statx(int dirfd, const char* path, int flags, unsigned mask, struct statx& out) override {
      const int result = Sys::statx(dirfd, path, flags, mask, out);
      out.stx_mask &= ~STATX_DIOALIGN;
      return result;
    }
  } no_defaults;
  CHECK(obstacle(image.root(), content(), no_defaults) == "ext4, no direct I/O");
  struct NoIoctl : base::Sys {
    explicit NoIoctl(int nth) : left(nth) {}
    int ioctl(int fd, unsigned long request, void* argument) override {
      return left-- == 0 ? -ENOTTY : Sys::ioctl(fd, request, argument);
    }
    int left;
  };
  NoIoctl no_flags(0);
  CHECK(obstacle(image.root(), content(), no_flags) == "ext4, unknown flags");
  NoIoctl no_fiemap(1);
  CHECK(obstacle(image.root(), content(), no_fiemap).starts_with("ext4, extents unknown"));
}

TEST_CASE("Without direct I/O a file is refused before anything is written") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.ext4 -q");
  put(image / "file", content());
  struct SaysNone : base::Sys {
    int statx(int dirfd, const char* path, int flags, unsigned mask, struct statx& out) override {
      const int result = Sys::statx(dirfd, path, flags, mask, out);
      out.stx_mask |= STATX_DIOALIGN;
      out.stx_dio_mem_align = out.stx_dio_offset_align = 0;
      return result;
    }
  } says_none;
  CHECK(obstacle(image.root(), content(), says_none) == "ext4, no direct I/O");
  struct FailsToOpen : base::Sys {
    int openat2(int dirfd, const char* path, const open_how& how) override {
      if ((how.flags & O_DIRECT) != 0) return -EINVAL;
      return Sys::openat2(dirfd, path, how);
    }
  } fails_to_open;
  CHECK(obstacle(image.root(), content(), fails_to_open) == "ext4, no direct I/O");
}

TEST_CASE("A kernel that does not tell the alignment gets whole blocks") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.ext4 -q -b 4096");
  put(image / "file", content());
  struct Older : base::Sys {
    int statx(int dirfd, const char* path, int flags, unsigned mask, struct statx& out) override {
      const int result =
          Sys::statx(dirfd, path, flags, mask & ~STATX_DIOALIGN & ~STATX_MNT_ID, out);
      out.stx_mask &= ~(STATX_DIOALIGN | STATX_MNT_ID);
      return result;
    }
  } older;
  const ArchiveRoot root(older, image.root());
  Target target = opened(root, "file");
  CHECK(target.block_bytes == 4096);
  CHECK(target.fingerprint == base::sha256(content()));
  CHECK_FALSE(overwritten(root, target, new_stream_key()));
}

TEST_CASE("Extents are merged and holes and preallocated blocks are seen") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.ext4 -q -b 4096");
  const std::string path = image / "file";
  shell("fallocate -l 16384 " + quoted(path));  // preallocated
  shell("dd if=/dev/zero bs=4096 count=1 conv=notrunc status=none of=" + quoted(path));
  shell("dd if=/dev/zero bs=4096 count=1 seek=25 conv=notrunc status=none of=" + quoted(path));
  shell("fallocate -n -o 106496 -l 8192 " + quoted(path));  // beyond the end
  const ArchiveRoot root(base::real_sys(), image.root());
  const Target target = opened(root, "file");
  CHECK(target.size_bytes == 106496);
  CHECK(target.overwrite_bytes == 114688);
  REQUIRE(target.extents.size() >= 2);
  // Written and unwritten blocks beside each other are one run.
  CHECK(target.extents[0].logical_bytes == 0);
  CHECK(target.extents[0].length_bytes == 16384);
  CHECK(target.extents[1].logical_bytes == 102400);
}

TEST_CASE("A file of many extents is mapped whole") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.ext4 -q -b 1024");
  const std::string path = image / "file";
  {
    const base::Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    const std::string block(1024, 'x');
    for (off_t i = 0; i < 300; ++i) {
      REQUIRE(::pwrite(fd.get(), block.data(), block.size(), i * 2048) == 1024);
    }
  }
  const ArchiveRoot root(base::real_sys(), image.root());
  Target target = opened(root, "file");
  REQUIRE(target.extents.size() == 300);
  CHECK(target.extents.back().logical_bytes == 612352);
  CHECK_FALSE(overwritten(root, target, new_stream_key()));
}
