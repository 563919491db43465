#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "cli/judge.h"
#include "cli/options.h"
#include "run/remember.h"
#include "run/run.h"

namespace expunge::cli {

using base::ExitStatus;
using base::Failure;

ExitStatus print_plan(Desk& desk, const PlanFor& plan_for, const plan::Accepted& accepted,
                      Streams streams, report::PlanReport& report) {
  const audit::LogState log = desk.read_log();
  // Never while a pipe or a terminal may keep us waiting: a writer would wait too.
  std::optional<archive::Index::Snapshot> snapshot;
  if (streams == Streams::no) snapshot.emplace(desk.index());
  const std::uint64_t version = desk.index().data_version();
  const plan::HoldMatcher holds = desk.hold_matcher();
  const plan::Decider decider(desk.config().schedule, holds, plan_for.day);
  const plan::Summary summary =
      plan::make_plan(desk.index(), decider,
                      [&](const archive::Recording& recording, const plan::Decision& decision) {
                        report.add(recording, decision);
                      });
  const audit::Policy policy = run::logged_form(desk.config().schedule);
  const std::vector<archive::Hold> all_holds = desk.index().holds(true);
  const std::vector<archive::Approval> approvals = desk.index().approvals();
  const plan::Situation situation{summary,
                                  log.facts,
                                  all_holds,
                                  policy,
                                  desk.config().safety,
                                  host_name(),
                                  plan_for.start,
                                  "",
                                  plan::memory_of(desk.index())};
  const report::PlanHeading heading{plan_for.words,
                                    plan::judge(situation, approvals, accepted,
                                                [&](const archive::Approval& approval) {
                                                  return plan::count_covered(desk.index(), approval,
                                                                             summary.due);
                                                }),
                                    desk.config().limits.accept};
  const bool changed = !snapshot && desk.index().data_version() != version;
  snapshot.reset();
  report.finish(summary, heading);
  if (changed) {
    throw Failure(ExitStatus::needs_person,
                  "the index changed while the plan was made; make it again");
  }
  const bool calm = summary.count(plan::Verdict::attention).recordings == 0 &&
                    heading.judgement.still_on.empty() && heading.waiting(summary) == 0;
  return calm ? ExitStatus::done : ExitStatus::needs_person;
}

namespace {

std::unique_ptr<report::PlanReport> report_for(const std::string& format, std::ostream& out,
                                               const report::PlanFilter& filter) {
  if (format == "csv") return report::plan_csv(out, filter);
  if (format == "json") return report::plan_json(out, filter);
  return report::plan_table(out, filter);
}

/// A file that appears under its name only when it is whole.
class OutputFile {
 public:
  explicit OutputFile(std::string path)
      : path_(std::move(path)), beside_(path_ + ".new"), out_(beside_, std::ios::binary) {
    if (!out_) base::fail_errno(ExitStatus::usage, base::printable(path_), errno);
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile() {
    if (!beside_.empty()) ::unlink(beside_.c_str());
  }
  [[nodiscard]] std::ostream& stream() { return out_; }
  void finish() {
    out_.close();
    if (!out_ || ::rename(beside_.c_str(), path_.c_str()) != 0) {
      base::fail_errno(ExitStatus::needs_person, base::printable(path_), errno);
    }
    beside_.clear();
  }

 private:
  std::string path_, beside_;
  std::ofstream out_;
};

}  // namespace

ExitStatus plan_command(Invocation call) {
  Options options("plan [OPTION…]",
                  "The dry run: decides about every recording as the next run will, and says why.\n"
                  "Writes nothing anywhere, and needs read access alone.\n"
                  "Exit status 1: something needs attention, or a brake is on.");
  options.value("as-of", "the plan for another day, as 2026-12-01")
      .value("format", "table (the default), csv or json")
      .value("output", "write to this file; nothing stands there before it is whole")
      .value("department", "list this department's recordings alone")
      .flag("all", "list the kept recordings too");
  if (!options.parse(call)) return ExitStatus::done;
  const std::string format = options.text("format");
  const report::PlanFilter filter{options.text("department"), options.has("all")};
  const bool table = format.empty() || format == "table";
  if (!table && format != "csv" && format != "json") {
    options.refuse("--format '" + base::printable(format) + "' is none of table, csv, json");
  }
  const Streams streams = table ? Streams::no : Streams::yes;
  Desk desk(call, archive::Index::Access::read);
  const auto as_of = options.date("as-of");
  const base::CivilDate day = desk.plan_day(as_of);
  const auto minutes = desk.config().run_at.count();
  const PlanFor plan_for{day, desk.plan_time(as_of),
                         as_of ? base::to_text(day) + ", as asked"
                               : fmt::format("the next run, on {} at {:02}:{:02}",
                                             base::to_text(day), minutes / 60, minutes % 60)};
  if (!options.has("output")) {
    return print_plan(desk, plan_for, {}, streams, *report_for(format, std::cout, filter));
  }
  OutputFile file(options.required("output"));
  const auto report = report_for(format, file.stream(), filter);
  const ExitStatus status = print_plan(desk, plan_for, {}, streams, *report);
  file.finish();
  return status;
}

ExitStatus approve_command(Invocation call) {
  Options options(
      "approve DIGEST --reason TEXT [--as-of DATE]",
      "Says yes to one plan, after reading it (expunge plan). The plan is made again and\n"
      "must have this digest. The approval is good for seven days, and only for the\n"
      "recordings of that plan that are then still due and not held.");
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
  // From here to commit nobody else changes the index: the plan approved is the plan stored.
  archive::Index::Writing writing(desk.index());
  const plan::HoldMatcher holds = desk.hold_matcher();
  const plan::Decider decider(desk.config().schedule, holds, approval.today);
  const plan::Summary summary = plan::make_plan(desk.index(), decider, nullptr);
  approval.plan = base::to_hex(summary.digest);
  if (approval.plan != digest) {
    throw Failure(ExitStatus::usage,
                  fmt::format("approve: the plan for {} has the digest {}, not the one given; read "
                              "it again (expunge plan)",
                              base::to_text(approval.today), approval.plan));
  }
  approval.policy = audit::policy_digest(run::logged_form(desk.config().schedule));
  approval.approved_at = desk.now();
  approval.user = login_name();
  approval.due = summary.due.size();
  approval.bytes = summary.count(plan::Verdict::due).bytes;
  const std::int64_t number = writing.approve(approval);
  summary.due.for_each([&](std::int64_t key) { writing.add_approved(number, key); });
  // Log first: a crash here leaves an approval that is logged and not in force.
  log.append(std::array{audit::to_draft(audit::PlanApprove{
                 approval.plan, approval.today, approval.due, approval.bytes, approval.user})},
             approval.approved_at);
  run::remember(writing, log);
  writing.commit();
  if (!call.global.quiet) {
    std::cout << fmt::format(
        "Approved; recordings due by {1}: {0}. Good until {2}, for those that are then still due "
        "and "
        "not held.\n",
        base::grouped(approval.due), base::to_text(approval.today),
        base::to_text(approval.approved_at + plan::kApprovalLife));
  }
  return ExitStatus::done;
}

}  // namespace expunge::cli
