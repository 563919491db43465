// The built program, whose n-th system call that changes anything fails, or brings a signal.

#include <fmt/format.h>

#include <cerrno>
#include <csignal>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/kill_scene.h"

using namespace expunge;
using test::Blow;
using test::Checker;
using test::Ended;
using test::KillScene;
using test::Mutation;
using test::Sweep;

namespace {

std::vector<std::string> faults_of_message(const Ended& ended) {
  std::vector<std::string> faults;
  if (ended.status != 0 && ended.err.empty()) faults.emplace_back("ended without a word");
  if (ended.err.find("internal error") != std::string::npos) faults.push_back(ended.err);
  std::size_t begin = 0;
  while (begin < ended.err.size()) {
    if (ended.err.compare(begin, 9, "expunge: ") != 0) faults.push_back("says: " + ended.err);
    begin = ended.err.find('\n', begin) + 1;
    if (begin == 0) break;
  }
  return faults;
}

/// A run whose disk failed it may end with 0 (the call did not matter), 1, or, when it touched
/// nothing, with 2. It may not take a failing disk for tampering, a brake, or another run.
std::vector<std::string> faults_of_ending(const KillScene& scene, const Ended& ended,
                                          Checker& checker) {
  std::vector<std::string> faults = faults_of_message(ended);
  if (ended.status > 2) {
    faults.push_back(fmt::format("ended {}: {}", ended.status, ended.err));
  }
  const auto moment = ended.status == 0 ? Checker::Moment::finished : Checker::Moment::interrupted;
  test::add_faults(faults, fmt::format("after status {}", ended.status),
                   checker.find_faults(moment));
  if (ended.status != 2) return faults;
  for (const auto& [id, put] : scene.put()) {
    for (const auto& [path, content] : put.files) {
      if (!scene.office.exists(path) || test::slurp(scene.office.root + "/" + path) != content) {
        faults.push_back(fmt::format("status 2, and {} was touched: {}", path, ended.err));
      }
    }
  }
  return faults;
}

void sweep_errors(const std::string& name, const KillScene::Shape& shape, Blow blow,
                  std::size_t sampled) {
  const KillScene scene(shape);
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const std::uint64_t count = scene.count_mutations();
  Sweep sweep(name, sampled);
  for (const std::uint64_t number : sweep.points(count)) {
    scene.reset();
    std::string where;
    const auto traced = scene.run([&](const Mutation& mutation) {
      if (mutation.number != number) return Blow{};
      where = fmt::format("call {}, {} {}", mutation.number, mutation.call, mutation.path);
      return blow;
    });
    Checker checker = scene.checker();
    std::vector<std::string> faults = faults_of_ending(scene, traced.ended, checker);
    test::expect_ended(faults, "the next run", scene.next_run(), 0);
    test::add_faults(faults, "at the end", checker.find_faults(Checker::Moment::finished));
    test::add_faults(faults, "at the end", scene.strange_files());
    sweep.tried(where, faults);
  }
  CHECK(sweep.failures() == 0);
}

}  // namespace

TEST_CASE("Sweep: whichever call fails nothing is lost and the next run finishes the work") {
  REQUIRE_TRACING();
  struct Case {
    const char* name;
    Blow blow;
  };
  const auto given =
      GENERATE(Case{"EIO", {Blow::Kind::fail, EIO}}, Case{"ENOSPC", {Blow::Kind::fail, ENOSPC}},
               Case{"EROFS", {Blow::Kind::fail, EROFS}}, Case{"EDQUOT", {Blow::Kind::fail, EDQUOT}},
               Case{"EIO, carried out", {Blow::Kind::fail_after, EIO}});
  KillScene::Shape shape;
  shape.workers = GENERATE(1U, 8U);
  shape.due = 4;
  sweep_errors(fmt::format("{}, {} workers", given.name, shape.workers), shape, given.blow, 12);
}

TEST_CASE("Sweep: a signal at any call ends the run cleanly") {
  REQUIRE_TRACING();
  const int signal = GENERATE(SIGTERM, SIGINT);
  KillScene::Shape shape;
  shape.workers = GENERATE(1U, 8U);
  shape.files_each = 33;
  shape.due = 4;
  shape.descriptors = 256;  // four batches
  const KillScene scene(shape);
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const std::uint64_t count = scene.count_mutations();
  Sweep sweep(fmt::format("signal {}, {} workers", signal, shape.workers), 12);
  for (const std::uint64_t number : sweep.points(count)) {
    scene.reset();
    std::string where;
    const auto traced = scene.run([&](const Mutation& mutation) {
      if (mutation.number != number) return Blow{};
      where = fmt::format("call {}, {} {}", mutation.number, mutation.call, mutation.path);
      return Blow{Blow::Kind::signal, signal};
    });
    std::vector<std::string> faults = faults_of_message(traced.ended);
    test::expect_ended(faults, "the run", traced.ended, 0);
    Checker checker = scene.checker();
    test::add_faults(faults, "stopped", checker.find_faults(Checker::Moment::interrupted));
    if (test::sql_value(scene.index(), "SELECT count(*) FROM journal_file") != "0") {
      faults.emplace_back("a batch was left half done");
    }
    const Ended last = scene.office.call({"log", "show", "--json"});
    const auto end = last.out.rfind("\"type\":\"run.end\"");
    const auto start = last.out.rfind("\"type\":\"run.start\"");
    if (start != std::string::npos && (end == std::string::npos || end < start)) {
      faults.emplace_back("there is no run.end");
    }
    test::expect_ended(faults, "the next run", scene.next_run(), 0);
    test::add_faults(faults, "at the end", checker.find_faults(Checker::Moment::finished));
    sweep.tried(where, faults);
  }
  CHECK(sweep.failures() == 0);
}
