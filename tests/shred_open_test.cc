// What open_target() refuses, and that it leaves everything as it was.

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "support/catch.h"
#include "support/loop_image.h"
#include "support/shred_files.h"

using namespace expunge;
using namespace expunge::shred;
using namespace expunge::test;
namespace fs = std::filesystem;

namespace {

const std::string& content() {
  static const std::string text = marked("NOT YOURS", 200'000);
  return text;
}

struct Archive {
  LoopImage image{"mkfs.ext4 -q"};
  ArchiveRoot root{base::real_sys(), image.root()};
};

}  // namespace

TEST_CASE("Every reason has a code of its own in kebab-case and words without a full stop") {
  std::set<std::string_view> codes;
  for (int i = 0; i <= static_cast<int>(Reason::remove_failed); ++i) {
    const auto reason = static_cast<Reason>(i);
    CHECK(codes.insert(code(reason)).second);
    CHECK(code(reason).find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos);
    REQUIRE_FALSE(words(reason).empty());
    CHECK(words(reason).back() != '.');
  }
  CHECK(code(Reason::missing) == "missing");
  CHECK(code(Reason::cannot_overwrite_in_place) == "cannot-overwrite-in-place");
}

TEST_CASE("A path stays within the root only if every component is a plain name") {
  for (const char* good : {"a", "a/b", "2025/11/call .wav", "a/...", "..a/b..", ".hidden"}) {
    CHECK(stays_within_root(good));
  }
  for (const char* bad :
       {"", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/.", "a/..", "a/../b", "../a"}) {
    CHECK_FALSE(stays_within_root(bad));
  }
  CHECK_FALSE(stays_within_root(std::string_view("a\0b", 3)));
  CHECK(stays_within_root(std::string(255, 'n')));
  CHECK_FALSE(stays_within_root(std::string(256, 'n')));
  std::string longest;
  for (int i = 0; i < 2047; ++i) longest += "a/";
  CHECK(stays_within_root(longest + "b"));
  CHECK_FALSE(stays_within_root(longest + "bc"));
}

TEST_CASE("A root that is no directory ends the command and is named") {
  const Scratch scratch;
  put(scratch / "file", "x");
  CHECK_THROWS_AS(ArchiveRoot(base::real_sys(), scratch / "file"), base::Failure);
  try {
    const ArchiveRoot root(base::real_sys(), scratch / "none");
    FAIL("opened");
  } catch (const base::Failure& failure) {
    CHECK(std::string(failure.what()).find(scratch / "none") != std::string::npos);
    CHECK(failure.status() == base::ExitStatus::usage);
  }
}

TEST_CASE("What is missing or outside the root is refused by that name") {
  REQUIRE_LOOP_IMAGE();
  const Archive archive;
  put(archive.image / "file", content());
  put(archive.image.root() + "/../beside", content());
  CHECK(refused_as(archive.root, {"none", {}, {}}) == Reason::missing);
  CHECK(refused_as(archive.root, {"no/where", {}, {}}) == Reason::missing);
  CHECK(refused_as(archive.root, {"file/below", {}, {}}) == Reason::missing);
  CHECK(refused_as(archive.root, {"../beside", {}, {}}) == Reason::outside_root);
  CHECK(refused_as(archive.root, {archive.image / "file", {}, {}}) == Reason::outside_root);
  CHECK(refused_as(archive.root, {"", {}, {}}) == Reason::outside_root);
  CHECK(archive.root.has_file("file"));
  CHECK_FALSE(archive.root.has_file("none"));
  CHECK_FALSE(archive.root.has_file("../beside"));
}

TEST_CASE("A symbolic link in any component is refused and its target untouched") {
  REQUIRE_LOOP_IMAGE();
  const Archive archive;
  put(archive.image / "real/file", content());
  const Scratch outside;
  put(outside / "file", content());
  fs::create_symlink("real/file", archive.image / "link");
  fs::create_symlink("real", archive.image / "linked");
  fs::create_symlink(outside.path(), archive.image / "out");
  fs::create_symlink("nowhere", archive.image / "dangling");
  for (const char* path : {"link", "linked/file", "out/file", "dangling"}) {
    CHECK(refused_as(archive.root, {path, {}, {}}) == Reason::symbolic_link);
    CHECK_FALSE(archive.root.has_file(path));
  }
  CHECK(slurp(archive.image / "real/file") == content());
  CHECK(slurp(outside / "file") == content());
}

TEST_CASE("A file that becomes a symbolic link between look and open is refused") {
  REQUIRE_LOOP_IMAGE();
  struct Swapping : base::Sys {
    std::string file;
    int openat2(int dirfd, const char* path, const open_how& how) override {
      if (++calls == 2) {
        fs::rename(file, file + ".moved");
        fs::create_symlink("other", file);
      }
      return Sys::openat2(dirfd, path, how);
    }
    int calls = 0;
  } sys;
  const LoopImage image("mkfs.ext4 -q");
  put(image / "file", content());
  put(image / "other", content());
  sys.file = image / "file";
  const ArchiveRoot root(sys, image.root());
  CHECK(refused_as(root, {"file", {}, {}}) == Reason::symbolic_link);
  CHECK(slurp(image / "other") == content());
}

TEST_CASE("A FIFO, a socket, a device and a directory are refused at once and never opened") {
  REQUIRE_LOOP_IMAGE();
  struct Watching : base::Sys {
    int openat2(int dirfd, const char* path, const open_how& how) override {
      if ((how.flags & O_PATH) == 0) ++real_opens;
      return Sys::openat2(dirfd, path, how);
    }
    int real_opens = 0;
  } sys;
  const LoopImage image("mkfs.ext4 -q");
  REQUIRE(::mkfifo((image / "fifo").c_str(), 0600) == 0);
  REQUIRE(::mknod((image / "null").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0);
  fs::create_directory(image / "directory");
  const std::string name = image / "socket";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(name.size() < sizeof address.sun_path);
  name.copy(address.sun_path, name.size());
  const base::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const ArchiveRoot root(sys, image.root());
  for (const char* path : {"fifo", "null", "directory", "socket"}) {
    CHECK(refused_as(root, {path, {}, {}}) == Reason::not_a_regular_file);
    CHECK_FALSE(root.has_file(path));
  }
  CHECK(sys.real_opens == 0);
}

TEST_CASE("A hard link is refused and neither name touched") {
  REQUIRE_LOOP_IMAGE();
  const Archive archive;
  put(archive.image / "one", content());
  fs::create_hard_link(archive.image / "one", archive.image / "two");
  CHECK(refused_as(archive.root, {"one", {}, {}}) == Reason::hard_link);
  CHECK(slurp(archive.image / "two") == content());
  fs::remove(archive.image / "two");
  CHECK_FALSE(refused_as(archive.root, {"one", {}, {}}));
}

TEST_CASE("A mount point below the root is refused whether directory or file") {
  REQUIRE_LOOP_IMAGE();
  const Archive archive;
  put(archive.image / "file", content());
  put(archive.image / "over", "x");
  fs::create_directory(archive.image / "mounted");
  const LoopImage other("mkfs.ext4 -q");
  put(other / "file", content());
  shell("mount --bind " + quoted(other.root()) + " " + quoted(archive.image / "mounted"));
  shell("mount --bind " + quoted(archive.image / "file") + " " + quoted(archive.image / "over"));
  CHECK(refused_as(archive.root, {"mounted/file", {}, {}}) == Reason::crosses_file_system);
  CHECK(refused_as(archive.root, {"over", {}, {}}) == Reason::crosses_file_system);
  shell("umount " + quoted(archive.image / "over"));
  shell("umount " + quoted(archive.image / "mounted"));
  CHECK(slurp(other / "file") == content());
  CHECK(slurp(archive.image / "file") == content());
}

TEST_CASE("Immutable and append-only files are told apart and left alone") {
  REQUIRE_LOOP_IMAGE();
  const Archive archive;
  put(archive.image / "immutable", content());
  put(archive.image / "append", content());
  shell("chattr +i " + quoted(archive.image / "immutable"));
  shell("chattr +a " + quoted(archive.image / "append"));
  CHECK(refused_as(archive.root, {"immutable", {}, {}}) == Reason::immutable);
  CHECK(refused_as(archive.root, {"append", {}, {}}) == Reason::append_only);
  shell("chattr -i " + quoted(archive.image / "immutable"));
  shell("chattr -a " + quoted(archive.image / "append"));
  CHECK(slurp(archive.image / "immutable") == content());
  CHECK(slurp(archive.image / "append") == content());
}

TEST_CASE("A file that another process has open or mapped is refused until it lets go") {
  REQUIRE_LOOP_IMAGE();
  const Archive archive;
  put(archive.image / "file", content());
  for (const int flags : {O_RDONLY, O_WRONLY, O_RDWR | O_APPEND}) {
    const Holder holder(archive.image / "file", flags);
    CHECK(refused_as(archive.root, {"file", {}, {}}) == Reason::open_elsewhere);
  }
  {
    const base::Fd fd(::open((archive.image / "file").c_str(), O_RDONLY | O_CLOEXEC));
    void* const map = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd.get(), 0);
    REQUIRE(map != MAP_FAILED);
    ::close(::dup(fd.get()));
    CHECK(refused_as(archive.root, {"file", {}, {}}) == Reason::open_elsewhere);
    ::munmap(map, 4096);
  }
  CHECK(slurp(archive.image / "file") == content());
  CHECK_FALSE(refused_as(archive.root, {"file", {}, {}}));
}

TEST_CASE("A running program is refused as open elsewhere") {
  REQUIRE_LOOP_IMAGE();
  const Archive archive;
  fs::copy_file("/bin/sleep", archive.image / "sleep");
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::execl((archive.image / "sleep").c_str(), "sleep", "60", nullptr);
    ::_exit(1);
  }
  // Until the child has executed it, nobody has it open.
  for (int i = 0; i < 500 && fs::read_symlink("/proc/" + std::to_string(pid) + "/exe") !=
                                 archive.image / "sleep";
       ++i) {
    ::usleep(10'000);
  }
  CHECK(refused_as(archive.root, {"sleep", {}, {}}) == Reason::open_elsewhere);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

TEST_CASE("A leased file makes others wait and neither ends this process nor is overwritten then") {
  REQUIRE_LOOP_IMAGE();
  const Archive archive;
  put(archive.image / "file", content());
  Target target = opened(archive.root, "file");
  CHECK(target.leased);
  const int error = as_user(0, [&] {
    return ::open((archive.image / "file").c_str(), O_RDONLY | O_NONBLOCK) >= 0 ? 0 : errno;
  });
  CHECK(error == EWOULDBLOCK);
  // The other's open has told us by SIGIO; it waits, or comes again.
  const auto refusal = overwritten(archive.root, target, new_stream_key());
  REQUIRE(refusal);
  CHECK(refusal->reason == Reason::open_elsewhere);
  target.fd.reset();
  CHECK(slurp(archive.image / "file") == content());
}

TEST_CASE("Two targets for one file cannot be had") {
  REQUIRE_LOOP_IMAGE();
  const Archive archive;
  put(archive.image / "file", content());
  const Target first = opened(archive.root, "file");
  CHECK(refused_as(archive.root, {"file", {}, {}}) == Reason::open_elsewhere);
}

TEST_CASE("Without permission a file is refused and without ownership it has no lease") {
  REQUIRE_LOOP_IMAGE();
  const Archive archive;
  put(archive.image / "secret", content());
  put(archive.image / "shared", content());
  fs::permissions(archive.image.root() + "/..", fs::perms(0755));
  fs::permissions(archive.image / "secret", fs::perms(0600));
  fs::permissions(archive.image / "shared", fs::perms(0666));
  constexpr uid_t kNobody = 65534;
  CHECK(as_user(kNobody, [&] {
          return refused_as(archive.root, {"secret", {}, {}}) == Reason::permission_denied ? 0 : 1;
        }) == 0);
  CHECK(as_user(kNobody, [&] { return opened(archive.root, "shared").leased ? 1 : 0; }) == 0);
}

TEST_CASE("A read-only mount is refused as permission denied") {
  REQUIRE_LOOP_IMAGE();
  LoopImage image("mkfs.ext4 -q");
  put(image / "file", content());
  image.unmount();
  image.mount("ro");
  const ArchiveRoot root(base::real_sys(), image.root());
  CHECK(refused_as(root, {"file", {}, {}}) == Reason::permission_denied);
}

TEST_CASE("Another size or content than the index says is refused") {
  REQUIRE_LOOP_IMAGE();
  const Archive archive;
  const base::Digest digest = base::sha256(content());
  base::Digest other = digest;
  other[31] ^= 1;
  put(archive.image / "file", content());
  CHECK(refused_as(archive.root, {"file", content().size() - 1, digest}) == Reason::size_differs);
  CHECK(refused_as(archive.root, {"file", content().size(), other}) == Reason::content_differs);
  CHECK_FALSE(refused_as(archive.root, {"file", content().size(), digest}));
  const auto unasked = open_target(archive.root, {"file", {}, other}, Fingerprint::no);
  REQUIRE(std::holds_alternative<Refusal>(unasked));
  CHECK(std::get<Refusal>(unasked).reason == Reason::content_differs);
  CHECK(slurp(archive.image / "file") == content());
}

TEST_CASE("The fingerprint is the content's SHA-256 at every size and reading leaves no atime") {
  REQUIRE_LOOP_IMAGE();
  const std::size_t block = GENERATE(as<std::size_t>{}, 1024, 4096);
  LoopImage image("mkfs.ext4 -q -b " + std::to_string(block), "strictatime");
  const std::size_t sizes[] = {0,    1,     511,   512,     513,           4095,
                               4096, 65536, 65537, 1 << 20, (1 << 20) + 1, (3 << 20) + 777};
  for (const std::size_t size : sizes) put(image / std::to_string(size), marked("MARK", size));
  image.remount();
  const ArchiveRoot root(base::real_sys(), image.root());
  for (const std::size_t size : sizes) {
    struct stat before {};
    struct stat after {};
    ::stat((image / std::to_string(size)).c_str(), &before);
    const Target target = opened(root, std::to_string(size));
    CHECK(target.fingerprint == base::sha256(marked("MARK", size)));
    CHECK(target.size_bytes == size);
    CHECK(target.overwrite_bytes == (size + block - 1) / block * block);
    CHECK(target.filesystem == "ext4");
    CHECK(target.identity.birth_ns != 0);
    ::stat((image / std::to_string(size)).c_str(), &after);
    CHECK(before.st_atim.tv_nsec == after.st_atim.tv_nsec);
    CHECK(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
  }
}
