// What is opened to be removed without overwriting, and what is refused all the same.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "shred/ground.h"
#include "support/catch.h"
#include "support/loop_image.h"
#include "support/shred_files.h"

using namespace expunge;
using namespace expunge::shred;
using namespace expunge::test;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kBtrfsBytes = 160 << 20;

const std::string& content() {
  static const std::string text = marked("STILL HERE", 100'000);
  return text;
}

std::variant<Target, Refusal> open_accepting(const ArchiveRoot& root, const Expected& expected) {
  return open_target(root, expected, Fingerprint::yes, Accept::unlinked);
}

std::optional<Reason> refused(const ArchiveRoot& root, const Expected& expected) {
  const auto result = open_accepting(root, expected);
  const auto* const refusal = std::get_if<Refusal>(&result);
  return refusal == nullptr ? std::nullopt : std::optional(refusal->reason);
}

std::optional<Refusal> remove(const ArchiveRoot& root, Target& target) {
  Target* const only = &target;
  NoWatch nobody;
  return remove_names(root, std::span(&only, 1), nobody).at(0);
}

}  // namespace

TEST_CASE("What can be overwritten is opened to be overwritten whatever else is accepted") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.ext4 -q");
  put(image / "file", content());
  const ArchiveRoot root(base::real_sys(), image.root());
  const auto opened = open_accepting(root, {"file", {}, {}});
  CHECK(std::get<Target>(opened).method == Method::overwrite);
  CHECK(std::get<Target>(opened).direct);
}

TEST_CASE("What cannot is opened to be unlinked with its fingerprint and nothing of it changes") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  put(image / "d/file", content());
  const ArchiveRoot root(base::real_sys(), image.root());
  Target target = std::get<Target>(open_accepting(root, {"d/file", {}, {}}));
  CHECK(target.method == Method::unlink);
  CHECK(target.fingerprint == base::sha256(content()));
  CHECK(target.leased);
  CHECK(target.extents.empty());
  CHECK_FALSE(remove(root, target));
  CHECK(fs::is_empty(image / "d"));
}

TEST_CASE("A file below an overlay is not copied up to be looked at") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.ext4 -q");
  for (const char* name : {"lower", "upper", "work", "all"}) fs::create_directory(image / name);
  put(image / "lower/file", content());
  shell("cd " + quoted(image.root()) +
        " && mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work none all");
  {
    const ArchiveRoot root(base::real_sys(), image / "all");
    Target target = std::get<Target>(open_accepting(root, {"file", {}, {}}));
    CHECK(fs::is_empty(image / "upper"));
    CHECK_FALSE(remove(root, target));
    CHECK_FALSE(fs::exists(image / "all/file"));
  }
  shell("umount " + quoted(image / "all"));
}

TEST_CASE("Whatever else refuses a file refuses it also where unlinking is accepted") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  put(image / "file", content());
  const ArchiveRoot root(base::real_sys(), image.root());
  SECTION("another size") {
    CHECK(refused(root, {"file", 5, {}}) == Reason::size_differs);
  }
  SECTION("another content") {
    CHECK(refused(root, {"file", {}, base::sha256("x")}) == Reason::content_differs);
  }
  SECTION("a second name") {
    fs::create_hard_link(image / "file", image / "other");
    CHECK(refused(root, {"file", {}, {}}) == Reason::hard_link);
  }
  SECTION("open elsewhere for writing") {
    const Holder holder(image / "file", O_RDWR);
    CHECK(refused(root, {"file", {}, {}}) == Reason::open_elsewhere);
  }
  SECTION("open elsewhere for reading") {
    const Holder holder(image / "file", O_RDONLY);
    CHECK(refused(root, {"file", {}, {}}) == Reason::open_elsewhere);
  }
  SECTION("immutable") {
    if (std::system(("chattr +i " + quoted(image / "file") + " 2> /dev/null").c_str()) == 0) {
      CHECK(refused(root, {"file", {}, {}}) == Reason::immutable);
      shell("chattr -i " + quoted(image / "file"));
    }
  }
  SECTION("a symbolic link") {
    fs::create_symlink("file", image / "link");
    CHECK(refused(root, {"link", {}, {}}) == Reason::symbolic_link);
  }
  SECTION("gone") {
    CHECK(refused(root, {"nothing", {}, {}}) == Reason::missing);
  }
  CHECK(slurp(image / "file") == content());
}

TEST_CASE("A read-only mount refuses a removal before it is begun") {
  REQUIRE_LOOP_IMAGE();
  LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  put(image / "file", content());
  image.unmount();
  image.mount("ro");
  const ArchiveRoot root(base::real_sys(), image.root());
  CHECK(refused(root, {"file", {}, {}}) == Reason::permission_denied);
}

TEST_CASE("What gets a second name or a reader before its removal stays") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  put(image / "file", content());
  const ArchiveRoot root(base::real_sys(), image.root());
  Target target = std::get<Target>(open_accepting(root, {"file", {}, {}}));
  SECTION("a second name") {
    fs::create_hard_link(image / "file", image / "other");
    CHECK(remove(root, target)->reason == Reason::hard_link);
  }
  SECTION("a reader who waits") {
    CHECK(::open((image / "file").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC) == -1);
    CHECK(remove(root, target)->reason == Reason::open_elsewhere);
  }
  SECTION("another file under its name") {
    fs::rename(image / "file", image / "kept");
    put(image / "file", "another");
    CHECK(remove(root, target)->reason == Reason::replaced);
    target.fd.reset();
    CHECK(slurp(image / "file") == "another");
    return;
  }
  target.fd.reset();
  CHECK(slurp(image / "file") == content());
}

TEST_CASE("A removal renames nothing on XFS because a hold may yet come") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.xfs -q -m reflink=1", "", 320 << 20);
  put(image / "file", content());
  shell("cp --reflink=always " + quoted(image / "file") + " " + quoted(image / "copy"));
  struct Counting : base::Sys {
    int renameat2(int, const char*, int, const char*, unsigned) override { return -EPERM; }
  } sys;
  const ArchiveRoot root(sys, image.root());
  Target target = std::get<Target>(open_accepting(root, {"file", {}, {}}));
  CHECK(target.method == Method::unlink);
  CHECK_FALSE(remove(root, target));
  CHECK(slurp(image / "copy") == content());
}

TEST_CASE("On a server's file system no lease says nothing and the file is closed before it goes") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", kBtrfsBytes);
  put(image / "file", content());
  // As NFSv4 answers without a delegation, and as its mount is named.
  struct Nfs : base::Sys {
    std::string mountinfo;
    int watched = -1;
    bool open_at_unlink = false;
    int openat(int dirfd, const char* path, int flags, mode_t mode) override {
      const bool mounts = std::string_view(path) == "/proc/self/mountinfo";
      return Sys::openat(dirfd, mounts ? mountinfo.c_str() : path, flags, mode);
    }
    int fcntl(int fd, int command, long argument) override {
      return command == F_SETLEASE ? -EAGAIN : Sys::fcntl(fd, command, argument);
    }
    int unlinkat(int dirfd, const char* path, int flags) override {
      open_at_unlink = ::fcntl(watched, F_GETFD) != -1;
      return Sys::unlinkat(dirfd, path, flags);
    }
  } sys;
  const Scratch scratch;
  sys.mountinfo = scratch / "mountinfo";
  std::string text = slurp("/proc/self/mountinfo");
  for (std::size_t at = 0; (at = text.find(" - btrfs ", at)) != std::string::npos;) {
    text.replace(at, 9, " - nfs4 ");
  }
  spill(sys.mountinfo, text);
  const ArchiveRoot root(sys, image.root());
  CHECK(root.ground().filesystem == "nfs4");
  Target target = std::get<Target>(open_accepting(root, {"file", {}, {}}));
  CHECK_FALSE(target.leased);
  sys.watched = target.fd.get();
  CHECK_FALSE(remove(root, target));
  CHECK_FALSE(sys.open_at_unlink);
  CHECK_FALSE(fs::exists(image / "file"));
}

TEST_CASE("Which file systems hide what is open and which leases need a server is told by name") {
  const auto ground = [](const char* name) { return judge_mount(name, "rw", 0); };
  for (const char* name : {"nfs", "nfs4", "cifs", "smb3"}) CHECK(ground(name).leases_need_server);
  for (const char* name : {"nfs", "nfs4", "fuse", "fuse.sshfs"}) {
    CHECK(ground(name).hides_open_files);
  }
  for (const char* name : {"btrfs", "zfs", "overlay", "ext4", "tmpfs", "fuse.x"}) {
    CHECK_FALSE(ground(name).leases_need_server);
  }
}
