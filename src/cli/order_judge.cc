#include "cli/order_judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "plan/plan.h"

namespace expunge::cli {

OrderJudge::OrderJudge(const Desk& desk, const LogAhead& ahead, const archive::Order& order)
    : desk_(desk),
      ahead_(ahead),
      order_(order),
      holds_(desk.hold_matcher(order.ordered_on)),
      decider_(desk.config().schedule, holds_, order.ordered_on) {}

void OrderJudge::look_at(const std::string& id) {
  auto recording = desk_.index().find(id);
  if (!recording) return refuse(id, why_not_there(id));
  if (const auto gone = ahead_.why_gone(id)) return refuse(id, *gone);
  if (recording->order) {
    if (recording->order->ground != order_.ground ||
        recording->order->authority != order_.authority) {
      return refuse(id, fmt::format("it is ordered already ({}, authority {}); --withdraw takes "
                                    "that back",
                                    base::printable(recording->order->ground),
                                    base::printable(recording->order->authority)));
    }
  } else if (const auto other = ahead_.other_order(id, order_)) {
    return refuse(id, *other);
  } else {
    recording->order = order_;
    recording->order->is_barred = desk_.index().bars_order(recording->key);
    const plan::Doubt contradicted = plan::contradicted_in(desk_.index(), *recording);
    recording->order->is_date_contradicted = contradicted.date;
    recording->order->is_department_contradicted = contradicted.department;
    fresh_.push_back(recording->key);
  }
  const plan::Decision decision = decider_.decide(*recording);
  // Something ordinary that is due as well is no less wrongly described by that ground.
  const bool came_back = recording->state == archive::State::returned;
  if (decision.verdict != plan::Verdict::due || came_back != (order_.ground == "returned")) {
    return refuse(id, why_not(*recording, decision));
  }
  keys_.insert(recording->key);
  lines_.push_back(line_of(*recording, decision));
}

void OrderJudge::refuse(const std::string& id, const std::string& why) {
  refusals_.push_back(base::printable(id) + ": " + why);
}

bool OrderJudge::is_fresh(const archive::Recording& recording) const {
  return std::find(fresh_.begin(), fresh_.end(), recording.key) != fresh_.end();
}

std::string OrderJudge::why_not_there(const std::string& id) const {
  const auto history = desk_.index().history(id);
  if (!history) return "the index knows no such recording";
  return fmt::format("it is {} already{}",
                     history->state == archive::State::removed ? "removed" : "destroyed",
                     history->log_seq ? fmt::format(" (log entry {})", *history->log_seq) : "");
}

std::string OrderJudge::why_not(const archive::Recording& recording,
                                const plan::Decision& decision) const {
  if (decision.verdict == plan::Verdict::held) return why_held(recording, decision);
  const bool came_back = recording.state == archive::State::returned;
  if (came_back && order_.ground != "returned") {
    return "it was destroyed once, and one of its files is back: --ground returned is for that";
  }
  if (!came_back && order_.ground == "returned") {
    return "it is none that was destroyed once and came back";
  }
  if (recording.order->ordered_on > decider_.today()) {
    return "it is ordered as of a day that is yet to come; look at the clock";
  }
  archive::Recording as_it_is = recording;
  if (is_fresh(recording)) as_it_is.order.reset();
  std::string text = plan::reason(decision, as_it_is);
  if (const auto covering = holds_.covering(recording); !covering.empty()) {
    text += fmt::format("; besides it is {}, and a hold wins", plan::held_by(covering));
  }
  if (recording.order->is_barred) return text + why_barred(recording);
  const std::string remedy = decision.perhaps_held_by != nullptr
                                 ? plan::remedy_of_perhaps_held(*decision.perhaps_held_by)
                                 : std::string(plan::remedy(decision.cause));
  return remedy.empty() ? text : text + "; " + remedy;
}

std::string OrderJudge::why_held(const archive::Recording& recording,
                                 const plan::Decision& decision) const {
  const plan::Doubt doubt =
      decider_.doubt(decision, plan::contradicted_in(desk_.index(), recording));
  const auto for_sure = holds_.covering(recording);
  std::string text = for_sure.empty() ? "a hold may mean it, and wins until that is settled"
                                      : "a hold wins: it is " + plan::held_by(for_sure);
  const auto perhaps = plan::perhaps_covering(holds_, recording, doubt);
  const char* before = for_sure.empty() ? ": " : ", and another may mean it: ";
  for (const std::string& why : perhaps) {
    text += before + why;
    before = "; ";
  }
  text += is_fresh(recording) ? ", and no order is placed on it"
                              : "; the order on it stands, and waits for that";
  if (!perhaps.empty()) text += how_to_settle(recording, decision, doubt);
  return text;
}

std::string OrderJudge::how_to_settle(const archive::Recording& recording,
                                      const plan::Decision& decision, plan::Doubt doubt) const {
  const plan::Doubt contradicted = plan::contradicted_in(desk_.index(), recording);
  std::string ways;
  const auto add = [&ways](bool applies, const char* way) {
    if (applies) ways += (ways.empty() ? "" : ", ") + std::string(way);
  };
  const bool by_index = (contradicted.date && !decision.undated) ||
                        (contradicted.department && decision.department != nullptr);
  add(by_index, "--as-indexed if the index is right");
  add(contradicted.date || contradicted.department, "--as-imported if the import is");
  add(doubt.date, "--recorded-at TIME");
  add(doubt.department, "--department NAME");
  return fmt::format(
      ". Settle what is in doubt first: expunge correct {} --authority REFERENCE, with {}; or "
      "release the hold if it has ended and is not released yet (expunge hold release REFERENCE)",
      base::printable(recording.id), ways);
}

/// What an order cannot decide, and what does; with a semicolon before it.
std::string OrderJudge::why_barred(const archive::Recording& recording) const {
  const std::string id = base::printable(recording.id);
  const archive::Index& index = desk_.index();
  const bool of_files = index.is_contradicted(recording.key, "file");
  const bool of_people = index.is_contradicted(recording.key, "subject") ||
                         index.is_contradicted(recording.key, "agent") ||
                         index.is_contradicted(recording.key, "call_id");
  std::string text;
  if (of_people) {
    text += fmt::format(
        "; an order cannot decide that, because a hold may depend on whose call it is: put that "
        "right first: expunge correct {0} --authority REFERENCE, with --as-indexed if the index is "
        "right, and else with --subject NUMBER, --agent NAME or --call ID; where a hold refuses "
        "that, place a hold on the recording itself (expunge hold place REFERENCE --recording "
        "{0}), or release that hold if it has ended (expunge hold release REFERENCE)",
        id);
  }
  if (of_files) {
    text += fmt::format(
        "; {} what lies there now is not what was recorded: find out which file is its, and if it "
        "is right as it is on disk: expunge correct {} --as-found --authority REFERENCE",
        of_people ? "nor whether" : "an order cannot decide that, because perhaps", id);
  }
  return text;
}

std::string OrderJudge::line_of(const archive::Recording& recording,
                                const plan::Decision& decision) const {
  const plan::Doubt contradicted = plan::contradicted_in(desk_.index(), recording);
  const bool impossible = decision.recorded_on && decision.undated;
  return fmt::format("  {}  {}{}  {}{}  files: {}", base::printable(recording.id),
                     base::printable(department_of(decision, recording)),
                     contradicted.department          ? " (in doubt)"
                     : decision.department == nullptr ? " (not in the retention schedule)"
                                                      : "",
                     decision.recorded_on ? base::to_text(*decision.recorded_on) : "no date",
                     impossible          ? " (cannot be true)"
                     : contradicted.date ? " (in doubt)"
                                         : "",
                     recording.files.size());
}

}  // namespace expunge::cli
