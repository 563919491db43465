#include "support/sweep_points.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string_view>

#include "support/catch.h"

namespace expunge::test {
namespace {

constexpr std::size_t kMostSaid = 30;

bool is_death(Way way) {
  return way == Way::death || way == Way::death_torn;
}

std::string kin_of(const FaultyDisk::Call& call, Way way) {
  return fmt::format("{} {} {}", words(way), words(call.kind), call.where);
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
  static const unsigned kSeed = [] {
    const char* const wanted = std::getenv("EXPUNGE_SWEEP_SEED");
    const unsigned made = wanted != nullptr
                              ? static_cast<unsigned>(std::strtoul(wanted, nullptr, 10))
                              : std::random_device()() % 1'000'000;
    if (!sweeps_everything()) std::printf("EXPUNGE_SWEEP_SEED=%u\n", made);
    return made;
  }();
  return kSeed;
}

std::vector<Point> points_of(const std::vector<FaultyDisk::Call>& calls) {
  std::vector<Point> points;
  for (std::uint64_t call = 0; call < calls.size(); ++call) {
    for (const Way way : kWays) {
      if (!applies(way, calls[call].kind)) continue;
      Point point{call,         way,
                  std::nullopt, static_cast<std::uint32_t>(call),
                  false,        kin_of(calls[call], way)};
      points.push_back(point);
      if (way == Way::cut_short || way == Way::unwritten) continue;  // nothing is known to be wrong
      add_cut(points, point, Unflushed::lost);
      add_cut(points, point, Unflushed::lost_books);
      if (is_death(way)) add_cut(points, point, Unflushed::lost_archive);
      for (std::uint32_t i = 0; i < (is_death(way) ? 4 : 1); ++i) {
        point.seed = static_cast<std::uint32_t>(call) * 4 + i;
        add_cut(points, point, Unflushed::some);
      }
      const Kind kind = calls[call].kind;
      if (way == Way::error &&
          (kind == Kind::flush || kind == Kind::flush_data || kind == Kind::flush_all)) {
        point.evicted = true;
        points.push_back(point);
      }
    }
  }
  return points;
}

std::vector<Point> deaths_of(const std::vector<FaultyDisk::Call>& calls) {
  std::vector<Point> points;
  for (std::uint64_t call = 0; call < calls.size(); ++call) {
    const auto seed = static_cast<std::uint32_t>(call);
    const auto kin = [&](Way way) { return kin_of(calls[call], way); };
    points.push_back({call, Way::death, std::nullopt, seed, false, kin(Way::death)});
    points.push_back({call, Way::death, Unflushed::some, seed, false, kin(Way::death)});
    points.push_back({call, Way::error, std::nullopt, seed, false, kin(Way::error)});
  }
  return points;
}

std::vector<Point> chosen(std::vector<Point> all, std::size_t sample) {
  if (const char* const only = std::getenv("EXPUNGE_SWEEP_ONLY"); only != nullptr) {
    std::erase_if(all, [&](const Point& point) {
      return (words(point) + " (" + point.kin + ")").find(only) == std::string::npos;
    });
    return all;
  }
  if (sweeps_everything() || all.size() <= sample) return all;
  std::mt19937 random(sweep_seed());
  std::shuffle(all.begin(), all.end(), random);
  std::map<std::string, std::size_t> seen;
  std::vector<std::pair<std::size_t, const Point*>> ranked;  // the how many-th of its kin
  ranked.reserve(all.size());
  for (const Point& point : all) {
    const char* const after = point.evicted ? " evicted" : point.cut ? " cut" : "";
    ranked.emplace_back(seen[point.kin + after]++, &point);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& one, const auto& other) { return one.first < other.first; });
  std::vector<Point> some;
  some.reserve(sample);
  for (std::size_t i = 0; i < sample; ++i) some.push_back(*ranked[i].second);
  return some;
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
