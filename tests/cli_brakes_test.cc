// Brakes through the program itself: that the dry run says what the run does, with which exit
// status and words, and that what does not belong together is refused.

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "audit/keys.h"
#include "base/io.h"
#include "support/catch.h"
#include "support/council_program.h"
#include "support/office.h"

using namespace expunge;
using test::contains;
using test::Council;
using test::CouncilProgram;
using test::Ended;
using test::machine_time;
using test::Office;

namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

const std::string kAudio(9000, 'A');

#define NEEDS_A_DISK(council) \
  if (!(council).can_destroy()) SKIP_TEST("no file system here that overwrites in place")

std::string here() {
  char name[256] = {};
  REQUIRE(::gethostname(name, sizeof name - 1) == 0);
  return name;
}

/// A run lies behind it, started `ago` before now; two recordings are due.
struct Settled {
  explicit Settled(std::chrono::seconds ago = std::chrono::hours{20})
      : council(machine_time(-ago).c_str()) {
    council.host = here();
    council.add("first", Office::days_ago(450), "first.wav", kAudio);
    ready = council.can_destroy() && council.approve_and_run().tally.destroyed == 1;
    council.add("old-1", Office::days_ago(420), "a.wav", kAudio + "1");
    council.add("old-2", Office::days_ago(419), "b.wav", kAudio + "2");
  }

  Council council;
  bool ready = false;
};

/// The brakes that the run logged and that its messages name, after those that the plan showed.
Names braked_by(const CouncilProgram& program, const Council& council, const Names& words) {
  const auto before = council.entries("run.braked").size();
  const std::string files = test::picture_of(council.root);
  Names call = {"run"};
  call.insert(call.end(), words.begin(), words.end());
  const Ended ended = program.call(call);
  INFO(ended.err);
  const auto lines = council.entries("run.braked");
  Names names;
  for (std::size_t i = before; i < lines.size(); ++i) {
    const auto entry = nlohmann::json::parse(lines[i]);
    names.push_back(entry["brake"]);
    CHECK(contains(ended.err, "expunge: brake " + names.back() + ": "));
    CHECK_FALSE(entry["found"].get<std::string>().empty());
    CHECK_FALSE(entry["allowed"].get<std::string>().empty());
  }
  CHECK(ended.status == (names.empty() ? 0 : 3));
  // A line for each, with its way on, and one where two or more want an option.
  if (!names.empty()) {
    const bool together = contains(ended.err, "expunge: to pass the brakes ");
    if (names.size() == 1 && words.empty()) CHECK_FALSE(together);
    CHECK(static_cast<std::size_t>(std::count(ended.err.begin(), ended.err.end(), '\n')) ==
          names.size() + (together ? 1 : 0));
    CHECK(contains(ended.err, "; to go on: "));
    CHECK(test::picture_of(council.root) == files);
  }
  return names;
}

/// That plan and run --dry-run show these brakes and change nothing, and the run then trips them.
void check_brakes(CouncilProgram& program, const Council& council, const Names& expected) {
  const std::string before = test::picture_of(council.scratch.path());
  CHECK(program.planned_brakes() == expected);
  const Ended plan = program.call({"plan"});
  CHECK_ENDED(plan, 1);
  const Ended dry = program.call({"run", "--dry-run"});
  CHECK_ENDED(dry, 1);
  for (const std::string& name : expected) {
    CHECK(contains(plan.out, "\nBrake " + name + ": "));
    CHECK(contains(dry.out, "\nBrake " + name + ": "));
    CHECK(contains(plan.out, "  To go on: "));
  }
  CHECK(test::picture_of(council.scratch.path()) == before);
  CHECK(braked_by(program, council, {}) == expected);
}

}  // namespace

TEST_CASE("The plan shows beforehand each brake that the run then trips and its way on works") {
  Settled settled;
  if (!settled.ready) SKIP_TEST("no file system here that overwrites in place");
  Council& council = settled.council;
  CouncilProgram program(council);
  SECTION("none") {
    CHECK(program.planned_brakes().empty());
    CHECK_ENDED(program.call({"plan"}), 0);
    CHECK(braked_by(program, council, {}).empty());
    CHECK(council.state("old-1") == "destroyed");
  }
  SECTION("share, by the words that the officer types") {
    program.set("safety.max-count", "1");
    check_brakes(program, council, {"share"});
    const auto digest =
        nlohmann::json::parse(program.call({"plan", "--format", "json"}).out)["digest"];
    CHECK_ENDED(program.call({"approve", digest, "--reason", "read"}), 0);
    CHECK(program.planned_brakes().empty());
    CHECK(braked_by(program, council, {}).empty());
    CHECK(council.state("old-1") == "destroyed");
  }
  SECTION("policy") {
    program.set("retention.timezone", "Europe/Belfast");  // another name for London
    check_brakes(program, council, {"policy"});
    program.set("retention.timezone", "Europe/London");
    CHECK(program.planned_brakes().empty());
  }
  SECTION("holds") {
    fs::copy_file(council.index_path, council.index_path + ".before");
    CHECK_ENDED(program.call({"hold", "place", "SAR-1", "--kind", "sar", "--reason", "letter",
                              "--recording", "old-1"}),
                0);
    fs::copy_file(council.index_path + ".before", council.index_path,
                  fs::copy_options::overwrite_existing);
    check_brakes(program, council, {"holds"});
    CHECK(contains(program.call({"run"}).err, "SAR-1"));
    program.set("holds.release-delay", "none");
    CHECK_ENDED(program.call({"hold", "release", "SAR-1", "--reason", "answered"}), 0);
    CHECK(braked_by(program, council, {}).empty());
  }
  SECTION("index") {
    fs::copy_file(council.index_path, council.index_path + ".before");
    test::spill(council.scratch / "c.csv",
                "id,department,recorded_at,path\nx,Customer Services,2026-10-01T09:00:00Z,x.wav\n");
    // The council's own three imports are not in the log, so the fourth is the first that is lost.
    for (int i = 0; i < 4; ++i) {
      CHECK_ENDED(program.call({"import", council.scratch / "c.csv"}), 0);
    }
    fs::copy_file(council.index_path + ".before", council.index_path,
                  fs::copy_options::overwrite_existing);
    check_brakes(program, council, {"index"});
    CHECK(contains(program.call({"check"}).out, "problem  index: the index is older than the log"));
    CHECK(braked_by(program, council, {"--accept-root", "--accept-host"}) == Names{"index"});
    CHECK(braked_by(program, council, {"--accept-index"}).empty());
    CHECK(braked_by(program, council, {}).empty());
  }
  SECTION("host") {
    council.host = "rec9";
    council.set_clock(machine_time(-std::chrono::hours{19}).c_str());
    run::Request request;
    request.accepted.host = true;
    std::atomic<bool> stop{true};
    request.stop = &stop;
    static_cast<void>(council.run(request));
    check_brakes(program, council, {"host"});
    CHECK(braked_by(program, council, {"--accept-host"}).empty());
  }
}

TEST_CASE("A clock that is later than run and recordings by more than its step is a brake once") {
  Settled settled(std::chrono::hours{49});
  if (!settled.ready) SKIP_TEST("no file system here that overwrites in place");
  CouncilProgram program(settled.council);
  program.set("safety.max-clock-step", "2 days");
  check_brakes(program, settled.council, {"clock"});
  CHECK(braked_by(program, settled.council, {"--accept-clock"}).empty());
  CHECK(braked_by(program, settled.council, {}).empty());
}

TEST_CASE("The plan of a past day does not judge the clock, and lifts nothing for a run") {
  Settled settled(std::chrono::hours{49});
  if (!settled.ready) SKIP_TEST("no file system here that overwrites in place");
  CouncilProgram program(settled.council);
  program.set("safety.max-clock-step", "2 days");
  const std::string past = machine_time(-std::chrono::hours{24 * 300}).substr(0, 10);
  const Ended plan = program.call({"plan", "--as-of", past, "--format", "json"});
  CHECK_FALSE(contains(plan.out, "\"clock\""));
  const auto digest = nlohmann::json::parse(plan.out).at("digest").get<std::string>();
  const Ended approved =
      program.call({"approve", digest, "--reason", "a look back", "--as-of", past});
  CHECK_FALSE(contains(approved.err, "clock"));
  CHECK(contains(approved.out, "Approved; "));
  const std::string today = machine_time(std::chrono::hours{0}).substr(0, 10);
  CHECK(contains(program.call({"plan", "--as-of", today}).out, "\nBrake clock: "));
  check_brakes(program, settled.council, {"clock"});
}

TEST_CASE("A run that started later than now is a clock brake until it is accepted once") {
  Settled settled(-std::chrono::hours{50});
  if (!settled.ready) SKIP_TEST("no file system here that overwrites in place");
  CouncilProgram program(settled.council);
  check_brakes(program, settled.council, {"clock"});
  CHECK(contains(program.call({"check"}).out, "problem  clock"));
  CHECK(braked_by(program, settled.council, {"--accept-clock"}).empty());
  CHECK(program.planned_brakes().empty());
  CHECK(braked_by(program, settled.council, {}).empty());
}

TEST_CASE("The plan shows the brakes of the next run and the dry run those of one now") {
  Settled settled(-std::chrono::hours{1});  // an hour ahead
  if (!settled.ready) SKIP_TEST("no file system here that overwrites in place");
  CouncilProgram program(settled.council);
  program.set("run.at", machine_time(std::chrono::hours{2}).substr(11, 5));
  program.set("retention.timezone", "UTC");
  const Names planned = program.planned_brakes();
  CHECK(planned == Names{"policy"});  // by then the hour has passed
  CHECK(contains(program.call({"run", "--dry-run"}).out, "\nBrake clock: "));
  CHECK(braked_by(program, settled.council, {}) == Names{"policy", "clock"});
}

TEST_CASE("What waits outside the approved plan is said by the plan with the run's exit status") {
  Settled settled;
  if (!settled.ready) SKIP_TEST("no file system here that overwrites in place");
  Council& council = settled.council;
  CouncilProgram program(council);
  program.set("safety.max-count", "1");
  const auto json = nlohmann::json::parse(program.call({"plan", "--format", "json"}).out);
  CHECK_ENDED(program.call({"approve", json["digest"], "--reason", "read"}), 0);
  CHECK_ENDED(program.call({"plan"}), 0);
  council.add("late", Office::days_ago(400), "late.wav", kAudio);
  const Ended plan = program.call({"plan"});
  CHECK_ENDED(plan, 1);
  CHECK(contains(plan.out, "wait for an approval: 1"));
  CHECK(nlohmann::json::parse(program.call({"plan", "--format", "json"}).out)["waiting"] == 1);
  const Ended run = program.call({"run"});
  CHECK_ENDED(run, 1);
  CHECK(contains(run.err, "wait for an approval: 1"));
  CHECK(council.state("late") == "kept");
}

TEST_CASE("The first run's brake with nothing due is off and departments may stand in any order") {
  Council council(machine_time(-std::chrono::hours{1}).c_str());
  CouncilProgram program(council);
  CHECK(program.planned_brakes().empty());
  CHECK_ENDED(program.call({"run"}), 0);
  const std::string text = test::slurp(program.config);
  const std::string first = "department = Customer Services: 12 months";
  const std::string second = "department = Revenues and Benefits: 12 months";
  REQUIRE(contains(text, first));
  std::string other = text;
  other.replace(other.find(first), first.size(), "department = X");
  other.replace(other.find(second), second.size(), first);
  other.replace(other.find("department = X"), 14, "department = Revenues and Benefits: 12 month");
  test::spill(program.config, other);
  CHECK(program.planned_brakes().empty());
  CHECK_ENDED(program.call({"run"}), 0);
}

TEST_CASE("An older log ends each command that trusts it with status 4 and its own words") {
  Settled settled;
  if (!settled.ready) SKIP_TEST("no file system here that overwrites in place");
  Council& council = settled.council;
  const CouncilProgram program(council);
  const std::string log = council.log_place.directory;
  fs::copy(log, log + ".before", fs::copy_options::recursive);
  CHECK(
      program.call({"hold", "place", "A-1", "--kind", "other", "--reason", "x", "--recording", "x"})
          .status == 1);
  fs::remove_all(log);
  fs::rename(log + ".before", log);
  const std::string before = test::picture_of(council.scratch.path(), {"run.lock"});
  for (const Names& words : std::vector<Names>{
           {"plan"},
           {"run"},
           {"run", "--dry-run"},
           {"run", "--accept-clock", "--accept-host", "--accept-root", "--accept-index"},
           {"log", "verify"},
           {"explain", "old-1"},
           {"approve", std::string(64, '0'), "--reason", "x"},
           {"hold", "place", "A-2", "--kind", "other", "--reason", "x", "--recording", "x"},
           {"hold", "release", "A-1", "--reason", "x"}}) {
    CAPTURE(words);
    const Ended ended = program.call(words);
    CHECK_ENDED(ended, 4);
    CHECK(ended.out.empty());
    CHECK(contains(ended.err, "this is an older copy of the log"));
    CHECK(std::count(ended.err.begin(), ended.err.end(), '\n') == 1);
  }
  CHECK(
      contains(program.call({"log", "verify", "--json"}).out, "this is an older copy of the log"));
  CHECK(test::picture_of(council.scratch.path(), {"run.lock"}) == before);
}

TEST_CASE("What does not belong together is refused with words of its own") {
  Settled settled;
  Settled other;
  if (!settled.ready) SKIP_TEST("no file system here that overwrites in place");
  const Council& council = settled.council;
  CouncilProgram program(council);
  const auto refused = [&](const Names& words, int status, const std::string& part) {
    const std::string before =
        test::picture_of(council.scratch.path(), {"run.lock", "expunge.conf"});
    const Ended ended = program.call(words);
    CHECK_ENDED(ended, status);
    INFO(ended.err);
    CHECK(contains(ended.err, part));
    CHECK(test::picture_of(council.scratch.path(), {"run.lock", "expunge.conf"}) == before);
  };
  SECTION("another origin") {
    program.set("log.origin", "another.example.org/log");
    refused({"run"}, 2, "belongs to the log test.example.org/log");
    refused({"plan"}, 2, "belongs to the log test.example.org/log");
  }
  SECTION("the log of another archive of the same name") {
    program.set("log.directory", other.council.log_place.directory);
    refused({"run"}, 4, "is not the log that the index remembers");
    refused({"plan"}, 4, "archive.index and log.directory");
  }
  SECTION("the log of an archive of another name") {
    const std::string office = council.scratch / "office";
    REQUIRE(test::expunge({"init", office, "--root", council.root, "--origin", "b.example.org/l"})
                .status == 0);
    program.set("log.directory", office + "/log");
    refused({"run"}, 4, "is of the log b.example.org/l, expected test.example.org/log");
    refused({"plan"}, 4, "log.directory and log.origin");
  }
  SECTION("the index of another archive of the same name") {
    program.set("archive.index", other.council.index_path);
    refused({"run"}, 4, "is not the log that the index remembers");
  }
  SECTION("another key") {
    program.set("log.key", other.council.key_path);
    refused({"run"}, 2, "put that one in place");
  }
  SECTION("another root") {
    program.set("archive.root", other.council.root);
    CHECK(program.planned_brakes().empty());  // it does not look at the disk
    CHECK(braked_by(program, council, {}) == Names{"root"});
    CHECK(other.council.exists("a.wav"));
    CHECK(contains(program.call({"check"}).out, "problem  root"));
  }
  SECTION("an index of the same name that was never used") {
    const std::string fresh = council.scratch / "fresh.db";
    archive::Index::create(fresh, council.log_place.origin);
    program.set("archive.index", fresh);
    CHECK(program.planned_brakes() == Names{"index", "root"});
    CHECK(braked_by(program, council, {}) == Names{"index", "root"});
    CHECK(contains(program.call({"check"}).out, "problem  root"));
  }
}

TEST_CASE("Of brakes that want an option each one line says the call that passes all of them") {
  Settled settled;
  if (!settled.ready) SKIP_TEST("no file system here that overwrites in place");
  Council& council = settled.council;
  CouncilProgram program(council);
  const std::string fresh = council.scratch / "fresh.db";
  archive::Index::create(fresh, council.log_place.origin);
  program.set("archive.index", fresh);
  const std::string way =
      "o pass the brakes index and root in one call: expunge run --accept-index --accept-root, "
      "once";
  const Ended plan = program.call({"plan"});
  CHECK(contains(plan.out, "\nT" + way + ".\n"));
  CHECK(contains(program.call({"plan", "--format", "html"}).out,
                 "To pass the brakes index and root in one call: "));
  CHECK(contains(program.call({"check"}).out, "t" + way));
  CHECK(contains(program.call({"run"}).err, "expunge: t" + way + "\n"));
  // One of them alone is stopped by the other, and says the same.
  for (const char* alone : {"--accept-index", "--accept-root"}) {
    const Ended stopped = program.call({"run", alone});
    CHECK_ENDED(stopped, 3);
    CHECK(contains(stopped.err, "expunge: t" + way + "\n"));
  }
  const Ended passed = program.call({"run", "--accept-index", "--accept-root"});
  CHECK_FALSE(passed.status == 3);
  CHECK_FALSE(contains(passed.err, "o pass the brakes"));
}

TEST_CASE("Files that are missing because log and index are older are told as such") {
  Settled settled;
  if (!settled.ready) SKIP_TEST("no file system here that overwrites in place");
  const CouncilProgram program(settled.council);
  fs::remove(settled.council.path("a.wav"));
  const Ended run = program.call({"run"});
  CHECK_ENDED(run, 1);
  CHECK(contains(run.err, "recordings of which a file is missing: 1; "));
  CHECK(contains(run.err, "restored from a backup"));
  CHECK_FALSE(contains(program.call({"run"}).err, "restored from a backup"));
}
