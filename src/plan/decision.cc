#include "plan/decision.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "shred/target.h"

namespace expunge::plan {

Decider::Decider(const policy::RetentionSchedule& schedule, const HoldMatcher& holds,
                 base::CivilDate today, AcknowledgementOf acknowledgement_of)
    : schedule_(schedule),
      holds_(holds),
      today_(today),
      acknowledgement_of_(std::move(acknowledgement_of)) {}

bool is_after_indexing(base::CivilDate recorded_on, std::string_view indexed_on) {
  const auto first_day = base::parse_date(indexed_on);
  // Of ten million hardly one gets past this, and no calendar is reckoned with for the others.
  if (!first_day || recorded_on <= *first_day) return false;
  return std::chrono::sys_days{recorded_on} >
         std::chrono::sys_days{*first_day} + kRecordedAfterIndexed;
}

std::optional<Cause> Decider::why_undated(const archive::Recording& recording,
                                          const Decision& so_far) const {
  if (!so_far.recorded_on) return Cause::no_date;
  if (*so_far.recorded_on < schedule_.earliest) return Cause::date_too_early;
  if (*so_far.recorded_on > today_) return Cause::date_in_the_future;
  if (is_after_indexing(*so_far.recorded_on, recording.indexed_on)) {
    return Cause::date_in_the_future;
  }
  return std::nullopt;
}

std::optional<Cause> Decider::what_is_odd(const archive::Recording& recording,
                                          Decision& so_far) const {
  if (recording.odd != nullptr) return Cause::malformed;
  if (recording.state == archive::State::returned) return Cause::came_back;
  if (so_far.undated) {
    // Even if an import contradicts it too: that must not hide that it is kept for too long.
    const auto indexed_on = base::parse_date(recording.indexed_on);
    const auto due_day = indexed_on ? schedule_.latest_due_day(*indexed_on) : today_;
    if (indexed_on && due_day <= today_) {
      so_far.overdue_since = due_day;
      return Cause::undated_overdue;
    }
  }
  if (!recording.contradiction.empty()) return Cause::contradicted;
  if (so_far.undated) return so_far.undated;
  if (so_far.department == nullptr) return Cause::unknown_department;
  return what_stops_order(recording);
}

void Decider::apply_order(const archive::Recording& recording, std::optional<Cause> odd,
                          Decision& decision) const {
  if (!recording.order || recording.order->is_barred) return;
  const archive::Order& order = *recording.order;
  if (is_order_of_another_ground(recording) || order.ordered_on > today_) return;
  if (odd && (!order_overrides(*odd) || what_stops_order(recording))) return;
  decision.by_order = true;
  const bool by_schedule = !odd && decision.due_day && *decision.due_day < order.ordered_on;
  if (!by_schedule) decision.due_day = order.ordered_on;
}

std::optional<Cause> Decider::what_stops_order(const archive::Recording& recording) const {
  if (recording.odd != nullptr) return Cause::malformed;
  if (recording.files.empty()) return Cause::no_file;
  const bool inside =
      std::all_of(recording.files.begin(), recording.files.end(),
                  [](const archive::File& file) { return shred::stays_within_root(file.path); });
  if (!inside) return Cause::path_outside_root;
  return std::nullopt;
}

std::optional<base::CivilDate> Decider::acknowledged_until(const archive::Recording& recording,
                                                           std::string_view cause) const {
  if (!acknowledgement_of_ || cause.empty()) return std::nullopt;
  const auto said = acknowledgement_of_(recording.key);
  if (!said || said->cause != cause || said->until < today_) return std::nullopt;
  return said->until;
}

Doubt Decider::doubt(const Decision& decision, Doubt contradicted) const {
  return {contradicted.date || decision.undated,
          contradicted.department || decision.department == nullptr};
}

std::optional<base::CivilDate> Decider::past_every_period(const Decision& decision) const {
  if (decision.department != nullptr || !decision.recorded_on || decision.undated) return {};
  const base::CivilDate due_day = schedule_.latest_due_day(*decision.recorded_on);
  return due_day <= today_ ? std::optional(due_day) : std::nullopt;
}

Doubt Decider::doubt(const archive::Recording& recording, Doubt contradicted) const {
  return doubt(facts_of(recording), contradicted);
}

Decision Decider::facts_of(const archive::Recording& recording) const {
  Decision decision;
  decision.department = schedule_.find(recording.department);
  if (recording.recorded_at) {
    decision.recorded_on = schedule_.time_zone.civil_date(*recording.recorded_at);
  } else {
    decision.recorded_on = recording.left_date;
  }
  decision.undated = why_undated(recording, decision);
  return decision;
}

Decision Decider::decide(const archive::Recording& recording) const {
  Decision decision = facts_of(recording);
  if (decision.recorded_on && decision.department != nullptr) {
    decision.due_day = policy::due_day(*decision.recorded_on, decision.department->period);
  }
  decision.is_after_indexing =
      decision.undated == Cause::date_in_the_future && *decision.recorded_on <= today_;
  const auto odd = what_is_odd(recording, decision);
  apply_order(recording, odd, decision);
  if (decision.by_order) decision.overdue_since.reset();
  if (odd && !decision.by_order) {
    decision.verdict = Verdict::attention;
    decision.cause = *odd;
    decision.acknowledged_until = acknowledged_until(recording, to_text(*odd));
    if (!decision.overdue_since) decision.overdue_since = past_every_period(decision);
    const auto& past = decision.overdue_since ? decision.overdue_since : decision.due_day;
    if (past && *past < today_) {
      decision.holds = holds_.covering(recording);
      decision.let_go_on = holds_.let_go_on(recording);
    }
    return decision;
  }
  EXPUNGE_ASSERT(decision.due_day.has_value());
  if (*decision.due_day > today_) {
    decision.verdict = Verdict::kept;
    decision.cause = Cause::not_yet;
    decision.acknowledged_until =
        acknowledged_until(recording, acknowledgeable(decision, recording));
    return decision;
  }
  // By the schedule nothing goes whose date or department is in doubt; by an order it may.
  Doubt doubt;
  if (decision.by_order) {
    const archive::Order& order = *recording.order;
    doubt = this->doubt(decision, {order.is_date_contradicted, order.is_department_contradicted});
  }
  decision.holds = holds_.covering(recording, doubt);
  decision.is_perhaps_held = (doubt.date || doubt.department) && !decision.holds.empty() &&
                             holds_.covering(recording).empty();
  if (decision.holds.empty()) {
    decision.let_go_on = holds_.let_go_on(recording, doubt);
    decision.perhaps_held_by = holds_.perhaps_of_held_call(recording);
  }
  decision.verdict = !decision.holds.empty()               ? Verdict::held
                     : decision.perhaps_held_by != nullptr ? Verdict::attention
                                                           : Verdict::due;
  decision.cause = !decision.holds.empty()               ? Cause::under_hold
                   : decision.perhaps_held_by != nullptr ? Cause::perhaps_held
                   : decision.by_order                   ? Cause::ordered
                                                         : Cause::period_over;
  decision.acknowledged_until = acknowledged_until(recording, acknowledgeable(decision, recording));
  return decision;
}

bool is_order_of_another_ground(const archive::Recording& recording) {
  const bool came_back = recording.state == archive::State::returned;
  return recording.order && came_back != (recording.order->ground == "returned");
}

bool order_overrides(Cause cause) {
  switch (cause) {
    case Cause::no_date:
    case Cause::date_too_early:
    case Cause::date_in_the_future:
    case Cause::unknown_department:
    case Cause::contradicted:
    case Cause::came_back:
    case Cause::undated_overdue:
      return true;
    default:
      return false;
  }
}

const std::string& department_of(const Decision& decision, const archive::Recording& recording) {
  return decision.department == nullptr ? recording.department : decision.department->name;
}

}  // namespace expunge::plan
