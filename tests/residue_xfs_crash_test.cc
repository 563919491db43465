// What an interruption, a refusal or another's file leaves of the means of XFS.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "base/fd.h"
#include "residue/xfs_log.h"
#include "residue/xfs_names.h"
#include "support/catch.h"
#include "support/dying_sys.h"
#include "support/laptop_mode.h"
#include "support/residue_xfs.h"
#include "support/scratch.h"

using namespace expunge;
using test::XfsArchive;

namespace {

/// Small directories of every kind, so many that each attempt has its own.
std::vector<std::string> add_group(XfsArchive& archive, int group) {
  const std::string in = fmt::format("{:02}/", group);
  archive.add({{in + "rm4", 4, [](int) { return false; }},
               {in + "rm90", 90, [](int) { return false; }},
               {in + "live6", 6, [](int i) { return i % 2 == 0; }},
               {in + "live150", 150, [](int i) { return i % 4 == 0; }}});
  return {in + "live150", in + "live6", in + "rm4", in + "rm90"};
}

residue::Account clean(XfsArchive& archive, base::Sys& sys,
                       const std::vector<std::string>& directories) {
  const shred::ArchiveRoot root(sys, archive.image().root());
  const auto names = residue::xfs_names(root);
  for (const std::string& directory : directories) archive.remove(sys, names.get(), directory);
  return names->finish(directories);
}

std::size_t left(XfsArchive& archive) {
  return archive.found().size();
}

/// Fails every call that changes something, from one on, for some calls.
class RefusingSys : public test::DyingSys {
 public:
  RefusingSys(int from, int count, int error)
      : DyingSys(1 << 30), from_(from), to_(from + count), error_(error) {}

  int linkat(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
             int flags) override {
    return refused() ? -error_ : Sys::linkat(old_dirfd, old_path, new_dirfd, new_path, flags);
  }
  int fsetxattr(int fd, const char* name, const void* value, std::size_t bytes,
                int flags) override {
    return refused() ? -error_ : Sys::fsetxattr(fd, name, value, bytes, flags);
  }
  int fremovexattr(int fd, const char* name) override {
    return refused() ? -error_ : Sys::fremovexattr(fd, name);
  }

 private:
  bool refused() {
    const int call = calls_++;
    return call >= from_ && call < to_;
  }

  int from_;
  int to_;
  int error_;
  int calls_ = 0;
};

std::string laptop_mode() {
  const base::Fd fd(::open("/proc/sys/vm/laptop_mode", O_RDONLY | O_CLOEXEC));
  ::flock(fd.get(), LOCK_EX);  // another test may be at it
  char text[16] = {};
  return ::pread(fd.get(), text, sizeof text - 1, 0) > 0 ? text : "";
}

}  // namespace

TEST_CASE("Killed at any call the means of XFS is taken up by the next run", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  XfsArchive archive;
  int group = 0;
  // The swap, the filling, the first push, the pump, and whatever follows.
  for (const int calls : {0, 1, 2, 7, 40, 200, 420, 500, 560, 640, 700, 800, 1000, 1300, 3000}) {
    CAPTURE(calls);
    const auto directories = add_group(archive, group++);
    test::DyingSys dying(calls);
    try {
      static_cast<void>(clean(archive, dying, directories));
    } catch (const test::Death&) {
    }
    // The names that were not removed any more are by the next run's batches.
    const residue::Account account = clean(archive, base::real_sys(), directories);
    CAPTURE(account.said);
    CHECK(account.finished == directories);
    CHECK(::access((archive.image() / "~expunge-filler").c_str(), F_OK) != 0);
  }
  CHECK(left(archive) == 0);
  CHECK(archive.disagreement() == "");
}

TEST_CASE("Killed at the end the means of XFS is taken up by finish alone", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  XfsArchive archive;
  int group = 0;
  for (const int calls : {0, 100, 200, 300, 500, 800, 1200, 1600, 2400, 10'000}) {
    CAPTURE(calls);
    const auto directories = add_group(archive, group++);
    {
      const shred::ArchiveRoot root(base::real_sys(), archive.image().root());
      const auto names = residue::xfs_names(root);
      for (const auto& directory : directories) {
        archive.remove(base::real_sys(), names.get(), directory);
      }
    }
    const auto finish = [&](base::Sys& sys) {
      const shred::ArchiveRoot root(sys, archive.image().root());
      return residue::xfs_names(root)->finish(directories);
    };
    test::DyingSys dying(calls);
    try {
      static_cast<void>(finish(dying));
    } catch (const test::Death&) {
    }
    CHECK(finish(base::real_sys()).finished == directories);
  }
  CHECK(left(archive) == 0);
  CHECK(archive.disagreement() == "");
}

TEST_CASE("Fillers that a killed run left above its directories are found", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  XfsArchive archive;
  const auto directories = add_group(archive, 0);
  const std::string anchor = archive.image() / "~expunge-filler";
  test::spill(anchor, "");
  REQUIRE(::chmod(anchor.c_str(), 0) == 0);
  for (const char* name : {"00/~left", "~left too"}) {
    REQUIRE(::link(anchor.c_str(), (archive.image() / name).c_str()) == 0);
  }
  const residue::Account account = clean(archive, base::real_sys(), directories);
  CHECK(account.finished == directories);
  CHECK(account.said.at(1) == "xfs-directories: erased");
  CHECK(left(archive) == 0);
  CHECK(archive.disagreement() == "");
}

TEST_CASE("What XFS refuses is said and throws nothing", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  XfsArchive archive;
  int group = 0;
  for (const int error : {ENOSPC, EACCES, EIO}) {
    for (const int from : {0, 330, 600}) {
      CAPTURE(error, from);
      const auto directories = add_group(archive, group++);
      RefusingSys refusing(from, 1 << 30, error);
      const residue::Account account = clean(archive, refusing, directories);
      CAPTURE(account.said);
      CHECK(account.said.size() >= 3);
      CHECK(account.said.at(0).starts_with("xfs-journal: not erased ("));
      CHECK(account.finished.empty());
      const residue::Account next = clean(archive, base::real_sys(), directories);
      CAPTURE(next.said);
      CHECK(next.finished == directories);
    }
  }
  CHECK(archive.disagreement() == "");
}

TEST_CASE("A full XFS loses no file to the means against names", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  XfsArchive archive;
  const auto directories = add_group(archive, 0);
  // To the last block: small files where a large one finds no room any more.
  static_cast<void>(std::system(("cd '" + archive.image().root() +
                                 "' && head -c 1G /dev/zero > full 2> /dev/null; "
                                 "i=0; while [ $i -lt 400 ]; do echo > full.$i; i=$((i+1)); done "
                                 "2> /dev/null; sync -f .")
                                    .c_str()));
  archive.expect_survivor("full");
  for (int i = 0; i < 400; ++i) {
    const std::string name = fmt::format("full.{}", i);
    if (::access((archive.image() / name).c_str(), F_OK) == 0) archive.expect_survivor(name);
  }
  const residue::Account account = clean(archive, base::real_sys(), directories);
  CAPTURE(account.said);
  CHECK(account.said.size() >= 3);
  CHECK(archive.disagreement() == "");
}

TEST_CASE("A file of the filler's name that is not ours is left alone", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  XfsArchive archive;
  const auto directories = add_group(archive, 0);
  const std::string own = archive.image() / "~expunge-filler";
  test::spill(own, "somebody's own");
  archive.expect_survivor("~expunge-filler");
  const residue::Account account = clean(archive, base::real_sys(), directories);
  CHECK(account.said.at(1) == "xfs-directories: not erased (~expunge-filler is in the way)");
  CHECK(account.finished.empty());
  CHECK(test::slurp(own) == "somebody's own");
  CHECK(archive.disagreement() == "");
}

TEST_CASE("A run without removals leaves XFS alone", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  XfsArchive archive;
  test::DyingSys dying(0);
  const shred::ArchiveRoot root(dying, archive.image().root());
  const residue::Account account = residue::xfs_names(root)->finish({});
  CHECK(account.said.empty());
  CHECK(account.finished.empty());
}

TEST_CASE("The laptop mode is put back whatever happens", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  const test::LaptopModeOff keeps;
  XfsArchive archive;
  const std::string before = laptop_mode();
  /// Throws in the syncfs for which the mode is set.
  class ThrowingSys : public base::Sys {
   public:
    int syncfs(int fd) override {
      if (++calls_ == 2) throw test::Death();
      return Sys::syncfs(fd);
    }

   private:
    int calls_ = 0;
  } throwing;
  const shred::ArchiveRoot root(throwing, archive.image().root());
  residue::XfsLog log(root);
  CHECK_THROWS_AS(log.push(), test::Death);
  CHECK(laptop_mode() == before);
  CHECK(log.push() == 0);
  CHECK(laptop_mode() == before);
}

TEST_CASE("Where laptop mode does nothing the log is wrapped instead", "[forensic]") {
  REQUIRE_LOOP_IMAGE();
  const test::LaptopModeOff keeps;
  XfsArchive archive;
  const shred::ArchiveRoot root(base::real_sys(), archive.image().root());
  residue::XfsLog with(root);
  CHECK(with.push() == 0);
  CHECK(with.wraps() == 0);
  /// As from Linux of 2026 on: the file is there, and writing to it has no effect.
  class Without : public base::Sys {
    ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset) override {
      return bytes == 2 ? 2 : Sys::pwrite(fd, buffer, bytes, offset);
    }
  } without_mode;
  const shred::ArchiveRoot other(without_mode, archive.image().root());
  residue::XfsLog without(other);
  test::spill(archive.image() / "dirty", "x");
  CHECK(without.push() == 0);
  CHECK(without.wraps() == 1);
  CHECK(without.push() == 0);
  CHECK(without.wraps() == 2);
}
