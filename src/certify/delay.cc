#include "certify/delay.h"

#include <algorithm>

#include "base/error.h"
#include "certify/recordings.h"

namespace expunge::certify {

using std::chrono::sys_days;

namespace {

/// By the clocks on the wall; where their zone is not known here, by UTC.
base::CivilDate day_of(base::Time time, const std::string& zone) {
  return civil_date(time, zone)
      .value_or(base::CivilDate{std::chrono::floor<std::chrono::days>(time)});
}

std::string zone_of(const RunFacts& run) {
  return run.start ? run.start->says.timezone : std::string();
}

bool knows(const audit::Policy& policy, const std::string& name) {
  const auto is = [&](const auto& each) { return each.name == name; };
  return std::any_of(policy.departments.begin(), policy.departments.end(), is) ||
         std::any_of(policy.aliases.begin(), policy.aliases.end(), is);
}

/// A name of which nobody could decide before. Where it had meant another department, or been one,
/// somebody could.
bool adds_name(const audit::Policy& before, const audit::Policy& policy,
               const std::string& department) {
  return std::any_of(policy.aliases.begin(), policy.aliases.end(), [&](const auto& alias) {
    return alias.department == department && !knows(before, alias.name);
  });
}

/// Whether the recording's department, by whichever of the names that it has `now`, had the period
/// then that it went by. Of several that are one now it may have been of any.
bool has_same_period(const audit::Policy& then, const audit::Destroyed& says,
                     const audit::Policy& now) {
  const auto is_it = [&](const std::string& name) {
    return name == says.department ||
           std::any_of(now.aliases.begin(), now.aliases.end(), [&](const auto& alias) {
             return alias.department == says.department && alias.name == name;
           });
  };
  bool any = false;
  for (const auto& each : then.departments) {
    if (!is_it(each.name)) continue;
    if (each.period != says.period) return false;
    any = true;
  }
  return any;
}

}  // namespace

bool tells_of_no_hold(const std::string& reason) {
  return reason != "replaced" && reason != "extents-moved";
}

void DelayTrail::take(const audit::EntryView& entry) {
  if (!began_at_) began_at_ = base::parse_log_time(entry.time);
  if (entry.type.starts_with("hold.")) {
    take_hold(read_hold_change(entry, path_));
  } else if (entry.type == "policy") {
    policies_.push_back(read_policy(entry, path_));
  } else if (entry.type == "plan.approve") {
    take_approval(read_approval(entry, path_));
  } else if (entry.type == "run.start") {
    take_run(read_run_start(entry, path_));
  } else if (entry.type == "run.end") {
    end_run(entry.seq);
  } else if (is_run_open_ && (entry.type == "destroy" || entry.type == "remove")) {
    ++runs_.back().gone;
    runs_.back().missing.erase(std::string(audit::recording_of(entry)));
  } else if (is_run_open_ && entry.type == "destroy.failed" &&
             audit::text_of(entry, "reason") == "missing") {
    runs_.back().missing.emplace(audit::recording_of(entry));
  } else if (is_run_open_ && entry.type.starts_with("destroy.")) {
    runs_.back().is_exact = false;
  }
}

void DelayTrail::take_hold(const Logged<audit::HoldChange>& change) {
  using Kind = audit::HoldChange::Kind;
  const auto found = newest_.find(change.says.reference);
  const std::string zone = policies_.empty() ? "" : policies_.back().says.timezone;
  if (change.says.change == Kind::place) {
    // One that the index had lost is placed again while it is in force by the log: that takes a
    // release back.
    if (found != newest_.end()) {
      Span& span = holds_[found->second];
      if (!span.effective || *span.effective > day_of(change.time, zone)) {
        span.effective.reset();
        return;
      }
    }
    newest_[change.says.reference] = holds_.size();
    holds_.push_back({{change.seq, 0, change.seq}, change.says.reference, change.time});
    return;
  }
  if (found == newest_.end()) return;
  Span& span = holds_[found->second];
  if (change.says.change == Kind::keep && span.effective &&
      *span.effective <= day_of(change.time, zone)) {
    // It had ended: what it kept until then could go, and what this brings back is kept anew.
    const std::uint64_t order = span.entries.order;
    found->second = holds_.size();
    holds_.push_back({{change.seq, 0, order}, change.says.reference, change.time});
    return;
  }
  // A release that another login must confirm has no day yet.
  span.effective = change.says.change == Kind::keep ? std::nullopt : change.says.effective;
  span.entries.released = change.seq;
  span.released_at = change.time;
}

void DelayTrail::take_approval(const Logged<audit::PlanApprove>& approval) {
  // Another yes to the same plan adds nothing to it.
  const auto known = approved_.try_emplace(approval.says.plan, Approved{{}, approval.seq}).first;
  known->second.planned_for = approval.says.today;
}

void DelayTrail::take_run(const Logged<audit::RunStart>& start) {
  const bool was_interrupted = !nights_.empty() && !nights_.back().to;
  end_run(start.seq);
  nights_.push_back({start.says.today, start.seq, std::nullopt});
  if (start.says.restricted || start.says.due == 0) return;
  Run run{start.says.run, start.says.today, start.seq, std::nullopt, start.says.due};
  run.is_exact = !was_interrupted;
  if (const auto approved = approved_.find(start.says.approval); approved != approved_.end()) {
    run.from = approved->second.first;
    run.planned_for = approved->second.planned_for;
  }
  runs_.push_back(std::move(run));
  is_run_open_ = true;
}

void DelayTrail::end_run(std::uint64_t seq) {
  if (!nights_.empty() && !nights_.back().to) nights_.back().to = seq;
  is_run_open_ = false;
}

std::optional<Delay::Approved> DelayTrail::approval_of(
    const audit::Destroyed& says, const RunFacts& run,
    std::span<const Logged<audit::Correct>> corrections) const {
  // A run names an approval only when it needed one. What was ordered needs none but by the rule of
  // two persons, and alone has it in a restricted run.
  if (!run.start || !run.approval) return std::nullopt;
  const bool two_person = run.start->says.two_person;
  if (says.ground.empty() ? run.start->says.restricted : !two_person) return std::nullopt;
  const auto this_plan = approved_.find(run.start->says.approval);
  EXPUNGE_ASSERT(this_plan != approved_.end());
  // The plan that it went by had it, whatever was corrected after that.
  const auto was_corrected_since = [&](std::uint64_t seq) {
    return says.ground.empty() &&
           std::any_of(corrections.begin(), corrections.end(), [&](const auto& each) {
             const bool decides = each.says.fact == "recorded_at" || each.says.fact == "department";
             return decides && seq < each.seq && each.seq < this_plan->second.first;
           });
  };
  for (const Run& earlier : runs_) {
    // A plan for a day before its own cannot have had it, nor a run all of whose plan went.
    const bool can_have_had_it = (!earlier.planned_for || *earlier.planned_for >= says.due) &&
                                 !was_corrected_since(earlier.from) && !accounts_for_all(earlier);
    const bool is_this = earlier.run == run.start->says.run;
    if (!is_this && earlier.today >= says.due && can_have_had_it) return std::nullopt;
  }
  const Logged<audit::PlanApprove>* first = &*run.approval;
  for (const auto& further : run.further_approvals) {
    if (further.seq < first->seq && (!two_person || further.says.two_person)) first = &further;
  }
  const base::CivilDate on = day_of(first->time, zone_of(run));
  if (on < says.due) return std::nullopt;
  return Delay::Approved{first->seq, on};
}

bool DelayTrail::can_have_kept(const Span& span, base::CivilDate due, base::CivilDate run_day,
                               std::span<const Delay::Attempt> attempts,
                               const std::string& zone) const {
  // One that was in force when the recording went did not cover it.
  if (!span.effective || *span.effective < due || *span.effective > run_day) return false;
  const base::CivilDate placed_on = day_of(span.placed_at, zone);
  // Released with effect at once it was in force until then: but what it kept on that day was kept
  // from a run that was on meanwhile, or from none.
  const bool kept_last_day =
      *span.effective == day_of(span.released_at, zone) && is_run_on_its_last_day(span);
  if ((*span.effective == due || *span.effective == placed_on) && !kept_last_day) return false;
  // Placed on the day of the run it kept nothing on the days before.
  if (placed_on >= run_day) return false;
  return std::none_of(attempts.begin(), attempts.end(), [&](const Delay::Attempt& attempt) {
    const base::CivilDate on = day_of(attempt.time, zone);
    // A run that tried it on its day had not been kept from it before.
    if (on <= due && span.entries.released < attempt.entry && *span.effective <= on) return true;
    return span.entries.placed < attempt.entry &&
           (attempt.entry < span.entries.released || on < *span.effective);
  });
}

bool DelayTrail::is_run_on_its_last_day(const Span& span) const {
  return std::any_of(nights_.begin(), nights_.end(), [&](const Night& night) {
    return night.today == *span.effective && night.from < span.entries.released &&
           night.to.value_or(span.entries.released) > span.entries.placed;
  });
}

bool DelayTrail::is_in_force_again(const Span& span, base::CivilDate today) const {
  const Span& newest = holds_[newest_.at(span.reference)];
  return newest.entries.order == span.entries.order &&
         (!newest.effective || *newest.effective > today);
}

std::size_t DelayTrail::count_that_can_have_kept(base::CivilDate due, base::CivilDate until,
                                                 base::CivilDate today, const std::string& zone,
                                                 const std::set<std::string>& known) const {
  const base::CivilDate run_day = std::max(until, today);
  std::set<std::uint64_t> orders;  // one that came to an end twice is one
  for (const Span& span : holds_) {
    const bool is_newest = &span == &holds_[newest_.at(span.reference)];
    if (is_newest && known.contains(span.reference)) continue;
    if (!span.effective || *span.effective > today) continue;
    if (day_of(span.placed_at, zone) < until && can_have_kept(span, due, run_day, {}, zone) &&
        !is_in_force_again(span, today)) {
      orders.insert(span.entries.order);
    }
  }
  return orders.size();
}

void DelayTrail::add_policies(Delay& delay, const audit::Destroyed& says,
                              const std::string& zone) const {
  for (std::size_t i = 0; i + 1 < policies_.size(); ++i) {
    const audit::Policy& policy = policies_[i].says;
    const auto& next = policies_[i + 1];
    if (day_of(next.time, zone) >= says.due && adds_name(policy, next.says, says.department)) {
      delay.names_added.push_back(next.seq);
    }
    if (next.time < sys_days{says.due}) continue;
    if (!has_same_period(policy, says, policies_.back().says)) {
      delay.policies.push_back(policies_[i].seq);
    }
  }
}

std::optional<Delay> DelayTrail::delay_of(const audit::Destroyed& says, const RunFacts& run,
                                          base::CivilDate done_on,
                                          std::span<const Logged<audit::Correct>> corrections,
                                          std::span<const Delay::Attempt> attempts) const {
  const base::CivilDate run_day = run.start ? run.start->says.today : done_on;
  if (run_day <= says.due || done_on <= says.due) return std::nullopt;
  Delay delay;
  delay.days = static_cast<std::uint64_t>((sys_days{done_on} - sys_days{says.due}).count());
  const std::string zone = zone_of(run);
  for (const Span& span : holds_) {
    if (can_have_kept(span, says.due, run_day, attempts, zone)) delay.holds.push_back(span.entries);
  }
  if (began_at_) {
    // A log opened by a clock that was ahead says nothing of when it began.
    const base::CivilDate began_on = day_of(*began_at_, zone);
    if (began_on > says.due && began_on <= run_day) delay.log_began = began_on;
  }
  delay.approved = approval_of(says, run, corrections);
  for (const auto& correction : corrections) {
    const base::CivilDate on = day_of(correction.time, zone);
    if (on >= says.due) delay.corrections.push_back({correction.seq, on, correction.says.fact});
  }
  // By an order's own day no policy decides, nor of what had gone by the schedule before.
  if (says.ground == "returned" || schedule_day(says) != std::optional(says.due)) return delay;
  add_policies(delay, says, zone);
  return delay;
}

}  // namespace expunge::certify
