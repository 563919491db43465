#include "plan/call_doubts.h"

#include <algorithm>
#include <memory>
#include <span>
#include <unordered_map>

#include "plan/decision.h"

namespace expunge::plan {
namespace {

using archive::HoldScope;
using archive::Recording;
using archive::SaidAgainst;
using Against = std::span<const SaidAgainst>;

/// What is in doubt of recordings, and which of certain holds may mean them therefore.
class Doubts {
 public:
  Doubts(const archive::Index& index, const policy::RetentionSchedule& schedule,
         base::CivilDate day, const std::vector<archive::Hold>& holds)
      : index_(index),
        schedule_(schedule),
        none_({}, schedule.time_zone, nullptr, day),
        decider_(schedule_, none_, day) {
    for (const archive::Hold& hold : holds) {
      for (const HoldScope& scope : hold.scopes) {
        remember(subjects_, "subject", scope.subject_key);
        remember(agents_, "agent", scope.agent_key);
      }
    }
  }

  Doubts(const Doubts&) = delete;
  Doubts& operator=(const Doubts&) = delete;
  Doubts(Doubts&&) = delete;
  Doubts& operator=(Doubts&&) = delete;
  ~Doubts() = default;

  /// Of the recordings of which an import said another call than the index has, those that holds
  /// mean, or may mean, by themselves: by the calls that were said.
  [[nodiscard]] std::unordered_map<std::string, WhyPerhaps> said(const HoldMatcher& holds) const {
    std::unordered_map<std::string, WhyPerhaps> by_call;
    index_.for_each_said_call([&](std::int64_t key, const std::string& secret) {
      const auto recording = index_.find(key);
      if (!recording) return;
      const Meant meant = as_said(*recording, index_.said_against(key));
      PerhapsHeld sure{recording->id, {}};
      PerhapsHeld unsure{recording->id, {}, true, false};
      for (const archive::Hold& hold : holds.holds()) {
        if (holds.fits(hold, *recording, {})) {
          sure.holds.push_back(&hold);
        } else if (may_mean(holds, hold, meant)) {
          unsure.holds.push_back(&hold);
        }
      }
      if (sure.holds.empty() && unsure.holds.empty()) return;
      WhyPerhaps& of_call = by_call[secret];
      add_why(of_call, std::move(sure));
      add_why(of_call, std::move(unsure));
    });
    return by_call;
  }

  /// As DoubtsOf.
  [[nodiscard]] WhyPerhaps of(const HoldMatcher& holds, const std::string& call_id,
                              const std::vector<Recording>& segments) const {
    WhyPerhaps found;
    const std::vector<SaidAgainst> all = said_against(call_id, segments);
    for (const Recording& segment : segments) {
      const Meant meant = as_said(segment, against(all, segment.key));
      if (!meant.is_in_doubt) continue;
      PerhapsHeld why{segment.id, {}, false, false};
      for (const archive::Hold& hold : holds.holds()) {
        if (is_told_twice(found, &hold) || holds.fits(hold, segment, {})) continue;
        if (may_mean(holds, hold, meant)) {
          why.holds.push_back(&hold);
        }
      }
      add_why(found, std::move(why));
      const bool is_all =
          std::all_of(holds.holds().begin(), holds.holds().end(),
                      [&](const archive::Hold& hold) { return is_told_twice(found, &hold); });
      if (is_all) break;  // of very many
    }
    return found;
  }

  [[nodiscard]] std::string secret_call(const std::string& call_id) const {
    return index_.secret_of("call_id", call_id);
  }

 private:
  using BySecret = std::unordered_map<std::string, std::string>;

  /// A recording as imports said that it is.
  struct Meant {
    Recording recording;
    Doubt doubt;
    Untold untold;
    bool is_in_doubt = false;
  };

  void remember(BySecret& keys, const char* fact, const std::string& key) const {
    if (!key.empty()) keys.emplace(index_.secret_of(fact, key), key);
  }

  [[nodiscard]] std::vector<SaidAgainst> said_against(
      const std::string& call_id, const std::vector<Recording>& segments) const {
    const bool any = std::any_of(segments.begin(), segments.end(), [](const Recording& segment) {
      return !segment.contradiction.empty();
    });
    return any ? index_.said_against_call(call_id) : std::vector<SaidAgainst>();
  }

  /// Of `all`, by recording, those of one.
  static Against against(const std::vector<SaidAgainst>& all, std::int64_t key) {
    const auto first = std::partition_point(
        all.begin(), all.end(), [&](const SaidAgainst& each) { return each.recording_key < key; });
    const auto last = std::partition_point(
        first, all.end(), [&](const SaidAgainst& each) { return each.recording_key == key; });
    return {first, last};
  }

  [[nodiscard]] Meant as_said(const Recording& recording, Against said) const {
    Meant meant{recording, {}, {}};
    Doubt contradicted;
    for (const SaidAgainst& each : said) {
      const bool is_untold = each.by_log || each.says.empty();
      if (each.fact == "recorded_at") contradicted.date = true;
      if (each.fact == "department") contradicted.department = true;
      if (each.fact == "subject") {
        add_said(subjects_, each.says, meant.recording.subject_key);
        meant.untold.subject = is_untold;
        meant.is_in_doubt = true;
      }
      if (each.fact == "agent") {
        add_said(agents_, each.says, meant.recording.agent_key);
        meant.untold.agent = is_untold;
        meant.is_in_doubt = true;
      }
    }
    meant.doubt = decider_.doubt(recording, contradicted);
    meant.is_in_doubt = meant.is_in_doubt || meant.doubt.date || meant.doubt.department;
    return meant;
  }

  static void add_said(const BySecret& known, const std::string& says, std::string& keys) {
    const auto found = known.find(says);
    if (found == known.end() || archive::is_among(keys, found->second)) return;
    keys += (keys.empty() ? "" : " ") + found->second;
  }

  static bool may_mean(const HoldMatcher& holds, const archive::Hold& hold, const Meant& meant) {
    return may_fit(holds, hold, meant.recording, meant.untold, meant.doubt);
  }

  const archive::Index& index_;
  const policy::RetentionSchedule schedule_;
  HoldMatcher none_;
  Decider decider_;
  BySecret subjects_, agents_;  // those that holds name
};

}  // namespace

bool may_fit(const HoldMatcher& holds, const archive::Hold& hold, const Recording& recording,
             Untold untold, Doubt doubt) {
  if (holds.fits(hold, recording, doubt)) return true;
  if (!untold.subject && !untold.agent) return false;
  return std::any_of(hold.scopes.begin(), hold.scopes.end(), [&](const HoldScope& scope) {
    Recording meant = recording;
    if (untold.subject && !scope.subject_key.empty()) meant.subject_key = scope.subject_key;
    if (untold.agent && !scope.agent_key.empty()) meant.agent_key = scope.agent_key;
    return holds.fits(hold, meant, doubt);
  });
}

void set_doubts(HoldMatcher& holds, const archive::Index& index,
                const policy::RetentionSchedule& schedule, base::CivilDate day) {
  if (holds.holds().empty()) return;
  const auto doubts = std::make_shared<const Doubts>(index, schedule, day, holds.holds());
  const auto said =
      std::make_shared<const std::unordered_map<std::string, WhyPerhaps>>(doubts->said(holds));
  SaidOf said_of;
  if (!said->empty()) {
    said_of = [doubts, said](const std::string& call_id) {
      const auto found = said->find(doubts->secret_call(call_id));
      return found == said->end() ? nullptr : &found->second;
    };
  }
  holds.set_doubts(std::move(said_of),
                   [doubts](const HoldMatcher& matcher, const std::string& call_id,
                            const std::vector<Recording>& segments) {
                     return doubts->of(matcher, call_id, segments);
                   });
}

}  // namespace expunge::plan
