#include "plan/coverage.h"

#include <algorithm>
#include <map>

#include "plan/decision.h"
#include "plan/hold_matcher.h"
#include "plan/plan.h"

namespace expunge::plan {
namespace {

using archive::HoldScope;
using archive::Recording;

class Counter {
 public:
  Counter(const archive::Index& index, const policy::RetentionSchedule& schedule,
          const archive::Hold& hold, base::CivilDate today)
      : schedule_(schedule),
        hold_(hold),
        matcher_({hold}, schedule.time_zone,
                 [&index](const std::string& call_id) { return index.segments(call_id); }),
        none_({}, schedule.time_zone, nullptr),
        decider_(schedule, none_, today),
        begun_(in_journal(index)) {}

  void count(const Recording& recording) {
    if (!matcher_.covering(recording).empty()) {
      ++coverage_.covered;
      if (begun_.contains(recording.key)) ++coverage_.begun;
      if (decider_.decide(recording).verdict == Verdict::due) ++coverage_.covered_due;
    } else if (recording.subject_key.empty() && fits_but_for_subject(recording)) {
      ++coverage_.without_subject;
    }
  }

  Coverage& coverage() { return coverage_; }

 private:
  [[nodiscard]] bool fits_but_for_subject(const Recording& recording) const {
    std::optional<base::CivilDate> recorded_on;
    if (recording.recorded_at) {
      recorded_on = schedule_.time_zone.civil_date(*recording.recorded_at);
    }
    return std::any_of(hold_.scopes.begin(), hold_.scopes.end(), [&](HoldScope scope) {
      if (scope.subject_key.empty()) return false;
      scope.subject_key.clear();
      return scope_fits(scope, recording, recorded_on);
    });
  }

  const policy::RetentionSchedule& schedule_;
  const archive::Hold& hold_;
  HoldMatcher matcher_;
  HoldMatcher none_;
  Decider decider_;
  KeySet begun_;
  Coverage coverage_;
};

bool all_by_id(const archive::Hold& hold) {
  return std::all_of(hold.scopes.begin(), hold.scopes.end(),
                     [](const HoldScope& scope) { return !scope.recording_id.empty(); });
}

/// The recordings named, and the other segments of their calls, each once.
void count_by_id(const archive::Index& index, const archive::Hold& hold, Counter& counter) {
  std::map<std::int64_t, Recording> candidates;
  for (const HoldScope& scope : hold.scopes) {
    const auto recording = index.find(scope.recording_id);
    if (!recording) {
      if (index.history(scope.recording_id)) ++counter.coverage().destroyed;
      continue;
    }
    if (!recording->call_id.empty()) {
      for (Recording& segment : index.segments(recording->call_id)) {
        candidates.emplace(segment.key, std::move(segment));
      }
    }
    candidates.emplace(recording->key, *recording);
  }
  for (const auto& [key, recording] : candidates) counter.count(recording);
}

}  // namespace

Coverage coverage(const archive::Index& index, const policy::RetentionSchedule& schedule,
                  const archive::Hold& hold, base::CivilDate today) {
  Counter counter(index, schedule, hold, today);
  if (all_by_id(hold)) {
    count_by_id(index, hold, counter);
    return counter.coverage();
  }
  index.scan([&](const Recording& recording) {
    counter.count(recording);
    return true;
  });
  // Scopes without recordings come one to a hold.
  const HoldScope& scope = hold.scopes.front();
  counter.coverage().destroyed = index.count_destroyed(scope.department, scope.from, scope.to);
  counter.coverage().destroyed_is_bound = !scope.subject_key.empty();
  return counter.coverage();
}

}  // namespace expunge::plan
