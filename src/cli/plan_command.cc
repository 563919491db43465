#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iostream>

#include "audit/tried.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "cli/judge.h"
#include "cli/options.h"
#include "run/check.h"

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
  making.contact = desk.config().contact;
  making.at = desk.now();
  making.run_is_on = run::run_is_on(desk.sys(), desk.config().log.directory);
  making.schedule = &desk.config().schedule;
  std::copy_if(all_holds.begin(), all_holds.end(), std::back_inserter(making.holds),
               [&](const archive::Hold& hold) { return hold.in_force_on(plan_for.day); });
  return making;
}

}  // namespace

ExitStatus print_plan(Desk& desk, const PlanFor& plan_for, const plan::Accepted& accepted,
                      Streams streams, report::PlanReport& report) {
  const audit::LogState log = desk.read_log();
  const audit::TriedRecordings tried = audit::all_tried(desk.sys(), desk.config().log, log.facts);
  // Never while a pipe or a terminal may keep us waiting: a writer would wait too.
  std::optional<archive::Index::Snapshot> snapshot;
  if (streams == Streams::no) snapshot.emplace(desk.index());
  const std::uint64_t version = desk.index().data_version();
  const plan::HoldMatcher holds = desk.hold_matcher(plan_for.day);
  const plan::Decider decider(desk.config().schedule, holds, plan_for.day,
                              plan::acknowledgements(desk.index()));
  const plan::Summary summary = plan::make_plan(
      desk.index(), decider,
      [&](const archive::Recording& recording, const plan::Decision& decision) {
        report.add(recording, decision);
      },
      tried);
  const std::vector<archive::Hold> all_holds = desk.index().holds(true);
  const std::vector<archive::Approval> approvals = desk.index().approvals();
  Judged judged = judge(desk, log.facts, decider, summary, approvals, accepted, plan_for.start,
                        desk.approval_time(plan_for.day));
  const report::PlanHeading heading{
      plan_for.words, std::move(judged.judgement),          desk.config().limits.accept,
      plan_for.day,   making_of(desk, plan_for, all_holds), std::move(judged.permission)};
  const bool changed = !snapshot && desk.index().data_version() != version;
  snapshot.reset();
  report.finish(summary, heading);
  if (changed) {
    throw Failure(ExitStatus::needs_person,
                  "the index changed while the plan was made; make it again");
  }
  const bool calm = !summary.needs_person() && heading.judgement.still_on.empty() &&
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

/// A report of which a person sees the figures alone, as it goes to a file.
class Told : public report::PlanReport {
 public:
  explicit Told(std::unique_ptr<report::PlanReport> report) : report_(std::move(report)) {}
  void add(const archive::Recording& recording, const plan::Decision& decision) override {
    report_->add(recording, decision);
  }
  void finish(const plan::Summary& summary, const report::PlanHeading& heading) override {
    report_->finish(summary, heading);
    line_ = fmt::format("the plan for {}; due {}; needs attention {}", heading.for_what,
                        base::grouped(summary.count(plan::Verdict::due).recordings),
                        base::grouped(summary.attention()));
  }
  [[nodiscard]] const std::string& line() const { return line_; }

 private:
  std::unique_ptr<report::PlanReport> report_;
  std::string line_;
};

}  // namespace

ExitStatus plan_command(Invocation call) {
  Options options(
      "plan [OPTION…]",
      "The dry run: decides about every recording as the next run will, and says why.\n"
      "Writes nothing anywhere, and needs read access alone.\n"
      "Exit status 1: something needs attention that nobody acknowledged, a recording that is\n"
      "due was tried by a run and not destroyed, a brake is on, or what is due waits for an\n"
      "approval.");
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
  const plan::Accepted accepted = accepted_for_day(desk, day);
  if (!options.has("output") || options.required("output") == "-") {
    return print_plan(desk, plan_for, accepted, streams,
                      *report_for(format, std::cout, filter, whom));
  }
  OutputFile file(options.required("output"));
  Told report(report_for(format, file.stream(), filter, whom));
  const ExitStatus status = print_plan(desk, plan_for, accepted, streams, report);
  file.finish();
  if (!call.global.quiet) {
    std::cout << base::printable(options.required("output")) << ": " << report.line() << "\n";
  }
  return status;
}

}  // namespace expunge::cli
