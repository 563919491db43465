// What the walk through the archive meets, in which order, and what it does not follow.

#include "shred/walk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/loop_image.h"

using namespace expunge;
using namespace expunge::test;
using Kind = shred::Entry::Kind;
namespace fs = std::filesystem;

namespace {

struct Met {
  std::vector<std::string> paths;  ///< in order
  std::map<std::string, shred::Entry> entries;
  [[nodiscard]] Kind kind(const std::string& path) const { return entries.at(path).kind; }
};

Met walk_all(const std::string& root, unsigned workers = 1) {
  Met met;
  const shred::ArchiveRoot archive(base::real_sys(), root);
  shred::walk(archive, workers, {{}, [&](const std::string& path, const shred::Entry& entry) {
                                   met.paths.push_back(path);
                                   met.entries.emplace(path, entry).first->second.name = {};
                                 }});
  return met;
}

void put(const fs::path& path, const std::string& content = "x") {
  fs::create_directories(path.parent_path());
  spill(path, content);
}

}  // namespace

TEST_CASE("The walk meets every file in the order of the paths' bytes") {
  const Scratch scratch;
  std::vector<std::string> paths = {"a-b",     "a.wav", "a/x",  "a/y z/1",   "a/y",       "a0",
                                    "B",       "\xff",  "é/è",  "new\nline", "a/b/c/d/e", "a/b-",
                                    "a/b.wav", "zz/1",  "zz-1", "zz.1",      "zz0"};
  for (const std::string& path : paths) put(scratch.path() / path);
  for (int i = 0; i < 1500; ++i) {  // enough for several threads
    paths.push_back("many/" + std::to_string(i));
    put(scratch.path() / paths.back());
  }
  std::sort(paths.begin(), paths.end());
  CHECK(walk_all(scratch.path()).paths == paths);
  CHECK(walk_all(scratch.path(), 4).paths == paths);
}

TEST_CASE("The walk follows no link and opens nothing that is no regular file") {
  const Scratch scratch;
  const Scratch outside;
  spill(outside / "secret", "s");
  fs::create_directory_symlink(outside.path(), scratch.path() / "link");
  fs::create_symlink(outside / "secret", scratch.path() / "file-link");
  fs::create_symlink("nowhere", scratch.path() / "dangling");
  fs::create_directory_symlink(".", scratch.path() / "loop");
  REQUIRE(::mkfifo((scratch / "fifo").c_str(), 0600) == 0);
  spill(scratch / "file", "12345");
  fs::create_hard_link(scratch / "file", scratch / "again");
  const Met met = walk_all(scratch.path());
  CHECK(met.paths ==
        std::vector<std::string>{"again", "dangling", "fifo", "file", "file-link", "link", "loop"});
  for (const char* link : {"dangling", "file-link", "link", "loop"}) {
    CHECK(met.kind(link) == Kind::symbolic_link);
  }
  CHECK(met.kind("fifo") == Kind::special);
  CHECK(met.entries.at("file").bytes == 5);
  CHECK(met.entries.at("file").links == 2);
}

TEST_CASE("A tree as deep as paths may be is walked to its end") {
  const Scratch scratch;
  const std::string part = std::string(60, 'd');
  int at = ::open(scratch.path().c_str(), O_RDONLY | O_DIRECTORY);
  std::string path;
  while (path.size() + part.size() + 2 <= 4095) {
    REQUIRE(::mkdirat(at, part.c_str(), 0700) == 0);
    const int next = ::openat(at, part.c_str(), O_RDONLY | O_DIRECTORY);
    ::close(at);
    at = next;
    path += part + "/";
  }
  ::close(::openat(at, "f", O_CREAT | O_WRONLY, 0600));
  ::close(::openat(at, part.c_str(), O_CREAT | O_WRONLY, 0600));  // whose path is too long
  ::close(at);
  const Met met = walk_all(scratch.path());
  REQUIRE(met.paths.size() == 2);
  CHECK(met.kind(path + "f") == Kind::file);
  CHECK(met.kind(path + part) == Kind::unreadable);
  shell("rm -rf " + quoted(scratch.path() / part));
}

TEST_CASE("Mounts below the root are met and not entered") {
  REQUIRE_LOOP_IMAGE();  // for its privileges
  enter_mount_namespace();
  const Scratch scratch;
  put(scratch.path() / "mounted/hidden");
  put(scratch.path() / "bound");
  put(scratch.path() / "z/file");
  shell("mount -t tmpfs none " + quoted(scratch / "mounted"));
  spill(scratch / "mounted/inside", "i");
  shell("mount --bind " + quoted(scratch / "z/file") + " " + quoted(scratch / "bound"));
  const Met met = walk_all(scratch.path());
  shell("umount " + quoted(scratch / "mounted") + " " + quoted(scratch / "bound"));
  CHECK(met.paths == std::vector<std::string>{"bound", "mounted", "z/file"});
  CHECK(met.kind("mounted") == Kind::mount);
  CHECK(met.kind("bound") == Kind::mount);
}

TEST_CASE("A directory that may not be read is met as such and the rest is walked") {
  if (::geteuid() != 0) SKIP_TEST("needs root, to be somebody else");
  const Scratch scratch;
  put(scratch.path() / "closed/file");
  put(scratch.path() / "open/file");
  fs::permissions(scratch.path() / "closed", fs::perms::none);
  fs::permissions(scratch.path() / "open", fs::perms{0755});
  for (fs::path each = scratch.path(); each != each.root_path(); each = each.parent_path()) {
    if ((fs::status(each).permissions() & fs::perms::others_exec) == fs::perms::none) {
      fs::permissions(each, fs::perms{0755});
    }
  }
  CHECK(in_child([&] {
          if (::setgid(65534) != 0 || ::setuid(65534) != 0) return false;
          const Met met = walk_all(scratch.path());
          return met.paths == std::vector<std::string>{"closed", "open/file"} &&
                 met.kind("closed") == Kind::unreadable && met.entries.at("closed").error == EACCES;
        }) == 0);
}

TEST_CASE("What stands at one path is said without following anything") {
  const Scratch scratch;
  put(scratch.path() / "d/file", "123");
  fs::create_directory_symlink("d", scratch.path() / "l");
  const shred::ArchiveRoot root(base::real_sys(), scratch.path());
  const auto at = [&](const std::string& path) { return shred::look_at(root, path); };
  CHECK(std::get<shred::Entry>(at("d/file")).bytes == 3);
  CHECK(std::get<shred::Entry>(at("d")).kind == Kind::directory);
  CHECK(std::get<shred::Entry>(at("l")).kind == Kind::symbolic_link);
  CHECK(std::get<shred::Entry>(at("l/file")).kind == Kind::symbolic_link);
  CHECK(std::get<int>(at("d/none")) == ENOENT);
  CHECK(std::get<int>(at("d/file/none")) == ENOENT);
  CHECK(std::get<int>(at("../x")) == EINVAL);
  CHECK(std::get<int>(at("/etc/passwd")) == EINVAL);
  CHECK(std::holds_alternative<base::Fd>(shred::open_to_look(root, "d/file")));
  CHECK(std::holds_alternative<int>(shred::open_to_look(root, "l/file")));
  CHECK(std::holds_alternative<int>(shred::open_to_look(root, "d")));
}
