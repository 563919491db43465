#include "plan/coverage.h"

#include <algorithm>
#include <map>
#include <set>

#include "plan/call_doubts.h"
#include "plan/decision.h"
#include "plan/hold_matcher.h"
#include "plan/plan.h"
#include "plan/said.h"

namespace expunge::plan {
namespace {

using archive::HoldScope;
using archive::Recording;

SegmentsOf segments_in(const archive::Index& index) {
  return [&index](const std::string& call_id) { return index.segments(call_id); };
}

class Counter {
 public:
  Counter(const archive::Index& index, const policy::RetentionSchedule& schedule,
          const archive::Hold& hold, base::CivilDate today, const EachMatch& each)
      : index_(index),
        schedule_(schedule),
        hold_(with_all_names(hold, schedule)),
        each_(each),
        matcher_({hold_}, schedule.time_zone, segments_in(index), today),
        none_({}, schedule.time_zone, nullptr, today),
        decider_(schedule, none_, today),
        begun_(in_journal(index)) {
    set_doubts(matcher_, index, schedule, today);
  }

  void count(const Recording& recording) {
    const Decision decision = decider_.decide(recording);
    const auto match = match_of(recording, decision);
    if (!match) return;
    Verdict verdict = decision.verdict;
    if (is_covered(*match)) {
      if (verdict == Verdict::due) {
        if (is_past_its_period(recording, decision)) ++coverage_.covered_due;
        if (decision.by_order) ++coverage_.ordered;
        verdict = Verdict::held;
      }
      count_covered(recording, decision, verdict, *match);
    } else {
      ++(*match == Match::without_subject ? coverage_.without_subject
         : *match == Match::without_agent ? coverage_.without_agent
                                          : coverage_.in_doubt);
      if (*match == Match::call_in_doubt) {
        ++coverage_.call_in_doubt;
        if (verdict == Verdict::due) ++coverage_.call_in_doubt_due;
      }
    }
    if (each_) each_(recording, verdict, *match);
  }

  Coverage& coverage() { return coverage_; }
  [[nodiscard]] const HoldMatcher& matcher() const { return matcher_; }

 private:
  [[nodiscard]] std::optional<Match> match_of(const Recording& recording,
                                              const Decision& decision) const {
    if (!matcher_.covering(recording).empty()) {
      return fits(recording, nullptr) ? Match::itself : Match::through_call;
    }
    if (decision.by_order) {
      const Doubt doubt = decider_.doubt(decision, contradicted_in(index_, recording));
      if (!matcher_.covering(recording, doubt).empty()) return Match::as_ordered;
    }
    const bool is_in_doubt_too =
        decision.verdict == Verdict::attention && is_in_doubt(recording, decision);
    if (matcher_.perhaps_of_held_call(recording) != nullptr) {
      return is_in_doubt_too ? Match::in_doubt : Match::call_in_doubt;
    }
    if (recording.subject_key.empty() && fits(recording, &HoldScope::subject_key)) {
      return Match::without_subject;
    }
    if (recording.agent_key.empty() && fits(recording, &HoldScope::agent_key)) {
      return Match::without_agent;
    }
    return is_in_doubt_too ? std::optional(Match::in_doubt) : std::nullopt;
  }

  /// Of what is due: whether it would be without an order.
  [[nodiscard]] bool is_past_its_period(const Recording& recording,
                                        const Decision& decision) const {
    if (!decision.by_order) return true;
    Recording unordered = recording;
    unordered.order.reset();
    return decider_.decide(unordered).verdict == Verdict::due;
  }

  [[nodiscard]] bool is_in_doubt(const Recording& recording, const Decision& decision) const {
    const Doubt doubt = decider_.doubt(decision, contradicted_in(index_, recording));
    const SaidElse said = said_else(index_, schedule_, decision, recording);
    if (!perhaps_covering(matcher_, recording, doubt, said).empty()) return true;
    if (!covering_by_word(index_, matcher_, recording).empty()) return true;
    return !covering_by_lost_word(index_, matcher_, recording).empty();
  }

  void count_covered(const Recording& recording, const Decision& decision, Verdict verdict,
                     Match match) {
    ++coverage_.covered;
    if (match == Match::through_call) ++coverage_.through_call;
    if (begun_.contains(recording.key)) ++coverage_.begun;
    if (recording.state == archive::State::partial && !begun_.contains(recording.key)) {
      ++coverage_.in_part;
    }
    if (recording.missing_seq) ++coverage_.without_file;
    const bool is_undated = !recording.recorded_at && !recording.left_date;
    if (is_undated && match == Match::itself && names_days()) ++coverage_.undated;
    coverage_.by_department[department_of(decision, recording)][verdict].add(size_of(recording));
  }

  [[nodiscard]] bool names_days() const {
    return std::any_of(hold_.scopes.begin(), hold_.scopes.end(),
                       [](const HoldScope& scope) { return scope.from || scope.to; });
  }

  /// Whether a scope fits it by itself; with a member, whether one that has it would without.
  [[nodiscard]] bool fits(const Recording& recording, std::string HoldScope::*without) const {
    std::optional<base::CivilDate> recorded_on = recording.left_date;
    if (recording.recorded_at) {
      recorded_on = schedule_.time_zone.civil_date(*recording.recorded_at);
    }
    return std::any_of(hold_.scopes.begin(), hold_.scopes.end(), [&](const HoldScope& each) {
      if (without == nullptr) return scope_fits(each, recording, recorded_on);
      if ((each.*without).empty()) return false;
      HoldScope scope = each;
      (scope.*without).clear();
      return scope_fits(scope, recording, recorded_on);
    });
  }

  const archive::Index& index_;
  const policy::RetentionSchedule& schedule_;
  const archive::Hold hold_;
  const EachMatch& each_;
  HoldMatcher matcher_;
  HoldMatcher none_;
  Decider decider_;
  KeySet begun_;
  Coverage coverage_;
};

bool all_by_id(const archive::Hold& hold) {
  return std::all_of(hold.scopes.begin(), hold.scopes.end(), [](const HoldScope& scope) {
    return !scope.recording_id.empty() && !scope.everything;
  });
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
      for (const std::int64_t said : index.said_of("call_id", recording->call_id)) {
        if (const auto other = index.find(said)) candidates.emplace(said, *other);
      }
    }
    candidates.emplace(recording->key, *recording);
  }
  for (const std::int64_t key : index.lost_calls()) {
    if (auto recording = index.find(key)) candidates.emplace(key, std::move(*recording));
  }
  if (counter.matcher().knows_said_calls()) {
    // Which call that is, the index does not say: it only knows it again.
    index.scan([&](const Recording& recording) {
      if (counter.matcher().said_of_held_call(recording) != nullptr) {
        candidates.emplace(recording.key, recording);
      }
      return true;
    });
  }
  for (const auto& [key, recording] : candidates) counter.count(recording);
}

/// Whether each of its scopes names what can be looked up.
bool is_selective(const archive::Hold& hold) {
  return std::all_of(hold.scopes.begin(), hold.scopes.end(), [](const HoldScope& scope) {
    return !scope.everything &&
           !(scope.recording_id.empty() && scope.subject_key.empty() && scope.agent_key.empty());
  });
}

/// What of a recording holds may mean because an order decides about it; nothing where none does.
Doubt doubt_as_ordered(const archive::Index& index, const Decider& decider,
                       const Recording& recording) {
  if (!recording.order) return {};
  const Decision decision = decider.decide(recording);
  if (!decision.by_order) return {};
  return decider.doubt(decision, contradicted_in(index, recording));
}

/// What it covers, by looking up what its scopes name and the other segments of those calls.
std::uint64_t look_up(const archive::Index& index, const policy::RetentionSchedule& schedule,
                      const archive::Hold& hold, const Decider& decider) {
  const HoldMatcher matcher({hold}, schedule.time_zone, segments_in(index), decider.today());
  KeySet covered;
  std::uint64_t count = 0;
  const auto take = [&](const Recording& recording) {
    const Doubt doubt = doubt_as_ordered(index, decider, recording);
    if (!covered.contains(recording.key) && !matcher.covering(recording, doubt).empty()) {
      covered.insert(recording.key);
      ++count;
    }
  };
  const auto take_call = [&](const Recording& recording) {
    if (covered.contains(recording.key)) return true;
    take(recording);
    if (recording.call_id.empty() || !covered.contains(recording.key)) return true;
    for (const Recording& segment : index.segments(recording.call_id)) take(segment);
    return true;
  };
  for (const HoldScope& scope : hold.scopes) {
    if (!scope.recording_id.empty()) {
      if (const auto recording = index.find(scope.recording_id)) take_call(*recording);
    } else if (!scope.subject_key.empty()) {
      index.scan_subject(scope.subject_key, take_call);
    } else {
      index.scan_agent(scope.agent_key, take_call);
    }
  }
  return count;
}

}  // namespace

Coverage coverage(const archive::Index& index, const policy::RetentionSchedule& schedule,
                  const archive::Hold& hold, base::CivilDate today, const EachMatch& each) {
  Counter counter(index, schedule, hold, today, each);
  if (all_by_id(hold)) {
    count_by_id(index, hold, counter);
    return counter.coverage();
  }
  index.scan([&](const Recording& recording) {
    counter.count(recording);
    return true;
  });
  // Scopes without recordings come one to a hold, or differ in their subjects and in the names of
  // one department alone.
  const HoldScope& scope = hold.scopes.front();
  std::set<std::string> names;
  for (const HoldScope& one : hold.scopes) {
    const std::vector<std::string> more = schedule.names_of(one.department);
    names.insert(more.begin(), more.end());
  }
  const bool is_bound = !scope.subject_key.empty() || !scope.agent_key.empty();
  // What went since then it did not cover: the run had looked.
  const auto before = is_bound ? std::optional(hold.placed_at) : std::nullopt;
  for (const std::string& name : names) {
    counter.coverage().destroyed += index.count_destroyed(name, scope.from, scope.to, before);
  }
  counter.coverage().destroyed_is_bound = is_bound;
  return counter.coverage();
}

std::vector<std::uint64_t> covered_by_each(const archive::Index& index,
                                           const policy::RetentionSchedule& schedule,
                                           const std::vector<archive::Hold>& holds,
                                           base::CivilDate today) {
  const HoldMatcher none({}, schedule.time_zone, nullptr, today);
  const Decider decider(schedule, none, today);
  std::vector<std::uint64_t> counts(holds.size());
  std::vector<archive::Hold> wide;
  std::map<std::string, std::size_t> places;  // of the wide ones, by reference
  for (std::size_t i = 0; i < holds.size(); ++i) {
    if (!holds[i].in_force_on(today)) continue;
    archive::Hold hold = with_all_names(holds[i], schedule);
    if (is_selective(hold)) {
      counts[i] = look_up(index, schedule, hold, decider);
    } else {
      wide.push_back(std::move(hold));
      places[holds[i].reference] = i;
    }
  }
  if (wide.empty()) return counts;
  const HoldMatcher matcher(std::move(wide), schedule.time_zone, segments_in(index), today);
  index.scan([&](const Recording& recording) {
    const Doubt doubt = doubt_as_ordered(index, decider, recording);
    for (const archive::Hold* hold : matcher.covering(recording, doubt))
      ++counts[places[hold->reference]];
    return true;
  });
  return counts;
}

}  // namespace expunge::plan
