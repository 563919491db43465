// What `check` finds: each finding from a state that has it, and none from one that has not.

#include "residue/names.h"
#include "run/check.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/stat.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/fd.h"
#include "base/io.h"
#include "report/check_report.h"
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
using run::Finding;
using Level = run::Finding::Level;
namespace fs = std::filesystem;

namespace {

/// Of what is there, and not of tonight.
CheckReport check(const Council& council, base::Sys& sys = base::real_sys(),
                  const run::Limits& limits = {}) {
  const auto index = open_to_read(council);
  run::CheckSetting setting = check_setting(council, &index, sys);
  setting.limits = limits;
  setting.next_run.reset();
  return run::check(setting);
}

void add_one(Council& council) {
  council.add("rec-1", "2024-01-01T10:00:00Z", "a/one.wav", std::string(9000, 'a'));
}

/// The number of the device that the archive is on, for a kernel that is made up around it.
std::string device_of(const Council& council) {
  struct stat status {};
  REQUIRE(::stat(council.root.c_str(), &status) == 0);
  return fmt::format("{}:{}", major(status.st_dev), minor(status.st_dev));
}

}  // namespace

TEST_CASE("A sound log and key and clock and root and sample are found sound") {
  Council council;
  if (!council.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  add_one(council);
  const CheckReport before = check_tonight(council);
  CHECK(said(before, Level::note, "root").find("no run yet") == 0);
  council.approve_and_run();
  council.add("rec-2", "2024-01-01T10:00:00Z", "a/two.wav", std::string(9000, 'b'));
  const CheckReport report = check_tonight(council);
  CHECK(report.log_trusted);
  CHECK(report.cause.empty());
  CHECK_FALSE(said(report, Level::ok, "archive").empty());
  CHECK(said(report, Level::ok, "log").find("verifies") != std::string::npos);
  CHECK_FALSE(said(report, Level::ok, "key").empty());
  CHECK_FALSE(said(report, Level::ok, "clock").empty());
  CHECK_FALSE(said(report, Level::ok, "root").empty());
  CHECK_FALSE(said(report, Level::ok, "mounts").empty());
  CHECK_FALSE(said(report, Level::ok, "kernel").empty());
  CHECK(said(report, Level::ok, "files") ==
        "looked at, of the oldest: 1; each can be opened for overwriting\n");
  CHECK(report.count(Level::problem) == 0);
}

TEST_CASE("Checking changes nothing and leaves no trace on any file") {
  Council council;
  const Scratch beside;
  add_one(council);
  const auto state = [&] {
    shell("find " + quoted(council.scratch.path()) +
          " -type f -printf '%p %s %i %m %T@ %C@ %A@\\n' | sort > " + quoted(beside / "state"));
    std::string text = slurp(beside / "state");
    return text;
  };
  (void)check(council);  // the log and the index are read, which may change their access times
  const std::string before = state();
  struct Watch : base::Sys {
    int openat(int dirfd, const char* path, int flags, mode_t mode) override {
      CHECK((flags & (O_CREAT | O_TRUNC | O_WRONLY)) == 0);
      return Sys::openat(dirfd, path, flags, mode);
    }
    ssize_t pwrite(int, const void*, std::size_t, off_t) override {
      FAIL("wrote");
      return -EIO;
    }
    int ftruncate(int, off_t) override {
      FAIL("truncated");
      return -EIO;
    }
    int flock(int, int) override {
      FAIL("locked");
      return -EIO;
    }
    int unlinkat(int, const char*, int) override {
      FAIL("unlinked");
      return -EIO;
    }
  } watch;
  (void)check(council, watch);
  CHECK(state() == before);
}

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

TEST_CASE("Files of the oldest recordings that would be refused are counted by reason") {
  Council council;
  if (!council.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  for (int i = 0; i < 30; ++i) {
    council.add(fmt::format("rec-{:02}", i), fmt::format("2024-01-{:02}T10:00:00Z", i + 1),
                fmt::format("d/{:02}.wav", i), std::string(6000, 'a'));
  }
  fs::create_hard_link(council.path("d/03.wav"), council.path("d/other"));
  fs::remove(council.path("d/05.wav"));
  fs::remove(council.path("d/06.wav"));
  fs::resize_file(council.path("d/07.wav"), 10);
  fs::remove(council.path("d/29.wav"));  // the newest: not among those looked at
  const Holder holder(council.path("d/08.wav"), O_RDONLY);
  const CheckReport report = check(council);
  const std::string files = said(report, Level::warning, "files");
  CHECK_THAT(files, contains_text("looked at, of the oldest: 20; would be refused as missing: 2, "
                                  "the first of recording rec-05"));
  CHECK_THAT(files, contains_text("refused as hard-link (2 names): 1, "));
  CHECK_THAT(files, contains_text("refused as size-differs"));
  CHECK_THAT(files, contains_text("refused as open-elsewhere"));
  CHECK(files.find("d/") == std::string::npos);  // a path may be a telephone number
  CHECK(said(report, Level::ok, "files").empty());
}

TEST_CASE("While a run is on no recording is looked at") {
  Council council;
  add_one(council);
  const std::string path = council.log_place.directory + "/run.lock";
  spill(path, "");
  const CheckReport idle = check(council);
  CHECK(said(idle, Level::note, "files").empty());
  const base::Fd lock(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::flock(lock.get(), LOCK_EX) == 0);
  struct Watch : base::Sys {
    int openat2(int dirfd, const char* name, const open_how& how) override {
      CHECK(std::string_view(name) == ".");
      return Sys::openat2(dirfd, name, how);
    }
  } watch;
  CHECK_THAT(said(check(council, watch), Level::note, "files"), contains_text("a run is on"));
}

TEST_CASE("A log that does not verify is said with everything else") {
  Council council;
  add_one(council);
  const std::string log = council.log_place.directory + "/log.jsonl";
  std::string text = slurp(log);
  text.replace(text.find("Europe/London"), 13, "Europe/Dublin");
  spill(log, text);
  const CheckReport report = check(council);
  CHECK_FALSE(report.log_trusted);
  CHECK_THAT(said(report, Level::problem, "log"), contains_text("log.jsonl"));
  CHECK_THAT(said(report, Level::note, "key"), contains_text("unknown"));
  CHECK(std::any_of(report.findings.begin(), report.findings.end(),
                    [](const Finding& finding) { return finding.about == "files"; }));
}

TEST_CASE("A torn tail of the log is a warning") {
  Council council;
  const std::string log = council.log_place.directory + "/log.jsonl";
  spill(log, slurp(log) + "{\"v\":1");
  CHECK_THAT(said(check(council), Level::warning, "log"), contains_text("6 bytes of a torn line"));
}

TEST_CASE("A key that is missing or readable by others or another log's is a problem") {
  Council council;
  const auto problem = [&] { return said(check(council), Level::problem, "key"); };
  CHECK(problem().empty());
  REQUIRE(::chmod(council.key_path.c_str(), 0644) == 0);
  CHECK_FALSE(problem().empty());
  const auto other = audit::SigningKey::generate(council.log_place.origin);
  fs::remove(council.key_path);
  CHECK_FALSE(problem().empty());
  base::create_file(base::real_sys(), council.key_path, other.to_pem().text(), 0600);
  CHECK_THAT(problem(), contains_text("not the one in force"));
}

TEST_CASE("A clock before the newest entry is a problem and so is one long after the last run") {
  Council council;
  if (!council.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  add_one(council);
  council.approve_and_run();
  council.set_clock("2026-11-29T13:00:00Z");  // max-clock-step is seven days
  CHECK(said(check_tonight(council), Level::problem, "clock").empty());
  council.set_clock("2026-12-02T14:00:00Z");
  CHECK_THAT(said(check_tonight(council), Level::problem, "clock"),
             contains_text("is more than 7 days after the newest run and recording"));
  council.set_clock("2026-11-23T13:00:00Z");
  CHECK_THAT(said(check(council), Level::problem, "clock"), contains_text("newest log entry"));
}

TEST_CASE("Another directory under the archive root is a problem") {
  Council council;
  if (!council.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  add_one(council);
  council.approve_and_run();
  CHECK(said(check_tonight(council), Level::problem, "root").empty());
  fs::rename(council.root, council.root + " gone");
  fs::create_directory(council.root);
  CHECK_THAT(said(check_tonight(council), Level::problem, "root"),
             contains_text("another directory"));
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

TEST_CASE("The text and the JSON of a check say the same") {
  CheckReport report;
  report.filesystem = "ext4";
  report.medium = "ssd";
  report.findings = {{Level::ok, "archive", "all well", ""},
                     {Level::note, "medium", "so it is", ""}};
  using report::CheckDetail;
  CHECK(report::check_text(report, CheckDetail::needs_person).empty());
  const std::string calm = report::check_text(report, CheckDetail::everything);
  CHECK(
      calm.starts_with("In order\nok       archive: all well\n\nTo know\nnote     medium: so it "
                       "is\n\nWhat is destroyed"));
  CHECK(calm.ends_with("\nNothing is wrong, 1 to know.\n"));
  report.findings.insert(report.findings.begin(),
                         {Level::warning, "key", "is odd \xff", "look at it"});
  CHECK_THAT(report::check_text(report, CheckDetail::needs_person),
             contains_text("Wrong\nwarning  key: is odd \\xff; look at it\n\n1 thing is wrong, "));
  CHECK(report::check_text(report, CheckDetail::everything)
            .ends_with("\n1 thing is wrong, 1 to know.\n"));
  const auto json = nlohmann::json::parse(report::check_json(report));
  CHECK(json.at("format") == "expunge-check/1");
  CHECK(json.at("archive").at("in_place") == true);
  CHECK(json.at("archive").at("cause").is_null());
  CHECK(json.at("archive").at("medium") == "ssd");
  CHECK(json.at("findings").size() == 3);
  CHECK(json.at("findings")[1].at("remedy").is_null());
  CHECK(json.at("findings")[0].at("remedy") == "look at it");
  CHECK(json.at("warnings") == 1);
  CHECK(json.at("wrong") == 1);
  CHECK(json.at("to_know") == 1);
  report.cause = "btrfs";
  CHECK(nlohmann::json::parse(report::check_json(report)).at("archive").at("cause") == "btrfs");
  CHECK_THAT(report::check_text(report, CheckDetail::everything),
             contains_text("Nothing in this archive can be destroyed"));
}
