// What happens between a run and others: imports, holds, restored backups, volumes that are away.

#include <limits.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "support/catch.h"
#include "support/council.h"
#include "support/dying_sys.h"

using namespace expunge;
using test::Council;
using test::Death;
using test::DyingSys;

namespace {

namespace fs = std::filesystem;

const std::string kAudio(9000, 'A');

/// Calls back after the first write to a file of that name, and before the first openat2 of a path
/// that ends so.
class HookSys : public base::Sys {
 public:
  std::string watched;
  std::function<void()> after_write;
  std::string watched_open;
  std::function<void()> before_open;

  ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset) override {
    const ssize_t put = Sys::pwrite(fd, buffer, bytes, offset);
    char path[PATH_MAX];
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t length = ::readlink(link.c_str(), path, sizeof path);
    const std::string name(path, length < 0 ? 0 : static_cast<std::size_t>(length));
    if (after_write && name.ends_with(watched)) std::exchange(after_write, nullptr)();
    return put;
  }
  int openat2(int dirfd, const char* path, const open_how& how) override {
    if (before_open && std::string_view(path).ends_with(watched_open))
      std::exchange(before_open, nullptr)();
    return Sys::openat2(dirfd, path, how);
  }
};

void furnish(Council& council) {
  council.limits.workers = 1;
  council.add("old-1", "2025-10-01T09:00:00Z", "2025/a.wav", kAudio);
  council.add("old-1", "2025-10-01T09:00:00Z", "2025/a.txt", std::string(6000, 'T'),
              "Customer Services", "", "", "transcript");
  council.add("old-2", "2025-10-02T09:00:00Z", "2025/b.wav", std::string(200000, 'b'));
  council.approve();
}

/// Runs, and dies after the first write to a file of that name.
void die_after_writing(Council& council, const std::string& name) {
  HookSys sys;
  sys.watched = name;
  sys.after_write = [] { throw Death(); };
  council.sys = &sys;
  CHECK_THROWS_AS(static_cast<void>(council.run()), Death);
  council.sys = &base::real_sys();
}

void import_late_file(Council& council) {
  test::spill(council.path("2025/late.txt"), std::string(6000, 'L'));
  archive::ImportRow row;
  row.id = "old-1";
  row.department = "Customer Services";
  row.recorded_at = base::parse_instant("2025-10-01T09:00:00Z");
  row.file = {"2025/late.txt", "transcript", std::nullopt, std::nullopt};
  council.import(row, false);
}

/// While it lives an empty directory stands in place of the root, as when a volume is not mounted.
class RootAway {
 public:
  explicit RootAway(const std::string& root) : root_(root) {
    fs::rename(root_, root_ + ".away");
    fs::create_directory(root_);
  }
  RootAway(const RootAway&) = delete;
  RootAway& operator=(const RootAway&) = delete;
  ~RootAway() {
    fs::remove_all(root_);
    fs::rename(root_ + ".away", root_);
  }

 private:
  std::string root_;
};

#define NEEDS_A_DISK(council) \
  if (!(council).can_destroy()) SKIP_TEST("no file system here that overwrites in place")

}  // namespace

TEST_CASE("A hold placed while a recovery has begun stops it and is named in what is said") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  die_after_writing(council, "a.wav");
  REQUIRE_FALSE(council.open_index().journal().empty());
  HookSys sys;
  // Its files are opened once it was decided about, and before that is done again for good.
  sys.watched_open = "a.wav";
  sys.before_open = [&] { council.place_hold("LATE-1", {"", "", "Customer Services", {}, {}}); };
  council.sys = &sys;
  const auto report = council.run();
  council.sys = &base::real_sys();
  REQUIRE_FALSE(sys.before_open);
  CHECK(report.outcome == run::Outcome::complete);
  CHECK(report.tally.partial == 1);
  CHECK(report.tally.destroyed == 0);
  CHECK(council.state("old-1") == "partial");
  CHECK(council.content("2025/b.wav") == std::string(200000, 'b'));
  std::string said;
  for (const auto& notice : report.tally.notices) {
    if (notice.recording == "old-1") said += notice.text;
  }
  CHECK(said ==
        "all of it was overwritten before this, and nothing of it is left: due since 2026-10-02, "
        "held by "
        "LATE-1 (sar)");
  CHECK(council.entries("destroy.partial").size() == 1);
  CHECK(council.log_fault() == "");
}

TEST_CASE("A file imported while its recording is destroyed is not forgotten") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  HookSys sys;
  sys.watched = "a.wav";
  sys.after_write = [&] { import_late_file(council); };
  council.sys = &sys;
  CHECK(council.run().tally.destroyed == 2);
  council.sys = &base::real_sys();
  CHECK(council.state("old-1") == "returned");
  CHECK(council.exists("2025/late.txt"));
  CHECK(council.plan().count(plan::Verdict::attention).recordings == 1);
}

TEST_CASE("A file imported between a crash and the next run is destroyed with the others") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  die_after_writing(council, "a.wav");
  import_late_file(council);
  CHECK(council.run().tally.destroyed == 2);
  CHECK(council.state("old-1") == "destroyed");
  CHECK_FALSE(council.exists("2025/late.txt"));
  CHECK(council.log_fault() == "");
}

TEST_CASE("A hold placed while a recovery opens its files wins over what is whole") {
  // Before it decides about the file that is to be held, and after.
  for (const char* moment : {"a.wav", "b.wav"}) {
    CAPTURE(moment);
    Council council;
    NEEDS_A_DISK(council);
    furnish(council);
    die_after_writing(council, "a.wav");
    REQUIRE(council.content("2025/b.wav") == std::string(200000, 'b'));
    HookSys sys;
    sys.watched_open = moment;
    sys.before_open = [&] { council.place_hold("SAR-9", {"old-2", "", "", {}, {}}); };
    council.sys = &sys;
    CHECK(council.run().outcome == run::Outcome::complete);
    council.sys = &base::real_sys();
    CHECK(council.state("old-2") == "kept");
    CHECK(council.content("2025/b.wav") == std::string(200000, 'b'));
    CHECK(council.state("old-1") == "destroyed");
    CHECK(council.open_index().journal().empty());
  }
}

TEST_CASE("A run that stopped a recording part way needs a person") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  die_after_writing(council, "a.wav");
  council.place_hold("SAR-1", {"old-1", "", "", {}, {}});
  const auto report = council.run();
  REQUIRE(council.entries("destroy.partial").size() == 1);
  CHECK(report.tally.partial == 1);
  CHECK(run::needs_person(report));
}

TEST_CASE("Another directory in place of the root is a brake and nothing is forgotten") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  die_after_writing(council, "a.wav");
  {
    const RootAway away(council.root);
    const auto report = council.run();
    CHECK(report.outcome == run::Outcome::braked);
    REQUIRE(report.brakes.size() == 1);
    CHECK(report.brakes[0].name == "root");
    CHECK(council.entries("destroy.failed").empty());
  }
  CHECK(council.run().tally.destroyed == 2);
  CHECK(council.disagreement() == "");
}

TEST_CASE("A root that moved for good is accepted by a flag and that is logged") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  council.run();
  const RootAway away(council.root);
  run::Request request;
  request.accepted.root = true;
  CHECK(council.run(request).outcome == run::Outcome::complete);
  CHECK(council.entries("run.start").back().find("\"accepted\":[\"root\"]") != std::string::npos);
  CHECK(council.run().outcome == run::Outcome::complete);
}

TEST_CASE("A file begun on that is away for a night is destroyed when it is back") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  die_after_writing(council, "b.wav");
  fs::rename(council.path("2025/b.wav"), council.path("away"));
  auto report = council.run();
  CHECK(report.tally.failed == 1);
  CHECK(report.tally.still_missing == 0);  // it is said once
  CHECK(council.state("old-2") == "partial");
  CHECK(council.open_index().journal().empty());
  fs::create_directories(council.path("2025"));
  fs::rename(council.path("away"), council.path("2025/b.wav"));
  CHECK(council.run().tally.destroyed == 1);
  CHECK(council.state("old-2") == "destroyed");
  CHECK_FALSE(council.exists("2025/b.wav"));
}

TEST_CASE("An index restored from a backup learns from the log what was destroyed") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  fs::copy(council.index_path, council.index_path + ".bak");
  fs::copy(council.root, council.scratch / "files", fs::copy_options::recursive);
  council.run();
  REQUIRE(council.state("old-1") == "destroyed");
  fs::copy_file(council.index_path + ".bak", council.index_path,
                fs::copy_options::overwrite_existing);
  council.place_hold("SAR-1", {"new", "", "", {}, {}});  // remembers where the log stands
  CHECK(council.run().outcome == run::Outcome::braked);
  SECTION("and says so once when the files are gone") {
    const auto report = council.run(test::accepting_index());
    CHECK(report.tally.reconciled == 2);
    CHECK(run::needs_person(report));
    CHECK(council.state("old-1") == "destroyed");
    CHECK(council.entries("destroy.failed").empty());
    CHECK_FALSE(run::needs_person(council.run()));
    CHECK(council.disagreement() == "");
  }
  SECTION("and leaves files that were restored too alone") {
    fs::copy(council.scratch / "files", council.root,
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    CHECK(council.run(test::accepting_index()).tally.destroyed == 0);
    CHECK(council.state("old-1") == "returned");
    CHECK(council.content("2025/a.wav") == kAudio);
    CHECK(council.entries("destroy").size() == 2);
    CHECK(council.run().summary.count(plan::Verdict::attention).recordings == 2);
  }
}

TEST_CASE("While an approved plan covers not all that is due a changed policy stays a brake") {
  Council council;
  NEEDS_A_DISK(council);
  council.add("a", "2025-01-01T09:00:00Z", "a.wav", kAudio);
  council.approve_and_run();
  council.add_many("n", "2026-02-01", 20);
  council.schedule.departments[0].period = *policy::parse_period("6 months");
  CHECK(council.run().outcome == run::Outcome::braked);
  {
    // A plan of nothing, as one for an early day is.
    auto index = council.open_index();
    archive::Approval approval;
    approval.plan = std::string(64, '0');
    approval.policy = audit::policy_digest(run::logged_form(council.schedule));
    approval.approved_at = council.now();
    approval.today = *base::parse_date("2026-01-01");
    archive::Index::Writing writing(index);
    writing.approve(approval);
    writing.commit();
  }
  CHECK(council.run().outcome == run::Outcome::braked);  // it covers none of what is due
  council.set_clock("2026-11-24T14:00:00Z");
  CHECK(council.run().tally.destroyed == 0);
  CHECK(council.approve_and_run().tally.destroyed == 20);
  CHECK(council.entries("policy").size() == 2);
  CHECK(council.disagreement() == "");
}

TEST_CASE("A signal stops a run before it finishes what another left") {
  Council council;
  NEEDS_A_DISK(council);
  furnish(council);
  die_after_writing(council, "a.wav");
  const std::atomic<bool> stop{true};
  run::Request request;
  request.stop = &stop;
  const auto report = council.run(request);
  CHECK(report.outcome == run::Outcome::stopped);
  CHECK(report.tally.destroyed == 0);
  CHECK_FALSE(council.open_index().journal().empty());
  CHECK(council.run().tally.destroyed == 2);
}

/// Whether `body` says so in a child process that may open only so many files.
template <typename Body>
bool with_descriptors(rlim_t limit, const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit low{limit, limit};
    ::_exit(::setrlimit(RLIMIT_NOFILE, &low) == 0 && body() ? 0 : 1);
  }
  int status = -1;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

TEST_CASE("An interrupted batch is finished under a lower limit of descriptors") {
  Council council;
  NEEDS_A_DISK(council);
  council.limits.workers = 1;
  council.add_many("m", "2025-10-01", 300);
  council.approve();
  die_after_writing(council, "m-00005.wav");
  CHECK(with_descriptors(260, [&] { return council.run().tally.destroyed == 300; }));
  CHECK(council.disagreement() == "");
}

TEST_CASE("A run that could not open one batch says which limit to raise and begins nothing") {
  Council council;
  NEEDS_A_DISK(council);
  council.add_many("m", "2025-10-01", 3);
  council.approve();
  CHECK(with_descriptors(100, [&] {
    try {
      static_cast<void>(council.run());
      return false;
    } catch (const base::Failure& failure) {
      return std::string(failure.what()).find("ulimit -n") != std::string::npos;
    }
  }));
  CHECK(council.entries("run.start").empty());
}

TEST_CASE("What the index remembers of the log never goes backwards") {
  Council council;
  auto index = council.open_index();
  const auto remember = [&](std::uint64_t size) {
    archive::Index::Writing writing(index);
    writing.remember_log({size, {}});
    writing.commit();
  };
  remember(7);
  remember(5);
  CHECK(index.log_position().size == 7);
}

TEST_CASE("A hold whose release has taken effect keeps no subject once it is erased") {
  Council council;
  council.place_hold("SAR-1", {"", "01632960001", "", {}, {}});
  council.release_hold("SAR-1");
  auto index = council.open_index();
  archive::Index::Writing writing(index);
  writing.erase_ended_holds(council.today());
  writing.commit();
  CHECK(test::slurp(council.index_path).find("01632960001") == std::string::npos);
}
