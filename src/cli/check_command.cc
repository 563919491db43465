#include <fmt/format.h>

#include <sys/timex.h>

#include <iostream>

#include "archive/integrity.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/anchor.h"
#include "cli/desk.h"
#include "cli/metrics_file.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/scans.h"
#include "intake/scan_names.h"
#include "report/check_report.h"
#include "report/survey_report.h"
#include "run/check.h"

namespace expunge::cli {

using base::ExitStatus;

namespace {

enum class Form { text, json, csv };

Form form_of(const Options& options) {
  const std::string format = options.text("format");
  if (format == "json" || (format.empty() && options.has("json"))) return Form::json;
  if (options.has("json")) options.refuse("--json and --format do not agree");
  if (format.empty() || format == "text") return Form::text;
  if (format != "csv") {
    options.refuse("--format '" + base::printable(format) + "' is none of text, json, csv");
  }
  if (!options.has("index")) options.refuse("--format csv goes with --index");
  return Form::csv;
}

std::unique_ptr<report::SurveyReport> survey_report(const Options& options, Form form,
                                                    const run::CheckReport& report) {
  const auto detail = options.has("all") ? report::SurveyDetail::all : report::SurveyDetail::some;
  if (form == Form::csv) return report::survey_csv(std::cout);
  if (form == Form::json) return report::survey_json(std::cout, detail, report::check_json(report));
  return report::survey_text(std::cout, detail);
}

/// Of a file without a row that holds what was destroyed once: the row that ties it to its
/// recording.
archive::ImportRow row_of(const survey::Difference& difference) {
  archive::ImportRow row;
  row.id = difference.recording;
  row.file = {difference.path, intake::role_of(difference.path, {}), difference.bytes,
              difference.sha256};
  return row;
}

/// What a comparison of index and disk comes to.
struct Compared {
  bool begun = false;  ///< something of the report is written
  bool differs = false;
  std::vector<archive::ImportRow> back{};  ///< of files that hold what was destroyed once
};

void compare_index(const Invocation& call, const Options& options, Form form,
                   const run::CheckReport& report, Compared& compared) {
  Desk desk(call, archive::Index::Access::read);
  const bool contents = options.has("content");
  if (contents && run::run_is_on(desk.sys(), desk.config().log.directory)) {
    // To open a file is to be somebody else who has it open.
    throw base::Failure(ExitStatus::needs_person,
                        "a run is on, and would refuse recordings that --content has open; call "
                        "check when it has ended");
  }
  const shred::ArchiveRoot root(desk.sys(), desk.config().archive_root);
  const auto& schedule = desk.config().schedule;
  const base::CivilDate today =
      schedule.time_zone.civil_date(std::chrono::floor<std::chrono::seconds>(desk.now()));
  compared.begun = true;
  const auto differences = survey_report(options, form, report);
  Progress progress(call, "Files compared");
  const survey::Comparison comparison = survey::compare(
      {root, desk.index(), schedule, today, desk.config().limits.workers, contents,
       desk.config().log},
      [&](const survey::Difference& difference) {
        progress.clear();
        differences->add(difference);
        if (difference.sha256) compared.back.push_back(row_of(difference));
      },
      [&](std::uint64_t files) { progress(files); });
  progress.clear();
  if (form != Form::text || !call.global.quiet || comparison.differences() > 0) {
    differences->finish(comparison);
  }
  compared.differs = comparison.differences() > 0;
}

run::ClockSync clock_sync() {
  struct timex clock {};
  const int state = ::adjtimex(&clock);  // with no mode set it asks alone
  if (state < 0) return run::ClockSync::unknown;
  return state == TIME_ERROR || (clock.status & STA_UNSYNC) != 0 ? run::ClockSync::unsynchronised
                                                                 : run::ClockSync::synchronised;
}

/// Nullopt, with what is wrong, when there is no index to look into.
std::optional<archive::Index> open_index(const Config& config, run::IndexTrouble& trouble) {
  try {
    return archive::Index::open(config.index_path, archive::Index::Access::read, config.log.origin);
  } catch (const archive::NeedsWriter& failure) {
    trouble = {failure.what(), true};
  } catch (const base::Failure& failure) {
    trouble = {failure.what(), false};
  }
  return std::nullopt;
}

run::CheckReport check(const Invocation& call, const Config& config, bool thorough) {
  run::IndexTrouble trouble;
  const auto index = open_index(config, trouble);
  return run::check({base::real_sys(),
                     call.clock(),
                     index ? &*index : nullptr,
                     config.safety,
                     config.log,
                     config.log_keys,
                     config.archive_root,
                     config.index_path,
                     config.limits,
                     config.path,
                     programs_of(config),
                     config.rotate,
                     config.after,
                     trouble,
                     run::NextRun{&config.schedule, config.run_at, host_name(), config.approval,
                                  owner_of(config.path), config.holds.needs_two},
                     clock_sync(),
                     run::SchedulePlaces{},
                     thorough,
                     run::kThoroughWithin,
                     metrics_directories(config)});
}

void import_orphans(const Invocation& call, const Options& options,
                    const std::vector<archive::ImportRow>& back) {
  Desk desk(call, archive::Index::Access::write);
  const std::string department = options.text("department");
  if (!department.empty() && desk.config().schedule.find(department) == nullptr) {
    options.refuse("--department: the retention schedule names no department '" +
                   base::printable(department) + "'; nothing was put into the index");
  }
  const intake::ScanOptions scan{nullptr,
                                 department,
                                 nullptr,
                                 desk.config().schedule.time_zone,
                                 false,
                                 settled_of(options),
                                 std::chrono::floor<std::chrono::seconds>(desk.now()),
                                 desk.config().limits.workers};
  Invocation quietly = call;
  quietly.global.quiet = true;  // standard output is the check's
  const ExitStatus status = scan_and_log(quietly, desk, scan, archive::OpaqueIds::yes,
                                         intake::BadRows::skip, "orphans", back);
  static_cast<void>(status);  // there were differences: a person is needed as it is
}

}  // namespace

ExitStatus check_command(Invocation call) {
  Options options(
      "check [OPTION…]",
      "Says what would make tonight's run fail, or claim less, and what to do about it;\n"
      "and what a destruction in this archive will be worth. Opens up to 20 of the\n"
      "oldest recordings' files as a run would, and changes nothing anywhere. Call it\n"
      "as the run's own user.\n"
      "Exit status 1: something is wrong. 4: the log does not verify.");
  options.flag("json", "one JSON object")
      .flag("index", "go through the whole index, and compare it with the disk, both ways")
      .flag("content", "with --index: read every file, and compare contents")
      .flag("all", "with --index: list every difference")
      .value("format", "text (the default), json or, with --index, csv")
      .flag("import-orphans",
            "with --index: put files without a row into the index;\n"
            "with --content: what was destroyed as come back")
      .value("department", "with --import-orphans: of all of them")
      .value("settled", "with --import-orphans: leave out what was changed since (default: 10m)");
  if (!options.parse(call)) return ExitStatus::done;
  for (const char* name : {"content", "all", "import-orphans"}) {
    if (options.has(name) && !options.has("index")) {
      options.refuse(fmt::format("--{} goes with --index", name));
    }
  }
  for (const char* name : {"department", "settled"}) {
    if (options.has(name) && !options.has("import-orphans")) {
      options.refuse(fmt::format("--{} goes with --import-orphans", name));
    }
  }
  const Form form = form_of(options);
  const Config config = configure(base::real_sys(), call.global);
  const run::CheckReport report = check(call, config, options.has("index"));
  const bool index = options.has("index");
  if (form == Form::json && !index) std::cout << report::check_json(report);
  if (form == Form::text) {
    std::cout << report::check_text(report, call.global.quiet ? report::CheckDetail::needs_person
                                                              : report::CheckDetail::everything);
  }
  bool for_a_person = report.wrong() > 0;
  Compared compared;
  if (index) {
    try {
      compare_index(call, options, form, report, compared);
      for_a_person = compared.differs || for_a_person;
    } catch (const base::Failure& failure) {
      // What was found is not lost by that; nor the graver status.
      if (form == Form::json && !compared.begun) std::cout << report::check_json(report);
      if (report.log_trusted) throw;
      message(failure.what());
    }
  }
  if (!report.log_trusted) return ExitStatus::log_untrusted;
  if (options.has("import-orphans")) import_orphans(call, options, compared.back);
  return for_a_person ? ExitStatus::needs_person : ExitStatus::done;
}

}  // namespace expunge::cli
