// Every call that changes anything fails in turn, in every way; see support/faulty_disk.h.

#include <algorithm>
#include <cstdint>

#include "support/catch.h"
#include "support/sweep_points.h"

using namespace expunge;
using namespace expunge::test;
using Workload = SweepNight::Workload;
using Between = SweepNight::Between;

namespace {

void sweep(const std::string& name, Workload workload, std::size_t sample,
           Between between = Between::nothing, unsigned workers = 1) {
  SweepNight night(workload, workers);
  FaultCount count(name);
  const auto calls = night.calls();
  const auto all = between == Between::nothing ? points_of(calls) : deaths_of(calls);
  for (const Point& point : chosen(all, sample)) {
    count.tried(words(point), night.try_point(point, between));
  }
  CHECK(count.points() > 0);
}

/// A second failure while the first is being recovered from.
void sweep_pairs(const std::string& name, Workload workload, std::size_t sample) {
  SweepNight night(workload);
  FaultCount count(name);
  const auto calls = night.calls();
  const auto firsts = chosen(deaths_of(calls), sample);
  const auto seconds = chosen(points_of(calls), sample);  // the second run makes about these calls
  constexpr std::size_t kFirst = 31;                      // primes, so that all take turns
  constexpr std::size_t kSecond = 199;
  for (std::size_t i = 0; i < std::min(firsts.size(), sweeps_everything() ? SIZE_MAX : sample);
       i += sweeps_everything() ? kFirst : 1) {
    const std::size_t step = sweeps_everything() ? kSecond : seconds.size();
    for (std::size_t j = i % step; j < seconds.size(); j += step) {
      count.tried(words(firsts[i]) + "; and " + words(seconds[j]),
                  night.try_points(firsts[i], seconds[j]));
    }
  }
  CHECK(count.points() > 0);
}

}  // namespace

TEST_CASE("Sweep of a night: after any failure one more run finishes it and all agree") {
  REQUIRE_LOOP_IMAGE();
  sweep("night", Workload::night, 400);
}

TEST_CASE("Sweep of a night without work") {
  REQUIRE_LOOP_IMAGE();
  sweep("empty night", Workload::empty, 100);
}

TEST_CASE("Sweep of a night that finishes an interrupted one") {
  REQUIRE_LOOP_IMAGE();
  sweep("interrupted night", Workload::interrupted, 250);
}

TEST_CASE("Sweep of a night that unlinks what cannot be overwritten") {
  REQUIRE_LOOP_IMAGE();
  sweep("removal", Workload::removal, 250);
}

TEST_CASE("Sweep with a hold after the failure") {
  REQUIRE_LOOP_IMAGE();
  sweep("hold after", Workload::night, 150, Between::hold);
}

TEST_CASE("Sweep with a hold after a failure of a removal") {
  REQUIRE_LOOP_IMAGE();
  sweep("hold after removal", Workload::removal, 150, Between::hold);
}

TEST_CASE("Sweep with another file in the place of one after the failure") {
  REQUIRE_LOOP_IMAGE();
  sweep("replaced after", Workload::night, 150, Between::replacement);
}

TEST_CASE("Sweep of a night with four workers") {
  REQUIRE_LOOP_IMAGE();
  sweep("four workers", Workload::night, 100, Between::nothing, 4);
}

TEST_CASE("Sweep of a failure in the run that recovers from another") {
  REQUIRE_LOOP_IMAGE();
  sweep_pairs("two failures", Workload::night, 80);
}

TEST_CASE("Sweep of a failure in the run that recovers a removal") {
  REQUIRE_LOOP_IMAGE();
  sweep_pairs("two failures of a removal", Workload::removal, 40);
}
