#include "plan/said.h"

#include <algorithm>
#include <set>

#include "plan/call_doubts.h"

namespace expunge::plan {
namespace {

using archive::HoldScope;
using archive::Recording;

/// The recording as imports said that it is.
class Said {
 public:
  Said(const archive::Index& index, const Recording& recording)
      : index_(index),
        recording_(recording),
        calls_(index.is_contradicted(recording.key, "call_id")) {}

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

}  // namespace expunge::plan
