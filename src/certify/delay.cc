#include "certify/delay.h"

#include <algorithm>

namespace expunge::certify {

using std::chrono::sys_days;

void DelayTrail::take(const audit::EntryView& entry) {
  if (entry.type.starts_with("hold.")) {
    take_hold(read_hold_change(entry, path_));
  } else if (entry.type == "policy") {
    policies_.push_back(read_policy(entry, path_));
  }
}

void DelayTrail::take_hold(const Logged<audit::HoldChange>& change) {
  using Kind = audit::HoldChange::Kind;
  const auto found = newest_.find(change.says.reference);
  if (change.says.change == Kind::place) {
    // One that the index had lost is placed again while it is in force by the log.
    if (found != newest_.end() && !holds_[found->second].effective) return;
    newest_[change.says.reference] = holds_.size();
    holds_.push_back({{change.seq, 0}, std::nullopt});
    return;
  }
  if (found == newest_.end()) return;
  Span& span = holds_[found->second];
  // A release that another login must confirm has no day yet.
  span.effective = change.says.change == Kind::keep ? std::nullopt : change.says.effective;
  span.entries.released = change.seq;
}

std::optional<Delay> DelayTrail::delay_of(const audit::Destroyed& says, base::CivilDate run_day,
                                          base::CivilDate done_on) const {
  if (run_day <= says.due || done_on <= says.due) return std::nullopt;
  Delay delay;
  delay.days = static_cast<std::uint64_t>((sys_days{done_on} - sys_days{says.due}).count());
  for (const Span& span : holds_) {
    // One that was in force when the recording went did not cover it.
    const bool ended = span.effective && *span.effective > says.due && *span.effective <= run_day;
    if (ended) delay.holds.push_back(span.entries);
  }
  if (!says.ground.empty()) return delay;
  for (std::size_t i = 0; i + 1 < policies_.size(); ++i) {
    if (policies_[i + 1].time < sys_days{says.due}) continue;
    const auto& departments = policies_[i].says.departments;
    const bool agrees = std::any_of(departments.begin(), departments.end(), [&](const auto& each) {
      return each.name == says.department && each.period == says.period;
    });
    if (!agrees) delay.policies.push_back(policies_[i].seq);
  }
  return delay;
}

}  // namespace expunge::certify
