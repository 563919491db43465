#include "cli/held_before.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "plan/plan.h"
#include "plan/said.h"
#include "report/hold_report.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;

std::vector<std::string> references_of(const std::vector<const archive::Hold*>& holds) {
  std::vector<std::string> references;
  references.reserve(holds.size());
  for (const archive::Hold* const hold : holds) references.push_back(hold->reference);
  return references;
}

/// Whether it covers the recording that it names whatever is right of it.
bool names_alone(const archive::HoldScope& scope) {
  archive::HoldScope id;
  id.recording_id = scope.recording_id;
  return !scope.recording_id.empty() && scope == id;
}

bool names_without_end(const archive::Hold* hold) {
  return !hold->effective_on && std::any_of(hold->scopes.begin(), hold->scopes.end(), names_alone);
}

/// Those that a hold names, by nothing but their ids, whose end has no day yet: one that is
/// released keeps its recording for days only, and what stands behind it would be let go unseen.
std::set<std::string> named_by(const plan::HoldMatcher& holds) {
  std::set<std::string> ids;
  for (const archive::Hold& hold : holds.holds()) {
    if (hold.effective_on) continue;
    for (const archive::HoldScope& scope : hold.scopes) {
      if (names_alone(scope)) ids.insert(scope.recording_id);
    }
  }
  return ids;
}

bool is_in(const std::vector<std::string>& references, const std::string& reference) {
  return std::find(references.begin(), references.end(), reference) != references.end();
}

/// Those of `before`, of `holds`, that are not among `now`: what has no end first, and then what
/// ends last.
std::vector<const archive::Hold*> missing_in(const plan::HoldMatcher& holds,
                                             const std::vector<std::string>& before,
                                             const std::vector<std::string>& now) {
  std::vector<const archive::Hold*> found;
  for (const archive::Hold& hold : holds.holds()) {
    if (is_in(before, hold.reference) && !is_in(now, hold.reference)) found.push_back(&hold);
  }
  const auto end_of = [](const archive::Hold* hold) {
    return std::pair(!hold->effective_on, hold->effective_on.value_or(base::CivilDate()));
  };
  std::stable_sort(found.begin(), found.end(),
                   [&](const auto* one, const auto* other) { return end_of(one) > end_of(other); });
  return found;
}

/// How the holds that stand in the way come to their end: when the first has, all have.
std::string way_to_end(const std::vector<const archive::Hold*>& in_the_way) {
  const archive::Hold& first = *in_the_way.front();
  std::string text =
      first.effective_on
          ? fmt::format("or wait until the hold has ended: it is released, and in force through {}",
                        base::to_text(report::last_day_of_hold(*first.effective_on)))
          : fmt::format("or release the hold if it has ended (expunge hold release {})",
                        first.reference);
  const char* before = "; in the way as well: ";
  for (std::size_t i = 1; i < in_the_way.size(); ++i) {
    text += before + in_the_way[i]->reference;
    before = ", ";
  }
  return text;
}

/// Refuses when one of `before`, of `holds`, is not among `now`.
void require_all(const plan::HoldMatcher& holds, const std::string& id,
                 const std::vector<std::string>& before, const std::vector<std::string>& now,
                 const char* words) {
  const auto missing = missing_in(holds, before, now);
  if (missing.empty()) return;
  throw Failure(
      ExitStatus::usage,
      fmt::format("recording {0}: {1}; nothing was changed; place a hold on the "
                  "recording itself first (expunge hold place REFERENCE --recording "
                  "{0}), {2}",
                  base::printable(id), fmt::format(fmt::runtime(words), missing.front()->reference),
                  way_to_end(missing)));
}

}  // namespace

HeldBefore::HeldBefore(Desk& desk)
    : desk_(desk),
      holds_(desk.hold_matcher(desk.today())),
      decider_(desk.config().schedule, holds_, desk.today()),
      named_(named_by(holds_)) {}

void HeldBefore::add(const archive::Recording& recording, bool as_indexed) {
  Before before;
  before.id = recording.id;
  before.call = recording.call_id;
  before.covering = references_of(holds_.covering(recording));
  before.by_word = references_of(plan::covering_by_word(desk_.index(), holds_, recording));
  if (as_indexed) add_lost(recording, before);
  before.perhaps = perhaps_covering(recording, holds_);
  if (calls_.insert(recording.call_id).second) {
    before.is_first_of_call = true;
    if (const auto* const of_call = holds_.perhaps_held_call(recording.call_id)) {
      before.others = *of_call;
    }
  }
  of_other_calls_ = of_other_calls_ || desk_.index().is_contradicted(recording.key, "call_id");
  before_.push_back(std::move(before));
}

/// The references of those that may mean it for its date, its department or its call.
std::vector<std::string> HeldBefore::perhaps_covering(const archive::Recording& recording,
                                                      const plan::HoldMatcher& holds) const {
  const plan::Decision decision = decider_.decide(recording);
  auto found = plan::perhaps_covering(
      holds, recording, decider_.doubt(decision, plan::contradicted_in(desk_.index(), recording)),
      plan::said_else(desk_.index(), desk_.config().schedule, decision, recording));
  // On what ground it may be is said nowhere here: that is of the values of before.
  for (std::string& why : found) why.resize(std::min(why.size(), why.find(' ')));
  for (const std::string& reference : references_of(plan::holds_of(holds.all_perhaps(recording)))) {
    if (!is_in(found, reference)) found.push_back(reference);
  }
  return found;
}

/// Of what the log alone knows. Of another call the recording may have kept its segments, which
/// nothing names any more: any hold may depend on that.
void HeldBefore::add_lost(const archive::Recording& recording, Before& before) const {
  const archive::Index& index = desk_.index();
  if (index.is_lost(recording.key, "call_id")) {
    for (const archive::Hold& hold : holds_.holds()) before.by_lost_call.push_back(hold.reference);
  } else {
    before.by_lost_word = references_of(plan::covering_by_lost_word(index, holds_, recording));
  }
}

void HeldBefore::require_still_held() const {
  // Anew: the other one remembers of which calls holds were.
  const plan::HoldMatcher holds = desk_.hold_matcher(desk_.today());
  for (const Before& before : before_) {
    if (!before.by_lost_call.empty()) {
      throw Failure(
          ExitStatus::usage,
          fmt::format("recording {}: the log says that of which call it is was put right, "
                      "and a hold ({}) may depend on that; nothing was changed; say of "
                      "which it is, also if it is as the index has it (--call; where it "
                      "is of none, its own id)",
                      base::printable(before.id), before.by_lost_call.front()));
    }
    require_others_held(before, holds);
    if (named_.contains(before.id)) continue;
    const auto now = references_of(holds.covering(*desk_.index().find(before.id)));
    require_all(holds_, before.id, before.covering, now, "then the hold {} would cover it no more");
    require_all(holds_, before.id, before.by_word, now,
                "the hold {} means it by what an import said of whose call it is, and would not "
                "cover it then");
    require_all(holds_, before.id, before.by_lost_word, now,
                "the hold {} may mean it, since whose call it is was put right, or an import said "
                "otherwise, and nothing tells as what: say that (--subject, --agent, --call), "
                "rather than that the index is "
                "right");
  }
}

/// The other segments of a call that it has left; empty: there are none that a hold covered.
std::vector<archive::Recording> HeldBefore::left_behind(const Before& before) const {
  if (!before.is_first_of_call || before.call.empty() || before.covering.empty()) return {};
  const auto recording = desk_.index().find(before.id);
  if (!recording || recording->call_id == before.call) return {};
  return desk_.index().segments(before.call);
}

/// What held them through the one that has left does so no more. One hold that names one of them
/// keeps them all.
void HeldBefore::require_others_held(const Before& before, const plan::HoldMatcher& now) const {
  const auto others = left_behind(before);
  if (others.empty()) return;
  const auto covering = now.covering(others.front());
  if (std::any_of(covering.begin(), covering.end(), names_without_end)) return;
  const auto missing = missing_in(holds_, before.covering, references_of(covering));
  if (missing.empty()) return;
  throw Failure(
      ExitStatus::usage,
      fmt::format("recording {2}: then the hold {3} would no longer cover the others of its call "
                  "({0}; first: {1}); nothing was changed; place a hold on both first, which keeps "
                  "all of them (expunge hold place REFERENCE --recording {2} {1}), {4}",
                  base::grouped(others.size()), base::printable(others.front().id),
                  base::printable(before.id), missing.front()->reference, way_to_end(missing)));
}

/// Only where another hold names one of them.
void HeldBefore::say_what_others_lose(const Before& before, const plan::HoldMatcher& now) const {
  const auto others = left_behind(before);
  if (others.empty()) return;
  for (const archive::Hold* const hold :
       missing_in(holds_, before.covering, references_of(now.covering(others.front())))) {
    message(fmt::format(
        "note: hold {0} covered the others of the call that recording {1} leaves ({2}; first: "
        "{3}), "
        "and does not cover them as it is now; a hold that names one of them keeps them. Before "
        "you release that one, see whether hold {0} is for these too",
        hold->reference, base::printable(before.id), base::grouped(others.size()),
        base::printable(others.front().id)));
  }
}

/// Only where another hold names the recording, and is all that keeps it then: require_still_held()
/// refuses else.
void HeldBefore::say_what_names_it_no_more(const Before& before,
                                           const std::vector<std::string>& now) {
  std::vector<std::string> references = before.covering;
  references.insert(references.end(), before.by_word.begin(), before.by_word.end());
  for (const std::string& reference : references) {
    if (is_in(now, reference)) continue;
    message(fmt::format(
        "note: hold {1} meant recording {0}, or may have meant it, and does not cover it as it is "
        "now; a hold that names the recording itself keeps it. Before you release that one, see "
        "whether hold {1} is for this recording too",
        base::printable(before.id), reference));
  }
}

namespace {

/// Recordings that were perhaps segments of a held call, and are not any more.
struct LetGo {
  plan::KeySet keys;
  std::uint64_t count = 0, due = 0;
  std::string first, held;

  void add(const archive::Recording& recording, const plan::WhyPerhaps& before, bool is_due) {
    if (keys.contains(recording.key)) return;
    keys.insert(recording.key);
    if (is_due) ++due;
    if (count++ > 0) return;
    first = recording.id;
    held = plan::held_by(plan::holds_of(plan::by_others(before, recording)));
  }
};

}  // namespace

/// Whether a hold covers it, or may mean it by itself or for its call.
bool HeldBefore::may_be_held(const archive::Recording& recording,
                             const plan::HoldMatcher& now) const {
  return !now.covering(recording).empty() || !perhaps_covering(recording, now).empty() ||
         !plan::covering_by_word(desk_.index(), now, recording).empty() ||
         !plan::covering_by_lost_word(desk_.index(), now, recording).empty();
}

/// Others than those put right: by the calls of which imports said that one of these is, and by
/// their own.
void HeldBefore::say_who_is_perhaps_held_no_more(const plan::HoldMatcher& now) const {
  const plan::Decider decider(desk_.config().schedule, now, desk_.plan_day(std::nullopt));
  std::set<std::string> put_right;
  for (const Before& before : before_) put_right.insert(before.id);
  LetGo gone;
  const auto look_at = [&](const archive::Recording& other, const plan::WhyPerhaps* before) {
    if (before == nullptr || put_right.contains(other.id)) return;
    if (plan::by_others(*before, other).empty() || may_be_held(other, now)) return;
    gone.add(other, *before, decider.decide(other).verdict == plan::Verdict::due);
  };
  if (of_other_calls_ && holds_.knows_said_calls()) {
    desk_.index().scan([&](const archive::Recording& other) {
      look_at(other, holds_.said_of_held_call(other));
      return true;
    });
  }
  for (const Before& before : before_) {
    if (before.others.empty()) continue;
    for (const archive::Recording& other : desk_.index().segments(before.call)) {
      look_at(other, &before.others);
    }
  }
  if (gone.count == 0) return;
  message(fmt::format(
      "note: others that may have been segments of a held call, and that no hold covers as it is "
      "now: {}; of these due at once: {}; the first is recording {}, and may have been {}. If one "
      "should be covered, place a hold on it (expunge hold place REFERENCE --recording ID)",
      base::grouped(gone.count), base::grouped(gone.due), base::printable(gone.first), gone.held));
}

std::string HeldBefore::waits_for(const archive::Recording& recording) const {
  if (!recording.contradiction.empty()) return "";
  const plan::PerhapsHeld* const by = holds_.perhaps_of_held_call(recording);
  return by == nullptr ? "" : plan::remedy_of_perhaps_held(*by);
}

void HeldBefore::say_what_is_meant_no_more() const {
  const plan::HoldMatcher holds = desk_.hold_matcher(desk_.today());
  say_who_is_perhaps_held_no_more(holds);
  for (const Before& before : before_) {
    if (before.perhaps.empty() && before.covering.empty() && before.by_word.empty()) continue;
    const auto recording = desk_.index().find(before.id);
    if (!recording) continue;
    const auto now = references_of(holds.covering(*recording));
    const plan::Decision decision = decider_.decide(*recording);
    say_what_names_it_no_more(before, now);
    say_what_others_lose(before, holds);
    const std::vector<std::string> still = perhaps_covering(*recording, holds);
    for (const std::string& reference : before.perhaps) {
      if (is_in(now, reference) || is_in(still, reference)) continue;
      message(fmt::format(
          "note: while recording {0} was in doubt, hold {1} may have meant it; as it is now "
          "(department {2}, recorded {3}), it is not covered. If it should be, place a hold on the "
          "recording itself (expunge hold place REFERENCE --recording {0})",
          base::printable(before.id), reference,
          base::printable(department_of(decision, *recording)),
          decision.recorded_on ? base::to_text(*decision.recorded_on) : "no date"));
    }
  }
}

}  // namespace expunge::cli
