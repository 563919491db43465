#include "support/sweep_points.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "support/catch.h"

namespace expunge::test {
namespace {

constexpr std::size_t kMostSaid = 30;

bool is_death(Way way) {
  return way == Way::death || way == Way::death_torn;
}

void add_cut(std::vector<Point>& points, Point point, Unflushed unflushed) {
  point.cut = unflushed;
  points.push_back(point);
}

}  // namespace

bool sweeps_everything() {
  const char* const wanted = std::getenv("EXPUNGE_SWEEP");
  return wanted != nullptr && std::string_view(wanted) == "all";
}

unsigned sweep_seed() {
  static const unsigned seed = [] {
    const char* const wanted = std::getenv("EXPUNGE_SWEEP_SEED");
    const unsigned made = wanted != nullptr
                              ? static_cast<unsigned>(std::strtoul(wanted, nullptr, 10))
                              : std::random_device()() % 1'000'000;
    if (!sweeps_everything()) std::printf("EXPUNGE_SWEEP_SEED=%u\n", made);
    return made;
  }();
  return seed;
}

std::vector<Point> points_of(const std::vector<Kind>& calls) {
  std::vector<Point> points;
  for (std::uint64_t call = 0; call < calls.size(); ++call) {
    for (const Way way : kWays) {
      if (!applies(way, calls[call])) continue;
      Point point{call, way, std::nullopt, static_cast<std::uint32_t>(call), false};
      points.push_back(point);
      if (way == Way::cut_short || way == Way::unwritten) continue;  // nothing is known to be wrong
      add_cut(points, point, Unflushed::lost);
      add_cut(points, point, Unflushed::lost_books);
      if (is_death(way)) add_cut(points, point, Unflushed::lost_archive);
      for (std::uint32_t i = 0; i < (is_death(way) ? 4 : 1); ++i) {
        point.seed = static_cast<std::uint32_t>(call) * 4 + i;
        add_cut(points, point, Unflushed::some);
      }
      const Kind kind = calls[call];
      if (way == Way::error &&
          (kind == Kind::flush || kind == Kind::flush_data || kind == Kind::flush_all)) {
        point.evicted = true;
        points.push_back(point);
      }
    }
  }
  return points;
}

std::vector<Point> deaths_of(const std::vector<Kind>& calls) {
  std::vector<Point> points;
  for (std::uint64_t call = 0; call < calls.size(); ++call) {
    const auto seed = static_cast<std::uint32_t>(call);
    points.push_back({call, Way::death, std::nullopt, seed, false});
    points.push_back({call, Way::death, Unflushed::some, seed, false});
    points.push_back({call, Way::error, std::nullopt, seed, false});
  }
  return points;
}

FaultCount::~FaultCount() {
  std::printf("swept: %s points=%zu failures=%zu\n", name_.c_str(), points_, failures_);
}

void FaultCount::tried(const std::string& where, const SweepNight::Trial& trial) {
  if (!trial.tripped && trial.faults.empty()) return;
  ++points_;
  if (trial.faults.empty()) return;
  if (++failures_ > kMostSaid) return;
  std::string all = where + " (" + trial.failed_call + ")";
  for (const std::string& fault : trial.faults) all += "\n  " + fault;
  UNSCOPED_INFO(all);
  CHECK(trial.faults.empty());
}

}  // namespace expunge::test
