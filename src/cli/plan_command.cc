#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
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

namespace {

/// As a shell reads it back.
std::string shell_word(const std::string& text) {
  const bool plain =
      !text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::strchr("/._-+:@%", c) != nullptr;
      });
  if (plain) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

report::PlanMaking making_of(const Desk& desk, const PlanFor& plan_for,
                             const std::vector<archive::Hold>& all_holds) {
  report::PlanMaking making;
  making.program = "expunge " EXPUNGE_VERSION;
  making.call = "expunge";
  if (desk.config().path != config_path_by_default()) {
    making.call += " --config " + shell_word(desk.config().path);
  }
  making.as_of = plan_for.as_of;
  making.config = desk.config().path;
  making.index = desk.config().index_path;
  making.controller = desk.config().controller;
  making.at = desk.now();
  making.schedule = &desk.config().schedule;
  std::copy_if(all_holds.begin(), all_holds.end(), std::back_inserter(making.holds),
               [&](const archive::Hold& hold) { return hold.in_force_on(plan_for.day); });
  return making;
}

}  // namespace

ExitStatus print_plan(Desk& desk, const PlanFor& plan_for, const plan::Accepted& accepted,
                      Streams streams, report::PlanReport& report) {
  const audit::LogState log = desk.read_log();
  // Never while a pipe or a terminal may keep us waiting: a writer would wait too.
  std::optional<archive::Index::Snapshot> snapshot;
  if (streams == Streams::no) snapshot.emplace(desk.index());
  const std::uint64_t version = desk.index().data_version();
  const plan::HoldMatcher holds = desk.hold_matcher(plan_for.day);
  const plan::Decider decider(desk.config().schedule, holds, plan_for.day,
                              plan::acknowledgements(desk.index()));
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
                                  plan::memory_of(desk.index()),
                                  desk.config().approval,
                                  owner_of(desk.config().path)};
  report::PlanHeading heading{
      plan_for.words,
      plan::judge(situation, approvals, accepted,
                  [&](const archive::Approval& approval) {
                    return plan::count_covered(desk.index(), approval, summary.due);
                  }),
      desk.config().limits.accept, plan_for.day, making_of(desk, plan_for, all_holds)};
  if (heading.judgement.still_on.empty()) {
    heading.permission = plan::permit(desk.index(), decider, summary, heading.judgement);
  }
  const bool changed = !snapshot && desk.index().data_version() != version;
  snapshot.reset();
  report.finish(summary, heading);
  if (changed) {
    throw Failure(ExitStatus::needs_person,
                  "the index changed while the plan was made; make it again");
  }
  const bool calm = summary.unacknowledged() == 0 && heading.judgement.still_on.empty() &&
                    heading.waiting(summary) == 0;
  return calm ? ExitStatus::done : ExitStatus::needs_person;
}

namespace {

std::unique_ptr<report::PlanReport> report_for(const std::string& format, std::ostream& out,
                                               const report::PlanFilter& filter,
                                               report::CsvFor whom) {
  if (format == "csv") return report::plan_csv(out, filter, whom);
  if (format == "html") return report::plan_html(out, filter);
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
  Options options(
      "plan [OPTION…]",
      "The dry run: decides about every recording as the next run will, and says why.\n"
      "Writes nothing anywhere, and needs read access alone.\n"
      "Exit status 1: something needs attention that nobody acknowledged, or a brake is on.");
  options.value("as-of", "the plan for another day, as 2026-12-01")
      .value("format", "table (the default), html (a page to read, print and file), csv or json")
      .flag("spreadsheet", "CSV that a spreadsheet opens as it is, ids and letters unharmed")
      .value("output", "write to this file; nothing stands there before it is whole; - is stdout")
      .value("department", "list this department's recordings alone")
      .flag("all", "list the kept recordings too");
  if (!options.parse(call)) return ExitStatus::done;
  const std::string format = options.text("format");
  report::PlanFilter filter{options.text("department"), options.has("all")};
  const bool table = format.empty() || format == "table";
  if (!table && format != "csv" && format != "json" && format != "html") {
    options.refuse("--format '" + base::printable(format) + "' is none of table, html, csv, json");
  }
  if (options.has("spreadsheet") && format != "csv") {
    options.refuse("--spreadsheet goes with --format csv alone");
  }
  const report::CsvFor whom =
      options.has("spreadsheet") ? report::CsvFor::spreadsheet : report::CsvFor::program;
  const Streams streams = table || format == "html" ? Streams::no : Streams::yes;
  Desk desk(call, archive::Index::Access::read);
  if (!filter.department.empty() && desk.config().schedule.find(filter.department) == nullptr) {
    message("note: the retention schedule names no department '" +
            base::printable(filter.department) + "'");
  }
  filter.department = std::string(desk.config().schedule.name_of(filter.department));
  const auto as_of = options.date("as-of");
  const base::CivilDate day = desk.plan_day(as_of);
  const auto minutes = desk.config().run_at.count();
  const PlanFor plan_for{day, desk.plan_time(as_of),
                         as_of ? base::to_text(day) + ", as asked"
                               : fmt::format("the next run, on {} at {:02}:{:02}",
                                             base::to_text(day), minutes / 60, minutes % 60),
                         as_of ? " --as-of " + base::to_text(day) : ""};
  if (!options.has("output") || options.required("output") == "-") {
    return print_plan(desk, plan_for, {}, streams, *report_for(format, std::cout, filter, whom));
  }
  OutputFile file(options.required("output"));
  const auto report = report_for(format, file.stream(), filter, whom);
  const ExitStatus status = print_plan(desk, plan_for, {}, streams, *report);
  file.finish();
  return status;
}

namespace {

/// Whoever approves. Under the rule of two persons somebody whose login is known, who neither
/// imported what this is about nor owns the configuration that decides about it.
std::string approver(const Desk& desk, const audit::LogFacts& facts) {
  if (desk.config().approval != run::Approval::two_person) return login_name();
  const auto login = personal_login();
  if (!login) {
    throw Failure(
        ExitStatus::usage,
        "approve: run.approval is two-person, and nobody can tell who this is: the kernel "
        "knows no login of this session but root's (/proc/self/loginuid); log in as "
        "yourself, and use sudo");
  }
  const plan::Barred barred{facts.importers, owner_of(desk.config().path)};
  if (barred.bars(*login)) {
    throw Failure(ExitStatus::usage,
                  fmt::format("approve: run.approval is two-person, and {} {}; somebody else must "
                              "read the plan and approve it",
                              base::printable(*login),
                              facts.importers.contains(*login)
                                  ? "has imported or corrected recordings under this log"
                                  : "owns the configuration"));
  }
  return *login;
}

}  // namespace

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
  writing.commit();
  if (!call.global.quiet) {
    std::cout << fmt::format(
        "Approved; recordings due by {1}: {0}. Good until {2}, for those that are then still due "
        "and "
        "not held.\n",
        base::grouped(approval.due), base::to_text(approval.today),
        base::to_text(approval.approved_at + plan::kApprovalLife));
  }
  if (own_orders > 0) {
    message(fmt::format("ordered by {} too, so that they wait for somebody else's approval: {}",
                        base::printable(approval.user), base::grouped(own_orders)));
  }
  return desk.anchored(own_orders > 0 ? ExitStatus::needs_person : ExitStatus::done);
}

}  // namespace expunge::cli
