#include "plan/said.h"

#include <algorithm>
#include <memory>
#include <set>
#include <unordered_map>

namespace expunge::plan {
namespace {

using archive::HoldScope;
using archive::Recording;

/// The recording as imports said that it is.
class Said {
 public:
  enum class Ask { all, people };
  Said(const archive::Index& index, const Recording& recording, Ask ask = Ask::all)
      : index_(index),
        recording_(recording),
        calls_(ask == Ask::all && index.is_contradicted(recording.key, "call_id")) {}

  void ask(const HoldScope& scope) {
    add("subject", scope.subject_key, recording_.subject_key);
    add("agent", scope.agent_key, recording_.agent_key);
    if (calls_) ask_for_calls(scope);
  }

  [[nodiscard]] const Recording& recording() const { return recording_; }

 private:
  void add(const char* fact, const std::string& key, std::string& keys) const {
    if (key.empty() || archive::is_among(keys, key)) return;
    if (!index_.is_said(recording_.key, fact, key)) return;
    keys += (keys.empty() ? "" : " ") + key;
  }

  void ask_for_calls(const HoldScope& scope) {
    const auto look_at = [&](const Recording& other) {
      if (other.call_id.empty() || !asked_.insert(other.call_id).second) return true;
      if (index_.is_said(recording_.key, "call_id", other.call_id)) {
        recording_.call_id = other.call_id;
        calls_ = false;
      }
      return calls_;
    };
    if (!scope.recording_id.empty()) {
      if (const auto other = index_.find(scope.recording_id)) look_at(*other);
    } else if (!scope.subject_key.empty()) {
      index_.scan_subject(scope.subject_key, look_at);
    } else if (!scope.agent_key.empty()) {
      index_.scan_agent(scope.agent_key, look_at);
    }
  }

  const archive::Index& index_;
  Recording recording_;
  bool calls_;
  std::set<std::string> asked_;
};

/// Whether the log or an import says that this fact is another than the index has, and nothing
/// tells which: what an import said an older version did not keep.
bool is_untold(const archive::Index& index, const Recording& recording, const char* fact) {
  return index.is_lost(recording.key, fact) || index.said_otherwise(recording.key, fact) == "";
}

/// What of a recording may be anything.
struct Any {
  bool subject = false, agent = false;
};

/// Whether the hold fits it by itself, whatever that is.
bool may_fit(const HoldMatcher& holds, const archive::Hold& hold, const Recording& recording,
             Any any, Doubt doubt) {
  return std::any_of(hold.scopes.begin(), hold.scopes.end(), [&](const HoldScope& scope) {
    Recording meant = recording;
    if (any.subject && !scope.subject_key.empty()) meant.subject_key = scope.subject_key;
    if (any.agent && !scope.agent_key.empty()) meant.agent_key = scope.agent_key;
    return holds.fits(hold, meant, doubt);
  });
}

/// By id, or by whose calls they are.
bool names_any(const HoldScope& scope) {
  return !scope.recording_id.empty() || !scope.subject_key.empty() || !scope.agent_key.empty();
}

}  // namespace

std::vector<const archive::Hold*> covering_by_word(const archive::Index& index,
                                                   const HoldMatcher& holds,
                                                   const Recording& recording) {
  if (recording.contradiction.empty() || holds.holds().empty()) return {};
  Said said(index, recording);
  for (const archive::Hold& hold : holds.holds()) {
    for (const HoldScope& scope : hold.scopes) said.ask(scope);
  }
  const auto before = holds.covering(recording);
  auto found = holds.covering(said.recording());
  std::erase_if(found, [&](const archive::Hold* hold) {
    return std::find(before.begin(), before.end(), hold) != before.end();
  });
  return found;
}

std::vector<const archive::Hold*> covering_by_lost_word(const archive::Index& index,
                                                        const HoldMatcher& holds,
                                                        const Recording& recording) {
  if (recording.contradiction.empty() || holds.holds().empty()) return {};
  const bool subject = is_untold(index, recording, "subject");
  const bool agent = is_untold(index, recording, "agent");
  const bool call = is_untold(index, recording, "call_id");
  if (!subject && !agent && !call) return {};
  const auto before = holds.covering(recording);
  const Doubt doubt{index.is_contradicted(recording.key, "recorded_at"),
                    index.is_contradicted(recording.key, "department")};
  std::vector<const archive::Hold*> found;
  for (const archive::Hold& hold : holds.holds()) {
    if (std::find(before.begin(), before.end(), &hold) != before.end()) continue;
    // Of which call it may be, a hold may name any other recording.
    const bool may = (call && std::any_of(hold.scopes.begin(), hold.scopes.end(), names_any)) ||
                     may_fit(holds, hold, recording, {subject, agent}, doubt);
    if (may) found.push_back(&hold);
  }
  return found;
}

SaidElse said_else(const archive::Index& index, const policy::RetentionSchedule& schedule,
                   const Decision& decision, const Recording& recording) {
  SaidElse said;
  if (recording.contradiction.empty() || decision.by_order) return said;
  if (!decision.undated) {
    const auto date = index.said_otherwise(recording.key, "recorded_at");
    const auto instant = date ? base::parse_instant(*date) : std::nullopt;
    if (instant) said.day = schedule.time_zone.civil_date(*instant);
  }
  if (decision.department != nullptr) {
    said.department = index.said_otherwise(recording.key, "department");
    // Whichever the schedule's is that it means.
    if (said.department && schedule.find(*said.department) == nullptr) said.department.reset();
  }
  return said;
}

namespace {

/// Of the recordings of which an import said another call than the index has, those that `holds`
/// mean by themselves: by the calls that were said. Null: there are none.
SaidOf held_calls_said(const archive::Index& index, const HoldMatcher& holds) {
  if (holds.holds().empty()) return nullptr;
  auto by_call = std::make_shared<std::unordered_map<std::string, PerhapsHeld>>();
  index.for_each_said_call([&](std::int64_t key, const std::string& secret) {
    const auto recording = index.find(key);
    if (!recording) return;
    const Doubt doubt{index.is_contradicted(key, "recorded_at"),
                      index.is_contradicted(key, "department")};
    Said said(index, *recording, Said::Ask::people);
    for (const archive::Hold& hold : holds.holds()) {
      for (const HoldScope& scope : hold.scopes) said.ask(scope);
      if (!holds.fits(hold, said.recording(), doubt)) continue;
      PerhapsHeld& of_call = (*by_call)[secret];
      of_call.recording = recording->id;
      if (std::find(of_call.holds.begin(), of_call.holds.end(), &hold) == of_call.holds.end()) {
        of_call.holds.push_back(&hold);
      }
    }
  });
  if (by_call->empty()) return nullptr;
  return [&index, by_call](const std::string& call_id) -> const PerhapsHeld* {
    const auto found = by_call->find(index.secret_call(call_id));
    return found == by_call->end() ? nullptr : &found->second;
  };
}

/// What is in doubt of a recording, whatever holds there are.
class Doubts {
 public:
  Doubts(const archive::Index& index, const policy::RetentionSchedule& schedule,
         base::CivilDate day)
      : index_(index),
        schedule_(schedule),
        none_({}, schedule.time_zone, nullptr, day),
        decider_(schedule_, none_, day) {}

  Doubts(const Doubts&) = delete;
  Doubts& operator=(const Doubts&) = delete;
  Doubts(Doubts&&) = delete;
  Doubts& operator=(Doubts&&) = delete;
  ~Doubts() = default;

  /// As MayMean.
  [[nodiscard]] std::vector<const archive::Hold*> may_mean(const HoldMatcher& holds,
                                                           const Recording& recording) const {
    const bool contradicted = !recording.contradiction.empty();
    const Doubt doubt = decider_.doubt(
        recording, {contradicted && index_.is_contradicted(recording.key, "recorded_at"),
                    contradicted && index_.is_contradicted(recording.key, "department")});
    if (!contradicted && !doubt.date && !doubt.department) return {};
    Said said(index_, recording, Said::Ask::people);
    const bool subject = contradicted && is_untold(index_, recording, "subject");
    const bool agent = contradicted && is_untold(index_, recording, "agent");
    std::vector<const archive::Hold*> found;
    for (const archive::Hold& hold : holds.holds()) {
      if (holds.fits(hold, recording, {})) continue;
      if (contradicted) {
        for (const HoldScope& scope : hold.scopes) said.ask(scope);
      }
      if (holds.fits(hold, said.recording(), doubt) ||
          may_fit(holds, hold, said.recording(), {subject, agent}, doubt)) {
        found.push_back(&hold);
      }
    }
    return found;
  }

 private:
  const archive::Index& index_;
  const policy::RetentionSchedule schedule_;
  HoldMatcher none_;
  Decider decider_;
};

}  // namespace

void set_doubts(HoldMatcher& holds, const archive::Index& index,
                const policy::RetentionSchedule& schedule, base::CivilDate day) {
  if (holds.holds().empty()) return;
  const auto doubts = std::make_shared<const Doubts>(index, schedule, day);
  holds.set_doubts(held_calls_said(index, holds),
                   [doubts](const HoldMatcher& matcher, const Recording& recording) {
                     return doubts->may_mean(matcher, recording);
                   });
}

}  // namespace expunge::plan
