#include "cli/judge.h"

#include "run/run.h"

namespace expunge::cli {

Judged judge(const Desk& desk, const audit::LogFacts& facts, const plan::Decider& decider,
             const plan::Summary& summary, const std::vector<archive::Approval>& approvals,
             const plan::Accepted& accepted, base::Time start, base::Time approvals_at) {
  const Config& config = desk.config();
  const audit::Policy policy = run::logged_form(config.schedule);
  const std::vector<archive::Hold> holds = desk.index().holds(true);
  const plan::Situation situation{summary,
                                  facts,
                                  holds,
                                  policy,
                                  config.safety,
                                  host_name(),
                                  start,
                                  "",
                                  plan::memory_of(desk.index()),
                                  config.approval,
                                  owner_of(config.path),
                                  config.holds.needs_two,
                                  approvals_at};
  Judged judged{plan::judge(situation, approvals, accepted,
                            [&](const archive::Approval& approval) {
                              return plan::count_covered(desk.index(), approval, summary.due);
                            }),
                {}};
  if (judged.judgement.still_on.empty()) {
    judged.permission = plan::permit(desk.index(), decider, summary, judged.judgement);
  }
  return judged;
}

plan::Accepted accepted_for_day(const Desk& desk, base::CivilDate day) {
  plan::Accepted accepted;
  accepted.clock = day < desk.today();
  return accepted;
}

}  // namespace expunge::cli
