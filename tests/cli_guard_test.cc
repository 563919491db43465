// Permissions and confinement through the program.

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "guard/confinement.h"
#include "support/catch.h"
#include "support/loop_image.h"
#include "support/office.h"
#include "support/places.h"

using namespace expunge;
using namespace expunge::test;
namespace fs = std::filesystem;

namespace {

constexpr uid_t kUser = 12345;

void import_one(const Office& office) {
  office.write("a.wav", std::string(20000, 'a'));
  CHECK_ENDED(
      office.call({"import", "-"}, "id,department,recorded_at,path\nold-1,Customer Services," +
                                       Office::days_ago(400) + ",a.wav\n"),
      0);
}

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

uid_t owner_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_uid;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("Every command that signs refuses what others may change and names the remedy") {
  const Office office;
  import_one(office);
  const std::string digest = office.digest();
  struct Case {
    const char* path;
    mode_t mode, good;
    const char* remedy;
  };
  for (const Case& each : {Case{"office/log.key", 0640, 0600, "; run: chmod 600 "},
                           Case{"office/log", 0777, 0755, "; run: chmod o-w "},
                           Case{"office/log/log.jsonl", 0666, 0644, "; run: chmod o-w "},
                           Case{"office/index.db", 0602, 0600, "; run: chmod o-w "},
                           Case{"office", 01777, 0755, "; run: chmod o-w "},
                           Case{"office/expunge.conf", 0646, 0644, "; run: chmod o-w "}}) {
    CAPTURE(each.path);
    const std::string path = office.scratch / each.path;
    REQUIRE(::chmod(path.c_str(), each.mode) == 0);
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"run"},
          {"approve", digest, "--reason", "x"},
          {"import", "-"},
          {"hold", "place", "C-1", "--kind", "other", "--reason", "x", "--recording", "old-1"}}) {
      const Ended ended = office.call(words);
      CAPTURE(words[0], ended.err);
      CHECK(ended.status == 2);
      CHECK(lines_of(ended.err).size() == 1);
      CHECK(ended.err.starts_with("expunge: " + path + ": "));
      CHECK(contains(ended.err, each.remedy));
    }
    CHECK(office.call({"plan"}).status != 2);  // reading is no danger
    const Ended check = office.call({"check"});
    CHECK(check.status == 1);
    CHECK(contains(check.out, "\nproblem  permissions: " + path + ": "));
    REQUIRE(::chmod(path.c_str(), each.good) == 0);
  }
  CHECK(contains(office.call({"check"}).out, "\nok       permissions: "));
  CHECK_ENDED(office.call({"approve", digest, "--reason", "x"}), 1);  // the clock's brake is on
}

TEST_CASE("An archive root that everybody may write to is reported and the run goes on") {
  const Office office;
  import_one(office);
  REQUIRE(::chmod(office.root.c_str(), 0777) == 0);
  CHECK_ENDED(office.call({"run"}), 3);  // the first run's brake: it got that far
  const Ended check = office.call({"check"});
  CHECK(check.status == 1);
  CHECK(contains(check.out, "\nwarning  permissions: " + office.root + ": everybody may write"));
}

TEST_CASE("Whatever the umask auditors can read the log and nobody else the rest") {
  const std::string umask = GENERATE("0", "022", "077");
  const Scratch scratch;
  fs::create_directory(scratch / "root");
  CHECK_ENDED(run_program({"sh", "-c", "umask " + umask + "; exec \"$@\"", "sh", test::kBinary,
                           "init", scratch / "office", "--root", scratch / "root"}),
              0);
  for (const char* name : {"office", "office/log", "office/log/keys", "office/log/checkpoints"}) {
    CHECK(mode_of(scratch / name) == 0755);
  }
  for (const char* name :
       {"office/log/log.jsonl", "office/log/checkpoint", "office/expunge.conf"}) {
    CHECK(mode_of(scratch / name) == 0644);
  }
  for (const char* name : {"office/index.db", "office/index.db-journal", "office/log.key"}) {
    CHECK(mode_of(scratch / name) == 0600);
  }
  const std::string config = scratch / "office/expunge.conf";
  const Ended plan =
      run_program({"sh", "-c", "umask " + umask + "; exec \"$@\"", "sh", test::kBinary, "--config",
                   config, "plan", "--format", "csv", "--output", scratch / "plan.csv"});
  CHECK(mode_of(scratch / "plan.csv") == 0600);
}

TEST_CASE("What root makes in a service's directory is the service's") {
  if (::geteuid() != 0) SKIP_TEST("needs root, to become another user");
  const Scratch scratch;
  REQUIRE(::chmod(scratch.path().c_str(), 0755) == 0);
  for (const char* name : {"root", "office"}) {
    fs::create_directory(scratch / name);
    REQUIRE(::chown((scratch / name).c_str(), kUser, kUser) == 0);
  }
  CHECK_ENDED(test::expunge({"init", scratch / "office", "--root", scratch / "root"}), 0);
  for (const char* name : {"office/log", "office/log/keys", "office/log/log.jsonl",
                           "office/index.db", "office/log.key"}) {
    CHECK(owner_of(scratch / name) == kUser);
  }
  const auto hold = [&](const char* reference, uid_t user) {
    return test::expunge({"--config", scratch / "office/expunge.conf", "hold", "place", reference,
                          "--kind", "other", "--reason", "x", "--department", "Customer Services"},
                         "", user);
  };
  CHECK_ENDED(hold("A-1", kUser), 1);  // it covers nothing
  CHECK_ENDED(hold("A-2", 0), 1);
  CHECK_ENDED(hold("A-3", kUser), 1);
}

TEST_CASE("A run confines itself before it logs its start and before it opens a recording") {
  if (!has_program("strace")) SKIP_TEST("strace is not installed");
  if (guard::probe_confinement().landlock == 0) SKIP_TEST("the kernel has no Landlock of use");
#if defined(EXPUNGE_SANITIZED) || defined(EXPUNGE_COVERAGE)
  SKIP_TEST("sanitizers have threads and calls of their own");
#endif
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  import_one(office);
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "x"}), 1);  // the clock's brake
  const std::string trace = office.scratch / "trace";
  const Ended run = run_program(
      {"strace", "-f", "-s", "400", "-o", trace, "-e",
       "trace=landlock_restrict_self,seccomp,pwrite64,write,clone,clone3,openat,openat2,unlinkat",
       test::kBinary, "--config", office.config, "run", "--accept-clock", "--verbose"});
  CHECK_ENDED(run, 0);
  CHECK(contains(run.err, "elsewhere than to archive, index and log: refused (Landlock "));
  CHECK(contains(run.err, "sockets and programs: refused"));
  int alive = 1, threads_after = 0;
  bool landlocked = false, filtered = false, started = false, overwritten = false;
  for (const std::string& line : lines_of(slurp(trace))) {
    CAPTURE(line);
    const bool clones = contains(line, " clone(") || contains(line, " clone3(") ||
                        contains(line, "<... clone");  // and no path that says so
    if (clones && !contains(line, "<unfinished")) {
      ++(landlocked ? threads_after : alive);
    }
    if (contains(line, "+++ exited") && !landlocked) --alive;
    if (contains(line, "landlock_restrict_self(") && contains(line, " = 0")) {
      landlocked = true;
      CHECK(alive == 1);  // a thread that is there already would stay free
    }
    if (contains(line, "SECCOMP_SET_MODE_FILTER") && contains(line, "len=")) filtered = true;
    if (contains(line, "\\\"type\\\":\\\"run.start\\\"")) {
      started = true;
      CHECK((landlocked && filtered));
    }
    if (contains(line, "\"a.wav\"")) {
      overwritten = true;
      CHECK((landlocked && filtered && started));
    }
    if (landlocked) {
      CHECK_FALSE(contains(line, "EACCES"));
      // The device that names are read from is the machine's to refuse (a container's).
      CHECK_FALSE((contains(line, "EPERM") && !contains(line, "\"/dev/")));
    }
  }
  CHECK(overwritten);
  CHECK(threads_after > 0);
}

TEST_CASE("Where the kernel cannot confine it the run goes on and says so") {
  if (!has_program("strace")) SKIP_TEST("strace is not installed");
#if defined(EXPUNGE_SANITIZED)
  SKIP_TEST("the leak checker does not work under a tracer");
#endif
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  import_one(office);
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "x"}), 1);  // the clock's brake
  const auto without = [&](const char* calls, const std::vector<std::string>& words) {
    std::vector<std::string> all = {"strace",
                                    "-f",
                                    "-qq",
                                    "-o",
                                    "/dev/null",
                                    "-e",
                                    std::string("trace=") + calls,
                                    "-e",
                                    std::string("inject=") + calls + ":error=ENOSYS",
                                    test::kBinary,
                                    "--config",
                                    office.config};
    all.insert(all.end(), words.begin(), words.end());
    return run_program(all);
  };
  const Ended check = without("landlock_create_ruleset,seccomp", {"check"});
  CHECK(check.status == 1);
  CHECK(contains(check.out, "\nwarning  confinement: the kernel has no Landlock of use: "));
  CHECK(contains(check.out, "\nwarning  confinement: the kernel filters no system calls: "));
  const Ended run =
      without("landlock_restrict_self,seccomp", {"run", "--accept-clock", "--verbose"});
  CHECK_ENDED(run, 0);
  CHECK(contains(run.out, "destroyed 1 "));
  CHECK(contains(run.err, "not refused (the kernel has no Landlock of use)"));
  CHECK(contains(run.err, "not refused (no seccomp)"));
}

TEST_CASE("Check says what a run is kept from") {
  const Office office;
  const guard::Confinement able = guard::probe_confinement();
  const std::string out = office.call({"check"}).out;
  CHECK(contains(out, able.landlock == 0
                          ? "\nwarning  confinement: the kernel has no Landlock"
                          : "    confinement: a run can write to archive, index and log"));
  CHECK(contains(out, able.filter ? "\nok       confinement: it can open no socket"
                                  : "\nwarning  confinement: the kernel filters no"));
}
