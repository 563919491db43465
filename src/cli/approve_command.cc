#include <fmt/format.h>

#include <array>
#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "cli/judge.h"
#include "cli/options.h"
#include "report/run_report.h"
#include "run/remember.h"
#include "run/run.h"

namespace expunge::cli {

using base::ExitStatus;
using base::Failure;

namespace {

/// Whoever approves. Under the rule of two persons somebody whose login is known, who neither
/// imported what this is about nor owns the configuration that decides about it.
std::string approver(const Desk& desk, const audit::LogFacts& facts) {
  if (desk.config().approval != run::Approval::two_person) return login_name();
  std::string login = require_personal_login("approve: run.approval is two-person");
  const plan::Barred barred{facts.importers, owner_of(desk.config().path)};
  if (barred.bars(login)) {
    throw Failure(ExitStatus::usage,
                  fmt::format("approve: run.approval is two-person, and {} {}; somebody else must "
                              "read the plan and approve it",
                              base::printable(login),
                              facts.importers.contains(login)
                                  ? "has imported or corrected recordings under this log"
                                  : "owns the configuration"));
  }
  return login;
}

/// What the approval does not bring about, in the words of the plan; whether there is anything.
bool say_what_remains(const Judged& judged, const std::string& user, std::uint64_t own_orders) {
  const std::vector<plan::Brake>& on = judged.judgement.still_on;
  for (const plan::Brake& brake : on) {
    message("approved, but no run destroys anything yet: " + report::brake_line(brake));
  }
  const std::uint64_t waiting = on.empty() ? judged.permission.waiting.recordings : own_orders;
  if (waiting > 0) {
    message(fmt::format("ordered by {} too, so that they wait for somebody else's approval: {}",
                        base::printable(user), base::grouped(waiting)));
  }
  return waiting > 0 || !on.empty();
}

}  // namespace

ExitStatus approve_command(Invocation call) {
  Options options(
      "approve DIGEST --reason TEXT [--as-of DATE]",
      "Says yes to one plan, after reading it (expunge plan). The plan is made again and\n"
      "must have this digest. The approval is good for seven days, and only for the\n"
      "recordings of that plan that are then still due and not held.\n"
      "Exit status 1: another brake is on, or what the same login ordered must wait.");
  options.argument("digest", 1)
      .value("reason", "why, for the index")
      .value("as-of", "the day that the plan was for, if not that of the next run");
  if (!options.parse(call)) return ExitStatus::done;
  const std::string digest = options.required("digest");
  archive::Approval approval;
  approval.reason = options.required("reason");
  const auto as_of = options.date("as-of");

  Desk desk(call, archive::Index::Access::write);
  approval.today = desk.plan_day(as_of);
  audit::LogWriter log = desk.log_writer();
  approval.user = approver(desk, log.facts());
  approval.two_person = desk.config().approval == run::Approval::two_person;
  // From here to commit nobody else changes the index: the plan approved is the plan stored.
  archive::Index::Writing writing(desk.index());
  const plan::HoldMatcher holds = desk.hold_matcher(approval.today);
  const plan::Decider decider(desk.config().schedule, holds, approval.today);
  std::uint64_t own_orders = 0;
  const plan::Summary summary = plan::make_plan(
      desk.index(), decider, [&](const archive::Recording& recording, const plan::Decision& each) {
        const bool own = each.cause == plan::Cause::ordered &&
                         recording.order->user == approval.user && approval.two_person;
        own_orders += own ? 1 : 0;
      });
  approval.plan = base::to_hex(summary.digest);
  if (approval.plan != digest) {
    throw Failure(
        ExitStatus::usage,
        fmt::format("approve: the plan for {} has another digest than the one given; read "
                    "it again (expunge plan), and give the digest at its end",
                    base::to_text(approval.today)));
  }
  approval.policy = audit::policy_digest(run::logged_form(desk.config().schedule));
  approval.approved_at = desk.now();
  approval.due = summary.due.size();
  approval.bytes = summary.count(plan::Verdict::due).bytes;
  const std::int64_t number = writing.approve(approval);
  summary.due.for_each([&](std::int64_t key) { writing.add_approved(number, key); });
  // Log first: a crash here leaves an approval that is logged and not in force.
  log.append(std::array{audit::to_draft(audit::PlanApprove{approval.plan, approval.today,
                                                           approval.due, approval.bytes,
                                                           approval.user, approval.two_person})},
             approval.approved_at);
  run::remember(writing, log);
  const std::vector<archive::Approval> approvals = desk.index().approvals();
  const Judged judged =
      judge(desk, log.facts(), decider, summary, approvals, accepted_for_day(desk, approval.today),
            desk.plan_time(as_of), desk.plan_time(as_of));
  writing.commit();
  if (!call.global.quiet) {
    std::cout << fmt::format(
        "Approved; recordings due by {1}: {0}. Good until {2}, for those that are then still due "
        "and "
        "not held.\n",
        base::grouped(approval.due), base::to_text(approval.today),
        base::to_text(approval.approved_at + plan::kApprovalLife));
  }
  const bool remains = say_what_remains(judged, approval.user, own_orders);
  return desk.anchored(remains ? ExitStatus::needs_person : ExitStatus::done);
}

}  // namespace expunge::cli
