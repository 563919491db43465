#include "plan/hold_matcher.h"

#include <algorithm>
#include <utility>

namespace expunge::plan {

bool scope_fits(const archive::HoldScope& scope, const archive::Recording& recording,
                std::optional<base::CivilDate> recorded_on) {
  if (!scope.recording_id.empty() && scope.recording_id != recording.id) return false;
  if (!scope.subject_key.empty() && scope.subject_key != recording.subject_key) return false;
  if (!scope.department.empty() && scope.department != recording.department) return false;
  if (!recorded_on) return true;
  return (!scope.from || *scope.from <= *recorded_on) && (!scope.to || *recorded_on <= *scope.to);
}

HoldMatcher::HoldMatcher(std::vector<archive::Hold> holds, policy::TimeZone zone,
                         SegmentsOf segments_of)
    : holds_(std::move(holds)), zone_(std::move(zone)), segments_of_(std::move(segments_of)) {
  std::erase_if(holds_, [](const archive::Hold& hold) { return hold.released_at.has_value(); });
}

bool HoldMatcher::fits(const archive::Hold& hold, const archive::Recording& recording) const {
  std::optional<base::CivilDate> recorded_on;
  if (recording.recorded_at) recorded_on = zone_.civil_date(*recording.recorded_at);
  return std::any_of(hold.scopes.begin(), hold.scopes.end(), [&](const archive::HoldScope& scope) {
    return scope_fits(scope, recording, recorded_on);
  });
}

std::vector<const archive::Hold*> HoldMatcher::covering(const archive::Recording& recording) const {
  std::vector<const archive::Hold*> found;
  if (holds_.empty()) return found;
  static const std::vector<const archive::Hold*> kNone;
  const auto& of_call = recording.call_id.empty() ? kNone : covering_call(recording.call_id);
  for (const archive::Hold& hold : holds_) {
    if (fits(hold, recording) ||
        std::find(of_call.begin(), of_call.end(), &hold) != of_call.end()) {
      found.push_back(&hold);
    }
  }
  return found;
}

const std::vector<const archive::Hold*>& HoldMatcher::covering_call(
    const std::string& call_id) const {
  constexpr std::size_t kRemembered = 1024;
  const auto known = by_call_.find(call_id);
  if (known != by_call_.end()) return known->second;
  if (by_call_.size() >= kRemembered) by_call_.clear();
  std::vector<const archive::Hold*> found;
  const std::vector<archive::Recording> segments = segments_of_(call_id);
  for (const archive::Hold& hold : holds_) {
    if (std::any_of(segments.begin(), segments.end(),
                    [&](const archive::Recording& segment) { return fits(hold, segment); })) {
      found.push_back(&hold);
    }
  }
  return by_call_.emplace(call_id, std::move(found)).first->second;
}

}  // namespace expunge::plan
