#include "run/phases.h"

#include <thread>
#include <vector>

#include "support/catch.h"
#include "support/council.h"

using namespace expunge;
using namespace std::chrono_literals;
using run::Phase;
using test::Council;

namespace {

constexpr auto kDelay = 20ms;

/// Takes its time over unlinks.
class SlowSys : public base::Sys {
 public:
  int unlinkat(int dirfd, const char* path, int flags) override {
    std::this_thread::sleep_for(kDelay);
    return Sys::unlinkat(dirfd, path, flags);
  }
};

}  // namespace

TEST_CASE("Times of a phase add up over threads and scopes left by exceptions") {
  run::Phases phases;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 10000; ++n) phases.add(Phase::overwrite, 3ns);
      });
    }
  }
  CHECK(phases.of(Phase::overwrite) == 120000ns);
  std::chrono::nanoseconds now = 5s;
  phases = run::Phases([&now] { return now; });
  try {
    const run::Timed timed(phases, Phase::flush);
    now += 1250ms;
    throw 1;
  } catch (int) {
  }
  CHECK(phases.of(Phase::flush) == 1250ms);
  CHECK(phases.of(Phase::log) == 0ns);
}

TEST_CASE("The sum of the phases leaves out what another phase contains") {
  run::Phases phases;
  phases.add(Phase::open, 5ns);
  phases.add(Phase::fingerprint, 16ns);
  phases.add(Phase::close, 2ns);
  const run::Phases copy = phases;
  CHECK(copy.sum() == 7ns);
  CHECK(copy.of(Phase::fingerprint) == 16ns);
}

TEST_CASE("Every phase has a word of its own") {
  for (std::size_t i = 0; i < run::kPhases; ++i) {
    CHECK_FALSE(run::words(static_cast<Phase>(i)).empty());
    for (std::size_t j = 0; j < i; ++j) {
      CHECK(run::words(static_cast<Phase>(i)) != run::words(static_cast<Phase>(j)));
    }
  }
}

TEST_CASE("A run tells where its time went phase by phase") {
  Council council;
  if (!council.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  council.add_many("old", "2025-10-01", 5);
  SlowSys slow;
  council.sys = &slow;
  const auto report = council.approve_and_run();
  REQUIRE(report.tally.destroyed == 5);
  for (std::size_t i = 0; i < run::kPhases; ++i) {
    const auto phase = static_cast<Phase>(i);
    CAPTURE(run::words(phase));
    CHECK(report.tally.phases.of(phase) > 0ns);
    if (phase != Phase::fingerprint) CHECK(report.tally.phases.of(phase) < report.elapsed);
  }
  CHECK(report.tally.phases.of(Phase::remove) >= 5 * kDelay);
  CHECK(report.tally.phases.of(Phase::overwrite) < 5 * kDelay);
}

TEST_CASE("A run that a brake stops has planned and no more") {
  Council council;
  if (!council.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  council.add_many("old", "2025-10-01", 1);
  const auto report = council.run();
  REQUIRE(report.outcome == run::Outcome::braked);
  CHECK(report.tally.phases.of(Phase::plan) > 0ns);
  CHECK(report.tally.phases.sum() == report.tally.phases.of(Phase::plan));
  CHECK(report.elapsed >= report.tally.phases.sum());
}
