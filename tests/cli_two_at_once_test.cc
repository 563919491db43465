// Two at once: a second run, and every other command, a backup and a reader while a run is on.

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <csignal>
#include <functional>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/kill_scene.h"

using namespace expunge;
using test::Blow;
using test::Checker;
using test::contains;
using test::Ended;
using test::KillScene;
using test::Mutation;

namespace {

using Clock = std::chrono::steady_clock;

void expect_no_faults(Checker& checker, Checker::Moment moment) {
  for (const std::string& fault : checker.find_faults(moment)) FAIL_CHECK(fault);
}

/// A run that is stopped in its `nth` overwrite until the object goes: inside a batch, and outside
/// any transaction.
class LongRun {
 public:
  explicit LongRun(const KillScene& scene, int nth = 3)
      : run_(std::async(std::launch::async, [this, &scene, nth] {
          int writes = 0;
          return scene.run([&](const Mutation& mutation) {
            const bool is_audio = mutation.call == "pwrite64" && mutation.path.ends_with(".wav");
            if (is_audio && ++writes == nth) {
              reached_.set_value();
              goes_on_.get_future().wait();
            }
            return Blow{};
          });
        })) {
    is_on_ = reached_.get_future().wait_for(std::chrono::seconds(60)) == std::future_status::ready;
  }
  LongRun(const LongRun&) = delete;
  LongRun& operator=(const LongRun&) = delete;
  ~LongRun() {
    if (run_.valid()) static_cast<void>(finish());
  }

  [[nodiscard]] bool is_on() const { return is_on_; }
  Ended finish() {
    goes_on_.set_value();
    return run_.get().ended;
  }

 private:
  std::promise<void> reached_, goes_on_;
  bool is_on_ = false;
  std::future<test::Traced> run_;
};

/// Calls a command that must not wait for anything.
void check_at_once(const std::string& what, int status, const std::function<Ended()>& call) {
  CAPTURE(what);
  const auto begin = Clock::now();
  const Ended ended = call();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  INFO(ended.err);
  CHECK(ended.status == status);
  CHECK_FALSE(contains(ended.err, "locked by another program"));
  CHECK(took.count() < 5000);  // some milliseconds, on a machine with nothing else to do
}

KillScene::Shape one_worker() {
  KillScene::Shape shape;
  shape.workers = 1;
  return shape;
}

#define NEEDS_A_DISK(scene) \
  if (!(scene).office.can_destroy()) SKIP_TEST("no file system here that overwrites in place")

}  // namespace

TEST_CASE("Of two runs started together one does the work and the other says why it does not") {
  KillScene::Shape shape;
  shape.due = 3;
  const KillScene scene(shape);
  NEEDS_A_DISK(scene);
  int locked = 0;
  for (int i = 0; i < 25; ++i) {
    scene.reset();
    Checker checker = scene.checker();
    std::array<std::future<Ended>, 2> runs;
    for (auto& run : runs) {
      run = std::async(std::launch::async, [&] { return scene.office.call({"run", "--quiet"}); });
    }
    for (auto& run : runs) {
      const Ended ended = run.get();
      INFO(ended.err);
      CHECK((ended.status == 0 || ended.status == 5));
      if (ended.status != 5) continue;
      ++locked;
      CHECK(ended.err ==
            "expunge: another run holds " + scene.log() + "/run.lock; let it finish\n");
    }
    expect_no_faults(checker, Checker::Moment::finished);
  }
  CHECK(locked > 0);
}

TEST_CASE("A second run beside one that recovers exits 5 and a killed run's lock blocks nobody") {
  REQUIRE_TRACING();
  const KillScene scene(one_worker());
  NEEDS_A_DISK(scene);
  const auto killed = scene.run([](const Mutation& mutation) {
    const bool late = mutation.call == "pwrite64" && mutation.path.ends_with("due-3-0.wav");
    return Blow{late ? Blow::Kind::kill_before : Blow::Kind::none};
  });
  REQUIRE(killed.ended.status == 128 + SIGKILL);
  CHECK(std::filesystem::exists(scene.log() + "/run.lock"));
  Checker checker = scene.checker();
  {
    LongRun recovery(scene);
    REQUIRE(recovery.is_on());
    check_at_once("run", 5, [&] { return scene.office.call({"run"}); });
    CHECK_ENDED(recovery.finish(), 0);
  }
  expect_no_faults(checker, Checker::Moment::finished);
}

TEST_CASE("Status says of a run that is on that it is on and not that it was interrupted") {
  REQUIRE_TRACING();
  const KillScene scene(one_worker());
  NEEDS_A_DISK(scene);
  const auto last_run = [&] {
    return nlohmann::json::parse(scene.office.call({"status", "--json"}).out).at("last_run");
  };
  LongRun run(scene);
  REQUIRE(run.is_on());
  CHECK(last_run().at("on") == true);
  CHECK_FALSE(last_run().contains("end"));
  const std::string text = scene.office.call({"status"}).out;
  INFO(text);
  CHECK(contains(text, "; it is on\n"));
  CHECK(contains(text, "begun on by the run that is on"));
  CHECK_FALSE(contains(text, "interrupted"));
  CHECK_ENDED(run.finish(), 0);
  CHECK_FALSE(last_run().contains("on"));
  CHECK(last_run().at("end").at("outcome") == "complete");
}

TEST_CASE("While a run is on every other command works at once") {
  REQUIRE_TRACING();
  const KillScene scene(one_worker());
  NEEDS_A_DISK(scene);
  const std::string csv = scene.office.scratch / "more.csv";
  test::spill(csv, "id,department,recorded_at,path\nnew-0,Customer Services," +
                       test::Office::days_ago(2) + ",d9/new-0.wav\n");
  const std::string digest = scene.office.digest();
  Checker checker = scene.checker();
  LongRun run(scene);
  REQUIRE(run.is_on());
  const auto calls = [&](int status, std::vector<std::string> words) {
    const std::string what = words.at(0) + (words.size() > 1 ? " " + words[1] : "");
    check_at_once(what, status, [&] { return scene.office.call(words); });
  };
  calls(0, {"plan"});
  calls(0, {"plan", "--format", "csv", "--all"});
  calls(0, {"run", "--dry-run"});
  calls(0, {"explain", "due-0"});
  calls(0, {"explain", "due-5"});
  calls(0, {"log", "verify"});
  calls(0, {"log", "show"});
  calls(0, {"hold", "list"});
  calls(0, {"hold", "show", "SAR-1"});
  calls(0, {"import", csv});
  calls(0,
        {"hold", "place", "SAR-3", "--kind", "sar", "--reason", "asked", "--recording", "new-0"});
  calls(0, {"approve", digest, "--reason", "read again"});
  calls(0, {"hold", "release", "SAR-3", "--reason", "answered"});
  calls(5, {"run"});
  CHECK(scene.office.call({"check"}).status <= 1);
  const Ended ended = run.finish();
  CHECK_ENDED(ended, 0);
  CHECK_FALSE(contains(ended.err, "locked"));
  CHECK_ENDED(scene.office.call({"log", "verify"}), 0);
  expect_no_faults(checker, Checker::Moment::finished);
}

TEST_CASE("Backups and readers of the index while a run is on do no harm") {
  REQUIRE_TRACING();
  if (!test::has_program("sqlite3")) SKIP_TEST("needs sqlite3");
  const KillScene scene(one_worker());
  NEEDS_A_DISK(scene);
  const std::string copy = scene.office.scratch / "copy.db";
  const std::string quoted_copy = "'" + copy + "'";
  // In the middle of transactions too, at every eighth call.
  const std::uint64_t count = scene.count_mutations();
  for (std::uint64_t at = 3; at < count; at += count / 8) {
    CAPTURE(at);
    scene.reset();
    Checker checker = scene.checker();
    const auto run = scene.run([&](const Mutation& mutation) {
      if (mutation.number != at) return Blow{};
      std::filesystem::remove(copy);
      const Ended backup = test::run_program({"sqlite3", "-cmd", ".timeout 200", "-readonly",
                                              scene.index(), ".backup " + quoted_copy});
      if (backup.status == 0) CHECK(test::sql_value(copy, "PRAGMA integrity_check") == "ok");
      static_cast<void>(test::run_program({"cp", scene.index(), copy + ".cp"}));
      static_cast<void>(test::run_program(
          {"sqlite3", "-cmd", ".timeout 200", "-readonly", scene.index(), ".dump"}));
      return Blow{};
    });
    CHECK_ENDED(run.ended, 0);
    expect_no_faults(checker, Checker::Moment::finished);
  }
}

TEST_CASE("A reader that holds its view for seconds makes the run wait and not fail") {
  if (!test::has_program("sqlite3")) SKIP_TEST("needs sqlite3");
  const KillScene scene({});
  NEEDS_A_DISK(scene);
  Checker checker = scene.checker();
  auto reader = std::async(std::launch::async, [&] {
    return test::run_program({"sqlite3", "-readonly", scene.index()},
                             "BEGIN;\nSELECT count(*) FROM recording;\n.shell sleep 3\nCOMMIT;\n");
  });
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const auto begin = Clock::now();
  const Ended run = scene.next_run();
  const auto took = Clock::now() - begin;
  CHECK_ENDED(run, 0);
  CHECK(took > std::chrono::seconds(1));
  CHECK(run.err.empty());
  CHECK_ENDED(reader.get(), 0);
  expect_no_faults(checker, Checker::Moment::finished);
}
