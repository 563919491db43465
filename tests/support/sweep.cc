#include "support/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string_view>

#include "support/catch.h"

namespace expunge::test {
namespace {

constexpr std::uint64_t kMostSaid = 20;

/// One of each of so many equal parts.
std::vector<PowerCut> spread(const std::vector<PowerCut>& cuts, std::size_t parts) {
  if (cuts.size() <= parts) return cuts;
  std::mt19937_64 random(20261124);
  std::vector<PowerCut> chosen;
  for (std::size_t i = 0; i < parts; ++i) {
    const std::size_t from = i * cuts.size() / parts;
    const std::size_t to = (i + 1) * cuts.size() / parts;
    chosen.push_back(cuts[from + random() % (to - from)]);
  }
  return chosen;
}

}  // namespace

bool sweeps_all() {
  const char* const wanted = std::getenv("EXPUNGE_SWEEP");
  return wanted != nullptr && std::string_view(wanted) == "all";
}

std::vector<PowerCut> cuts_of(const CutScene::Course& course, std::size_t sample, Choice choice) {
  std::vector<DiskEvent> events;
  for (const DiskRecord& disk : course.disks) {
    events.insert(events.end(), disk.events().begin(), disk.events().end());
  }
  std::sort(events.begin(), events.end(),
            [](const DiskEvent& a, const DiskEvent& b) { return a.order < b.order; });
  std::vector<PowerCut> flushed;
  std::vector<PowerCut> between;
  for (const DiskEvent& event : events) {
    if (event.order < course.begin || event.order >= course.end) continue;
    const std::uint64_t after = event.order + 1;
    if (event.kind == DiskEvent::Kind::flush) {
      flushed.push_back({after, Loss::all, 0});
      continue;
    }
    // With all lost, it is as after the flush before.
    between.push_back({after, Loss::none, 0});
    between.push_back({after, Loss::some, after});
    between.push_back({after, Loss::some, after + 1});
  }
  if (choice == Choice::some || !sweeps_all()) {
    // Where one disk was flushed and another was not, an order shows best.
    flushed = spread(flushed, sample * 2 / 3);
    between = spread(between, sample - sample * 2 / 3);
  }
  // The worst moments: something was just promised.
  std::vector<PowerCut> cuts;
  for (const auto& promise : course.promises) cuts.push_back({promise.order, Loss::all, 0});
  cuts.push_back({course.end, Loss::all, 0});
  cuts.insert(cuts.end(), flushed.begin(), flushed.end());
  cuts.insert(cuts.end(), between.begin(), between.end());
  std::sort(cuts.begin(), cuts.end(),
            [](const PowerCut& a, const PowerCut& b) { return a.order < b.order; });
  return choice == Choice::some ? spread(cuts, sample) : cuts;
}

std::string words(const PowerCut& cut) {
  const char* const loss = cut.loss == Loss::all    ? "all unflushed lost"
                           : cut.loss == Loss::none ? "none lost"
                                                    : "some lost";
  return fmt::format("cut at {}, {} ({})", cut.order, loss, cut.seed);
}

Swept::~Swept() {
  std::printf("swept: %s points=%llu failures=%llu\n", name_.c_str(),
              static_cast<unsigned long long>(points_), static_cast<unsigned long long>(failures_));
}

void Swept::point(const std::string& where, const std::vector<std::string>& faults) {
  ++points_;
  if (sweeps_all() && points_ % 100 == 0) {
    std::fprintf(stderr, "%s: %llu points, %llu failures so far\n", name_.c_str(),
                 static_cast<unsigned long long>(points_),
                 static_cast<unsigned long long>(failures_));
  }
  if (faults.empty()) return;
  ++failures_;
  if (failures_ > kMostSaid) return;
  std::string all;
  for (const std::string& fault : faults) all += "\n  " + fault;
  UNSCOPED_INFO(where << all);
  CHECK(faults.empty());
}

}  // namespace expunge::test
