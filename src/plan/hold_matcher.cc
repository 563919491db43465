#include "plan/hold_matcher.h"

#include <algorithm>
#include <utility>

namespace expunge::plan {

bool scope_fits(const archive::HoldScope& scope, const archive::Recording& recording,
                std::optional<base::CivilDate> recorded_on, Doubt doubt) {
  if (scope.everything) return true;
  if (!scope.recording_id.empty() && scope.recording_id != recording.id) return false;
  if (!scope.subject_key.empty() && !archive::is_among(recording.subject_key, scope.subject_key)) {
    return false;
  }
  if (!scope.agent_key.empty() && !archive::is_among(recording.agent_key, scope.agent_key)) {
    return false;
  }
  if (!scope.department.empty() && !doubt.department && scope.department != recording.department) {
    return false;
  }
  if (!recorded_on || doubt.date) return true;
  return (!scope.from || *scope.from <= *recorded_on) && (!scope.to || *recorded_on <= *scope.to);
}

namespace {

/// Adds to `all` those that cover it by what the index has, or what was said, of its department;
/// `doubt` is of its day alone.
void add_by_department(const HoldMatcher& holds, const archive::Recording& recording, Doubt doubt,
                       bool in_doubt, const SaidElse& said,
                       std::vector<const archive::Hold*>& all) {
  const auto add = [&](const archive::Recording& one, Doubt of_it) {
    const auto found = holds.covering(one, of_it);
    all.insert(all.end(), found.begin(), found.end());
  };
  add(recording, {doubt.date, in_doubt && !said.department});
  if (!in_doubt || !said.department) return;
  archive::Recording other = recording;
  other.department = *said.department;
  add(other, doubt);
}

/// Those that cover it whichever of the values that were said is right, in no order; where none was
/// said, whatever the value is.
std::vector<const archive::Hold*> covering_as_said(const HoldMatcher& holds,
                                                   const archive::Recording& recording, Doubt doubt,
                                                   const SaidElse& said) {
  std::vector<const archive::Hold*> all;
  add_by_department(holds, recording, {doubt.date && !said.day, false}, doubt.department, said,
                    all);
  if (!doubt.date || !said.day) return all;
  archive::Recording other = recording;
  other.recorded_at.reset();
  other.left_date = said.day;
  add_by_department(holds, other, {}, doubt.department, said, all);
  return all;
}

}  // namespace

std::vector<std::string> perhaps_covering(const HoldMatcher& holds,
                                          const archive::Recording& recording, Doubt doubt,
                                          const SaidElse& said) {
  const auto covering = [&](Doubt in_doubt) {
    return covering_as_said(holds, recording, in_doubt, said);
  };
  const auto is_in = [](const std::vector<const archive::Hold*>& found, const archive::Hold& hold) {
    return std::find(found.begin(), found.end(), &hold) != found.end();
  };
  const auto perhaps = covering(doubt);
  if (perhaps.empty()) return {};
  const auto for_sure = covering({});
  const auto by_day = covering({doubt.date, false});
  const auto by_department = covering({false, doubt.department});
  std::vector<std::string> all;
  for (const archive::Hold& hold : holds.holds()) {
    if (!is_in(perhaps, hold) || is_in(for_sure, hold)) continue;
    if (is_in(by_day, hold)) {
      all.push_back(hold.reference + " names days, and the day of this recording is in doubt");
    } else if (is_in(by_department, hold)) {
      all.push_back(hold.reference +
                    " names a department, and the one of this recording is in doubt");
    } else {
      all.push_back(hold.reference +
                    " names days and a department, and both are in doubt of this recording");
    }
  }
  return all;
}

archive::Hold with_all_names(archive::Hold hold, const policy::RetentionSchedule& schedule) {
  std::vector<archive::HoldScope> scopes;
  for (archive::HoldScope& scope : hold.scopes) {
    const std::vector<std::string> names = schedule.names_of(scope.department);
    const std::vector<std::string> subjects = archive::subject_forms(scope.subject_key);
    for (const std::string& name : names) {
      scope.department = name;
      for (const std::string& subject : subjects) {
        scope.subject_key = subject;
        scopes.push_back(scope);
      }
    }
  }
  hold.scopes = std::move(scopes);
  return hold;
}

bool is_told_twice(const WhyPerhaps& all, const archive::Hold* hold) {
  const std::string* first = nullptr;
  for (const PerhapsHeld& each : all) {
    if (std::find(each.holds.begin(), each.holds.end(), hold) == each.holds.end()) continue;
    if (first != nullptr && *first != each.recording) return true;
    first = &each.recording;
  }
  return false;
}

void add_why(WhyPerhaps& all, PerhapsHeld why) {
  const bool tells =
      std::any_of(why.holds.begin(), why.holds.end(),
                  [&](const archive::Hold* hold) { return !is_told_twice(all, hold); });
  if (tells) all.push_back(std::move(why));
}

std::vector<const PerhapsHeld*> by_others(const WhyPerhaps& all,
                                          const archive::Recording& recording) {
  std::vector<const PerhapsHeld*> found;
  for (const PerhapsHeld& why : all) {
    if (why.recording != recording.id) found.push_back(&why);
  }
  return found;
}

std::vector<const archive::Hold*> holds_of(const std::vector<const PerhapsHeld*>& whys) {
  std::vector<const archive::Hold*> holds;
  for (const PerhapsHeld* const why : whys) {
    for (const archive::Hold* const hold : why->holds) {
      if (std::find(holds.begin(), holds.end(), hold) == holds.end()) holds.push_back(hold);
    }
  }
  return holds;
}

HoldMatcher::HoldMatcher(std::vector<archive::Hold> holds, policy::TimeZone zone,
                         SegmentsOf segments_of, base::CivilDate day)
    : HoldMatcher(std::move(holds), std::move(zone), std::move(segments_of)) {
  std::vector<archive::Hold> ended;
  std::erase_if(holds_, [&](const archive::Hold& hold) {
    if (hold.in_force_on(day)) return false;
    if (!hold.erased) ended.push_back(hold);
    return true;
  });
  if (!ended.empty()) ended_.reset(new HoldMatcher(std::move(ended), zone_, segments_of_));
}

HoldMatcher::HoldMatcher(std::vector<archive::Hold> holds, policy::TimeZone zone,
                         SegmentsOf segments_of)
    : holds_(std::move(holds)), zone_(std::move(zone)), segments_of_(std::move(segments_of)) {}

std::optional<base::CivilDate> HoldMatcher::let_go_on(const archive::Recording& recording,
                                                      Doubt doubt) const {
  std::optional<base::CivilDate> latest;
  for (const archive::Hold* hold : ended(recording, doubt)) {
    latest = std::max(latest.value_or(*hold->effective_on), *hold->effective_on);
  }
  return latest;
}

std::vector<const archive::Hold*> HoldMatcher::ended(const archive::Recording& recording,
                                                     Doubt doubt) const {
  if (!ended_) return {};
  const auto first_day = base::parse_date(recording.indexed_on);
  auto holds = ended_->covering(recording, doubt);
  // What came into the index after its end it has never kept.
  std::erase_if(holds, [&](const archive::Hold* hold) {
    return !first_day || *first_day >= *hold->effective_on;
  });
  return holds;
}

bool HoldMatcher::fits(const archive::Hold& hold, const archive::Recording& recording,
                       Doubt doubt) const {
  std::optional<base::CivilDate> recorded_on = recording.left_date;
  if (recording.recorded_at) recorded_on = zone_.civil_date(*recording.recorded_at);
  return std::any_of(hold.scopes.begin(), hold.scopes.end(), [&](const archive::HoldScope& scope) {
    return scope_fits(scope, recording, recorded_on, doubt);
  });
}

std::vector<const archive::Hold*> HoldMatcher::covering(const archive::Recording& recording,
                                                        Doubt doubt) const {
  std::vector<const archive::Hold*> found;
  if (holds_.empty()) return found;
  static const std::vector<const archive::Hold*> kNone;
  const auto& of_call = recording.call_id.empty() ? kNone : covering_call(recording.call_id);
  for (const archive::Hold& hold : holds_) {
    if (fits(hold, recording, doubt) ||
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
                    [&](const archive::Recording& segment) { return fits(hold, segment, {}); })) {
      found.push_back(&hold);
    }
  }
  note_doubts(call_id, segments);
  return by_call_.emplace(call_id, std::move(found)).first->second;
}

void HoldMatcher::note_doubts(const std::string& call_id,
                              const std::vector<archive::Recording>& segments) const {
  if (!doubts_of_ || perhaps_.contains(call_id)) return;
  const WhyPerhaps* const said = said_of_ ? said_of_(call_id) : nullptr;
  WhyPerhaps all = said != nullptr ? *said : WhyPerhaps();
  for (PerhapsHeld& why : doubts_of_(*this, call_id, segments)) all.push_back(std::move(why));
  // By what is in doubt of itself nothing is perhaps of a held call.
  if (said == nullptr && segments.size() < 2) return;
  if (!all.empty()) perhaps_.emplace(call_id, std::move(all));
}

const WhyPerhaps* HoldMatcher::perhaps_held_call(const std::string& call_id) const {
  if (!doubts_of_ || holds_.empty() || call_id.empty()) return nullptr;
  static_cast<void>(covering_call(call_id));
  const auto found = perhaps_.find(call_id);
  return found == perhaps_.end() ? nullptr : &found->second;
}

std::vector<const PerhapsHeld*> HoldMatcher::all_perhaps(
    const archive::Recording& recording) const {
  const WhyPerhaps* const all = perhaps_held_call(recording.call_id);
  return all == nullptr ? std::vector<const PerhapsHeld*>() : by_others(*all, recording);
}

const PerhapsHeld* HoldMatcher::perhaps_of_held_call(const archive::Recording& recording) const {
  const auto all = all_perhaps(recording);
  return all.empty() ? nullptr : all.front();
}

}  // namespace expunge::plan
