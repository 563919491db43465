#include "certify/runs.h"

#include <algorithm>

#include "plan/brakes.h"

namespace expunge::certify {
namespace {

using Approvals = std::vector<Logged<audit::PlanApprove>>;

/// Those that were good when the run began. Where none was, by the times of the log, the run took
/// its own clock's word: then all.
Approvals good_at(const Approvals& approvals, const Logged<audit::RunStart>& start) {
  Approvals good;
  std::copy_if(approvals.begin(), approvals.end(), std::back_inserter(good),
               [&](const auto& each) { return start.time - each.time <= plan::kApprovalLife; });
  return good.empty() ? approvals : good;
}

}  // namespace

void RunTrail::take(const audit::EntryView& entry) {
  if (entry.type == "policy") {
    policy_ = read_policy(entry, path_);
  } else if (entry.type == "plan.approve") {
    Logged<audit::PlanApprove> approval = read_approval(entry, path_);
    // The newest of each login: somebody may say yes again and again.
    auto& approvals = approvals_[approval.says.plan];
    std::erase_if(approvals,
                  [&](const auto& each) { return each.says.user == approval.says.user; });
    approvals.push_back(std::move(approval));
  } else if (entry.type == "run.start") {
    facts_ = std::make_shared<RunFacts>();
    facts_->start = read_run_start(entry, path_);
    facts_->policy = policy_;
    run_ = facts_->start->says.run;
    const auto approval = approvals_.find(facts_->start->says.approval);
    if (approval != approvals_.end()) {
      auto& further = facts_->further_approvals = good_at(approval->second, *facts_->start);
      // Where two persons are the rule, one that is not by that rule counts for nothing.
      const bool by_any = !facts_->start->says.two_person;
      const auto by_rule = std::find_if(further.rbegin(), further.rend(), [&](const auto& each) {
        return by_any || each.says.two_person;
      });
      const auto newest = by_rule == further.rend() ? further.rbegin() : by_rule;
      facts_->approval = *newest;
      further.erase(std::next(newest).base());
    }
  } else if (entry.type == "run.end") {
    Logged<audit::RunEnd> end = read_run_end(entry, path_);
    if (facts_ && end.says.run == run_) facts_->end = std::move(end);
  }
}

std::shared_ptr<const RunFacts> RunTrail::run(const std::string& run) const {
  if (facts_ && run == run_) return facts_;
  auto unknown = std::make_shared<RunFacts>();
  unknown->policy = policy_;
  return unknown;
}

}  // namespace expunge::certify
