// The program from its first night on: what each command does, and what it leaves alone.

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/catch.h"
#include "support/night_office.h"
#include "support/office.h"
#include "support/places.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::furnish;
using test::Office;

TEST_CASE("The whole night through the program works from init to verify") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const std::string csv = furnish(office);
  CHECK_ENDED(office.call({"import", "-"}, csv), 0);
  const Ended plan = office.call({"plan"});
  CHECK_ENDED(plan, 1);  // odd-1 needs attention, and the first run an approval
  CHECK(contains(plan.out, "Brake first-run"));
  CHECK(contains(plan.out, "odd-1"));
  CHECK_ENDED(office.call({"run", "--quiet"}), 3);
  CHECK(office.exists("a.wav"));
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "read it"}), 0);
  const Ended run = office.call({"run"});
  CHECK_ENDED(run, 1);  // odd-1 still needs attention
  CHECK(contains(run.out, "destroyed 2"));
  CHECK_FALSE(office.exists("a.wav"));
  CHECK_FALSE(office.exists("b.wav"));
  CHECK(office.exists("c.wav"));
  CHECK(office.exists("d.wav"));
  const Ended verify = office.call({"log", "verify"});
  CHECK_ENDED(verify, 0);
  CHECK(contains(verify.out, "The log verifies"));
  const Ended again = office.call({"import", "-"}, csv);
  CHECK_ENDED(again, 0);
  CHECK(contains(again.out, "which change nothing: 2"));
  CHECK(contains(office.call({"explain", "old-1"}).out, "destroyed"));
  CHECK(contains(office.call({"log", "show", "--recording", "old-1"}).out, "destroy"));
}

TEST_CASE("A run says where its time went when it is asked to and not otherwise") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  CHECK_ENDED(office.call({"import", "-"}, furnish(office)), 0);
  const Ended braked = office.call({"run", "--timings"});
  CHECK_ENDED(braked, 3);
  CHECK(contains(braked.err, "expunge: time: total "));
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "read it"}), 0);
  const Ended timed = office.call({"run", "--quiet", "--timings"});
  CHECK_ENDED(timed, 1);
  for (const char* phase : {"plan", "open", "overwrite", "read-back", "other", "total"}) {
    CHECK(contains(timed.err, std::string("expunge: time: ") + phase + " "));
  }
  CHECK(timed.out.empty());
  CHECK_FALSE(contains(office.call({"run", "--verbose"}).err, "time: "));
}

TEST_CASE("The plan in CSV has its columns and is safe to open in a spreadsheet") {
  const Office office;
  REQUIRE(office.call({"import", "-"}, furnish(office)).status == 0);
  REQUIRE(office.call({"import", "-"}, "id,department,recorded_at,path\n=1+1,Housing,,x.wav\n")
              .status == 0);
  const Ended ended = office.call({"plan", "--format", "csv"});
  CHECK(ended.out.starts_with("recording,department,recorded,due,verdict,reason,"));
  CHECK(contains(ended.out, "\n'=1+1,Housing,,,attention,"));
  CHECK_FALSE(contains(ended.out, "new-1"));
  CHECK(contains(office.call({"plan", "--format", "csv", "--all"}).out, "new-1"));
}

TEST_CASE("The plan in JSON is one object whose digest is the table's") {
  const Office office;
  REQUIRE(office.call({"import", "-"}, furnish(office)).status == 0);
  const auto json = nlohmann::json::parse(office.call({"plan", "--format", "json"}).out);
  CHECK(json["format"] == "expunge-plan/1");
  CHECK(json["digest"] == office.digest());
  CHECK(json["recordings"].size() == 3);
  CHECK(json["total"]["due"]["recordings"] == 2);
  CHECK(json["brakes"][0]["name"] == "first-run");
}

TEST_CASE("A plan written to a file appears whole or not at all") {
  const Office office;
  REQUIRE(office.call({"import", "-"}, furnish(office)).status == 0);
  const std::string path = office.scratch / "plan.csv";
  const Ended written = office.call({"plan", "--format", "csv", "--output", path});
  CHECK_ENDED(written, 1);
  CHECK(written.out.starts_with(path + ": the plan for the next run, on "));
  CHECK(written.out.ends_with("; due 2; needs attention 1\n"));
  CHECK(contains(test::slurp(path), "old-1"));
  CHECK(office.call({"--quiet", "plan", "--format", "html", "--output", path}).out.empty());
  CHECK_ENDED(office.call({"plan", "--output", office.scratch / "nowhere/plan"}), 2);
}

TEST_CASE("An approval of another digest is refused and nothing is logged") {
  const Office office;
  REQUIRE(office.call({"import", "-"}, furnish(office)).status == 0);
  const Ended ended = office.call({"approve", std::string(64, '0'), "--reason", "x"});
  CHECK_ENDED(ended, 2);
  // Not the one that it has: it would be pasted unread.
  CHECK(contains(ended.err, "another digest"));
  CHECK_FALSE(contains(ended.err, office.digest()));
  CHECK_FALSE(contains(office.call({"log", "show"}).out, "plan.approve"));
}

TEST_CASE("A hold by number in any writing says what it covers and lets go when released") {
  const Office office;
  office.configure("[holds]\nrelease-delay = none\n");
  REQUIRE(office.call({"import", "-"}, furnish(office)).status == 0);
  const Ended placed = office.call({"hold", "place", "SAR-2026/7", "--kind", "sar", "--reason",
                                    "asked by letter", "--subject", "+44 1632 960 001"});
  CHECK_ENDED(placed, 0);
  CHECK(contains(placed.out, "covered now: 2; past their period today: 1"));
  CHECK(contains(placed.out, "Not covered, having no subject to match, though the rest fits: 1."));
  CHECK(contains(office.call({"plan", "--format", "csv"}).out, ",held,"));
  CHECK(contains(office.call({"hold", "list"}).out, "SAR-2026/7"));
  CHECK(contains(office.call({"hold", "show", "SAR-2026/7"}).out, "asked by letter"));
  CHECK_ENDED(office.call({"hold", "place", "SAR-2026/7", "--kind", "sar", "--reason", "again",
                           "--subject", "1"}),
              2);
  CHECK_ENDED(office.call({"hold", "release", "SAR-2026/7", "--reason", "answered"}), 0);
  CHECK_FALSE(contains(office.call({"plan", "--format", "csv"}).out, ",held,"));
  CHECK_ENDED(office.call({"hold", "release", "SAR-2026/7", "--reason", "again"}), 2);
}

TEST_CASE("A hold that cannot be logged is not placed") {
  const Office office;
  const std::string log = office.scratch / "office/log/log.jsonl";
  test::spill(log, "x" + test::slurp(log));
  CHECK_ENDED(office.call({"hold", "place", "C-1", "--kind", "complaint", "--reason", "x",
                           "--recording", "any"}),
              4);
  CHECK(office.call({"hold", "list"}).out == "No holds.\n");
}

TEST_CASE("A log without its checkpoint does not verify for anybody") {
  const Office office;
  std::filesystem::remove(office.scratch / "office/log/checkpoint");
  CHECK_ENDED(office.call({"log", "verify"}), 4);
  CHECK_ENDED(office.call({"plan"}), 4);
  CHECK_ENDED(office.call({"run"}), 4);
}

TEST_CASE("A hold that covers nothing is placed all the same and says so") {
  const Office office;
  const Ended placed = office.call({"hold", "place", "C-1", "--kind", "complaint", "--reason", "x",
                                    "--recording", "not-there-yet"});
  CHECK_ENDED(placed, 1);
  CHECK(contains(office.call({"hold", "list"}).out, "C-1"));
  REQUIRE(office
              .call({"import", "-"},
                    "id,department,recorded_at,path\nnot-there-yet,Customer "
                    "Services,2020-01-01T10:00:00Z,x.wav\n")
              .status == 0);
  CHECK(contains(office.call({"plan", "--format", "csv"}).out, ",held,"));
}

TEST_CASE("The dry run needs read access alone and changes nothing") {
  if (::geteuid() != 0) SKIP_TEST("needs root, to become another user");
  const Office office;
  REQUIRE(office.call({"import", "-"}, furnish(office)).status == 0);
  for (const auto& each : std::filesystem::recursive_directory_iterator(office.scratch.path())) {
    if (each.path().filename() == "log.key") continue;
    ::chmod(each.path().c_str(), each.is_directory() ? 0555 : 0444);
  }
  ::chmod(office.scratch.path().c_str(), 0755);
  const auto listing = [&] {
    return test::run_program({"find", office.scratch.path().string(), "-printf", "%p %T@ %C@ %s\n"})
        .out;
  };
  const std::string before = listing();
  const Ended root_plan = office.call({"plan"});
  const Ended ended = office.call({"plan"}, "", 65534);
  CHECK_ENDED(ended, 1);
  CHECK(ended.out == root_plan.out);
  CHECK_ENDED(office.call({"run", "--dry-run"}, "", 65534), 1);
  CHECK(listing() == before);
}

TEST_CASE("The dry run makes no system call that changes anything") {
  if (!test::has_program("strace")) SKIP_TEST("strace is not installed");
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(EXPUNGE_COVERAGE)
  SKIP_TEST("sanitizers and coverage counters make calls of their own");
#endif
  const Office office;
  REQUIRE(office.call({"import", "-"}, furnish(office)).status == 0);
  const std::string trace = office.scratch / "trace";
  const Ended ended = test::run_program(
      {"strace", "-f", "-o", trace, "-e",
       "trace=openat,openat2,open,creat,write,pwrite64,pwritev,writev,ftruncate,truncate,unlink,"
       "unlinkat,rename,renameat,renameat2,mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat,"
       "chmod,fchmod,fchmodat,chown,fchown,fchownat,utimensat,fallocate,fsync,fdatasync,sync,"
       "syncfs,setxattr,fsetxattr,removexattr,fremovexattr,copy_file_range,sendfile",
       test::kBinary, "--config", office.config, "plan"});
  CHECK_ENDED(ended, 1);
  std::istringstream lines(test::slurp(trace));
  int seen = 0;
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    ++seen;
    if (contains(line, "+++ exited") || contains(line, "write(1,") || contains(line, "write(2,")) {
      continue;
    }
    if (contains(line, "open")) {
      CHECK_FALSE(contains(line, "O_WRONLY"));
      CHECK_FALSE(contains(line, "O_RDWR"));
      CHECK_FALSE(contains(line, "O_CREAT"));
      continue;
    }
    FAIL_CHECK("a call that changes something");
  }
  CHECK(seen > 10);
}

TEST_CASE("What root writes beside a service's files does not lock the service out") {
  if (::geteuid() != 0) SKIP_TEST("needs root, to become another user");
  const Office office;
  REQUIRE(office.call({"import", "-"}, furnish(office)).status == 0);
  REQUIRE(
      test::run_program({"chown", "-R", "65534:65534", office.scratch.path().string()}).status ==
      0);
  const Ended placed = test::run_program(
      {"sh", "-c", "umask 077; exec \"$@\"", "sh", test::kBinary, "--config", office.config, "hold",
       "place", "A-1", "--kind", "other", "--reason", "x", "--recording", "new-1"});
  CHECK_ENDED(placed, 0);
  CHECK_ENDED(office.call({"run"}), 3);  // as root, and braked: it has made its lock
  CHECK_ENDED(office.call({"plan"}, "", 65534), 1);
  CHECK_ENDED(office.call({"run"}, "", 65534), 3);
}

TEST_CASE("A run as another user who may not read the key touches nothing") {
  if (::geteuid() != 0) SKIP_TEST("needs root, to become another user");
  const Office office;
  REQUIRE(office.call({"import", "-"}, furnish(office)).status == 0);
  ::chmod(office.scratch.path().c_str(), 0755);
  const Ended ended = office.call({"run"}, "", 65534);
  CHECK_ENDED(ended, 2);
  CHECK(office.exists("a.wav"));
}

TEST_CASE("Standard output that cannot be written is not success") {
  const Office office;
  const Ended ended =
      test::run_program({"sh", "-c", "exec \"$0\" --help > /dev/full", test::kBinary});
  CHECK_ENDED(ended, 1);
}
