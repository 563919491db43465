#include "certify/runs.h"

namespace expunge::certify {

void RunTrail::take(const audit::EntryView& entry) {
  if (entry.type == "policy") {
    policy_ = read_policy(entry, path_);
  } else if (entry.type == "plan.approve") {
    Logged<audit::PlanApprove> approval = read_approval(entry, path_);
    const std::string plan = approval.says.plan;
    approvals_.insert_or_assign(plan, std::move(approval));
  } else if (entry.type == "run.start") {
    facts_ = std::make_shared<RunFacts>();
    facts_->start = read_run_start(entry, path_);
    facts_->policy = policy_;
    run_ = facts_->start->says.run;
    const auto approval = approvals_.find(facts_->start->says.approval);
    if (approval != approvals_.end()) facts_->approval = approval->second;
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
