#include <filesystem>
#include <iostream>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "cli/certificates.h"
#include "cli/dates.h"
#include "cli/departments.h"
#include "report/days_answer.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;

/// `FROM..TO`, or one date.
certify::RecordedDays days_of(const Options& options) {
  const std::string text = options.required("recorded");
  const auto dots = text.find("..");
  const auto from = base::parse_date(text.substr(0, dots));
  const auto to = dots == std::string::npos ? from : base::parse_date(text.substr(dots + 2));
  if (!from) options.refuse("--recorded " + date_fault(text.substr(0, dots)));
  if (!to && text.size() > dots + 2) {
    options.refuse("--recorded " + date_fault(text.substr(dots + 2)));
  }
  if (!to || *to < *from) {
    options.refuse("--recorded '" + base::printable(text) +
                   "' is not two dates as 2025-11-01..2025-11-30, the earlier one first");
  }
  return {options.required("department"), *from, *to};
}

/// What the index says, or why it could not be asked.
void ask_index(const Config& config, base::Time now, report::DaysAnswer& answer) {
  try {
    const auto index =
        archive::Index::open(config.index_path, archive::Index::Access::read, config.log.origin);
    const base::CivilDate today =
        config.schedule.time_zone.civil_date(std::chrono::floor<std::chrono::seconds>(now));
    answer.index = certify::ask_index(index, config.schedule, today, answer.days, answer.log);
  } catch (const base::Failure& failure) {
    answer.index_fault = failure.what();
  }
}

/// A slip of the pen would be answered with a page of zeros: refuses a department of which neither
/// the schedule, nor the log, nor the index knows. Throws Failure(usage) then.
void refuse_unheard_of(const Options& options, const Config& config,
                       const report::DaysAnswer& answer) {
  if (answer.in_schedule || answer.log.knows_department) return;
  std::set<std::string> others;
  for (const std::string& name : answer.log.departments) {
    if (others.size() == kMostDepartmentsNamed) break;
    if (config.schedule.find(name) == nullptr) others.insert(name);
  }
  std::string index = "any recording in the index";
  if (answer.index) {
    const auto file =
        archive::Index::open(config.index_path, archive::Index::Access::read, config.log.origin);
    const InIndex in_index = look_for_department(file, config.schedule, answer.days.department);
    if (in_index.found) return;
    others.insert(in_index.others.begin(), in_index.others.end());
  } else {
    index = "(as far as can be told without the index) any recording";
  }
  options.refuse(
      "--department: neither the retention schedule, nor the log, nor " + index +
      " has a department '" + base::printable(answer.days.department) +
      "', and nothing was written; there are: " + departments_text(config.schedule, others));
}

void write(const Options& options, const std::string& text) {
  const std::filesystem::path path = options.required("output");
  const std::string directory = path.parent_path().string();
  const std::string name = path.filename().string();
  if (name.empty()) options.refuse("--output names no file");
  OutputFiles files(
      base::real_sys(), directory.empty() ? "." : directory,
      options.has("replace") ? OutputFiles::Existing::replace : OutputFiles::Existing::refuse);
  files.check_free(std::vector{name});
  files.write(name, text);
  files.keep();
}

}  // namespace

ExitStatus answer_days(const Invocation& call, const Options& options) {
  const std::string format = options.has("json") ? "json" : options.text("format");
  if (!format.empty() && format != "text" && format != "html" && format != "json") {
    options.refuse("--format '" + base::printable(format) + "' is none of text, html, json");
  }
  report::DaysAnswer answer{days_of(options), {}, {}, {}, true};
  const Config config = configure(base::real_sys(), call.global);
  answer.in_schedule = config.schedule.find(answer.days.department) != nullptr;
  answer.days.earliest = config.schedule.earliest;
  answer.days.aliases = config.schedule.names_of(answer.days.department);
  answer.days.department = answer.days.aliases.front();
  answer.days.aliases.erase(answer.days.aliases.begin());
  answer.log = certify::ask_log(base::real_sys(), config.log, answer.days, all_workers());
  const report::Issue issue = issue_of(config, call);
  ask_index(config, issue.at, answer);
  refuse_unheard_of(options, config, answer);
  const std::string text = format == "json"   ? report::days_json(answer, issue) + "\n"
                           : format == "html" ? report::page_html(report::days_page(answer, issue))
                                              : report::page_text(report::days_page(answer, issue));
  if (options.has("output")) {
    write(options, text);
  } else {
    std::cout << text;
  }
  return ExitStatus::done;
}

}  // namespace expunge::cli
