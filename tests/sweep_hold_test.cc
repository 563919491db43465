// A hold that comes at any moment of a night: what it covers and was not begun on stays.

#include <fmt/format.h>

#include <csignal>
#include <future>
#include <set>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/kill_scene.h"

using namespace expunge;
using test::Blow;
using test::Checker;
using test::contains;
using test::Ended;
using test::Fate;
using test::KillScene;
using test::Mutation;
using test::Sweep;

namespace {

using Clock = std::chrono::steady_clock;

/// The index as another program would find it now, with an interrupted commit rolled back.
std::string value_now(const KillScene& scene, const std::string& sql) {
  const test::Scratch scratch;
  const std::string copy = scratch / "index.db";
  std::filesystem::copy_file(scene.index(), copy);
  std::filesystem::copy_file(scene.index() + "-journal", copy + "-journal");
  test::sql_run(copy, "PRAGMA user_version");
  return test::sql_value(copy, sql);
}

/// The recordings that stand in the journal, or are done with.
std::set<std::string> begun_in(const KillScene& scene) {
  std::set<std::string> begun;
  const std::string ids = value_now(
      scene,
      "SELECT coalesce(group_concat(id), '') FROM recording WHERE state <> 'kept' OR key IN "
      "(SELECT recording_key FROM journal_file)");
  for (const auto& [id, put] : scene.put()) {
    if (contains("," + ids + ",", "," + id + ",")) begun.insert(id);
  }
  return begun;
}

Ended place_hold(const KillScene& scene, const std::vector<std::string>& ids) {
  std::vector<std::string> words = {"hold", "place",    "SAR-2", "--kind",
                                    "sar",  "--reason", "asked", "--recording"};
  words.insert(words.end(), ids.begin(), ids.end());
  return scene.office.call(words);
}

/// Places a hold at a mutation of a run that goes on as soon as the hold has returned, or must
/// wait for the run's transaction; and finds out what was begun on when it returned.
class Intruder {
 public:
  Intruder(const KillScene& scene, std::uint64_t number, std::vector<std::string> ids)
      : scene_(scene), number_(number), ids_(std::move(ids)) {}

  test::Judge judge() {
    return [this](const Mutation& mutation) {
      if (mutation.number == number_) {
        where_ = fmt::format("call {}, {} {}", mutation.number, mutation.call, mutation.path);
        hold_ = std::async(std::launch::async, [this] { return place_hold(scene_, ids_); });
        hold_.wait_for(std::chrono::milliseconds(80));
      }
      look(std::chrono::milliseconds(0));
      return Blow{};
    };
  }

  /// After the run.
  void look(std::chrono::milliseconds patience) {
    if (!hold_.valid() || hold_.wait_for(patience) != std::future_status::ready) return;
    ended_ = hold_.get();
    begun_ = begun_in(scene_);
  }

  [[nodiscard]] const std::string& where() const { return where_; }
  [[nodiscard]] const Ended& ended() const { return ended_; }
  [[nodiscard]] const std::set<std::string>& begun() const { return begun_; }

 private:
  const KillScene& scene_;
  std::uint64_t number_;
  std::vector<std::string> ids_;
  std::string where_;
  std::future<Ended> hold_;
  Ended ended_;
  std::set<std::string> begun_;
};

void place_at(const KillScene& scene, std::uint64_t number, Sweep& sweep) {
  const std::vector<std::string> ids = {"due-0", "due-1", "due-2"};
  scene.reset();
  std::vector<std::string> faults;
  Intruder intruder(scene, number, ids);
  const auto run = scene.run(intruder.judge());
  if (intruder.where().empty()) return;  // a night that needed fewer calls
  intruder.look(std::chrono::seconds(60));
  test::expect_ended(faults, "run", run.ended, 0);
  // 1: nothing is left that it could cover, or the run has begun on what it covers, and it says so.
  const Ended& hold = intruder.ended();
  const std::size_t begun = intruder.begun().size();
  const bool is_told =
      contains(hold.err, "the run that is on may have destroyed recordings of hold SAR-2");
  if (hold.status != 0 && !(hold.status == 1 && (begun == ids.size() || (begun > 0 && is_told)))) {
    test::expect_ended(faults, "hold", hold, 0);
  }
  std::map<std::string, Fate> fates;
  for (const std::string& id : ids) {
    fates[id] = intruder.begun().count(id) != 0 ? Fate::stops : Fate::stays;
  }
  Checker checker = scene.checker(fates);
  test::add_faults(faults, "after the run", checker.find_faults(Checker::Moment::finished));
  test::expect_ended(faults, "the next run", scene.next_run(), 0);
  test::add_faults(faults, "after the next", checker.find_faults(Checker::Moment::finished));
  test::expect_ended(
      faults, "release",
      scene.office.call({"hold", "release", "SAR-2", "--reason", "answered", "--quiet"}), 0);
  test::expect_ended(faults, "the last run", scene.next_run(), 0);
  Checker last = scene.checker();
  test::add_faults(faults, "after the last", last.find_faults(Checker::Moment::finished));
  sweep.tried(intruder.where(), faults);
}

}  // namespace

TEST_CASE("Sweep: a hold placed at any call of a run wins for every batch not yet begun") {
  REQUIRE_TRACING();
  KillScene::Shape shape;
  shape.workers = GENERATE(1U, 8U);
  shape.files_each = 33;
  shape.due = 3;
  shape.descriptors = 256;  // three batches
  const KillScene scene(shape);
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const std::uint64_t count = scene.count_mutations();
  Sweep sweep(fmt::format("hold, {} workers", shape.workers), 12);
  for (const std::uint64_t number : sweep.points(count)) place_at(scene, number, sweep);
  CHECK(sweep.failures() == 0);
}

namespace {

/// What the log says of a recording: how often with entries of this type.
int said(const KillScene& scene, const std::string& type, const std::string& id) {
  const std::string log = test::slurp(scene.log() + "/log.jsonl");
  const std::string wanted = "\"type\":\"" + type + "\"";
  int found = 0;
  for (auto at = log.find(wanted); at != std::string::npos; at = log.find(wanted, at + 1)) {
    const std::string line = log.substr(at, log.find('\n', at) - at);
    found += contains(line, "\"recording\":\"" + id + "\"") ? 1 : 0;
  }
  return found;
}

/// Files of a recording that are as they were put there.
std::set<std::string> whole_files(const KillScene& scene, const std::string& id) {
  std::set<std::string> whole;
  for (const auto& [path, content] : scene.put().at(id).files) {
    if (scene.office.exists(path) && test::slurp(scene.office.root + "/" + path) == content) {
      whole.insert(path);
    }
  }
  return whole;
}

/// Held after a kill: the first is one of two of each batch, or all are.
void hold_after_kill(const KillScene& scene, const std::string& where,
                     const std::vector<std::string>& held, Sweep& sweep) {
  std::vector<std::string> faults;
  struct Before {
    std::set<std::string> whole;
    bool is_logged;
  };
  std::map<std::string, Before> before;
  std::map<std::string, Fate> fates;
  bool any_part = false;
  for (const std::string& id : held) {
    before[id] = {whole_files(scene, id), said(scene, "destroy", id) > 0};
    const bool untouched = before[id].whole.size() == scene.put().at(id).files.size();
    fates[id] = untouched ? Fate::stays : Fate::stops;
    any_part = any_part || (!untouched && !before[id].is_logged);
  }
  // 1: all of them are gone.
  if (const Ended hold = place_hold(scene, held); hold.status > 1) {
    test::expect_ended(faults, "hold", hold, 0);
  }
  const Ended run = scene.next_run();
  test::expect_ended(faults, "run", run, any_part ? 1 : 0);
  Checker checker = scene.checker(fates);
  test::add_faults(faults, "held", checker.find_faults(Checker::Moment::finished));
  for (const auto& [id, then] : before) {
    const bool is_part = fates[id] == Fate::stops && !then.is_logged;
    if (said(scene, "destroy.partial", id) != (is_part ? 1 : 0)) {
      faults.push_back(id + ": destroy.partial is said wrongly");
    }
    if (said(scene, "destroy", id) != (then.is_logged ? 1 : 0)) {
      faults.push_back(id + ": destroyed although it was held");
    }
    if (!then.is_logged && whole_files(scene, id) != then.whole) {
      faults.push_back(id + ": more of it was touched");
    }
  }
  test::expect_ended(
      faults, "release",
      scene.office.call({"hold", "release", "SAR-2", "--reason", "answered", "--quiet"}), 0);
  test::expect_ended(faults, "the last run", scene.next_run(), 0);
  Checker last = scene.checker();
  test::add_faults(faults, "after the last", last.find_faults(Checker::Moment::finished));
  sweep.tried(where, faults);
}

}  // namespace

TEST_CASE("Sweep: what is held after a kill is left whole or stopped part way and said") {
  REQUIRE_TRACING();
  KillScene::Shape shape;
  shape.due = 3;
  shape.workers = GENERATE(1U, 8U);
  const bool all = GENERATE(true, false);
  const KillScene scene(shape);
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const std::uint64_t count = scene.count_mutations();
  Sweep sweep(fmt::format("kill then hold {}, {} workers", all ? "all" : "some", shape.workers),
              12);
  for (const std::uint64_t number : sweep.points(count)) {
    scene.reset();
    std::string where;
    static_cast<void>(scene.run([&](const Mutation& mutation) {
      if (mutation.number != number) return Blow{};
      where = fmt::format("call {}, {} {}", mutation.number, mutation.call, mutation.path);
      return Blow{Blow::Kind::kill_after};
    }));
    const std::vector<std::string> held = all ? std::vector<std::string>{"due-0", "due-1", "due-2"}
                                              : std::vector<std::string>{"due-1"};
    hold_after_kill(scene, where, held, sweep);
  }
  CHECK(sweep.failures() == 0);
}
