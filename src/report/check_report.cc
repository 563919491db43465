#include "report/check_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace expunge::report {
namespace {

using Json = nlohmann::ordered_json;
using Level = run::Finding::Level;

const char* name(Level level) {
  switch (level) {
    case Level::ok:
      return "ok";
    case Level::note:
      return "note";
    case Level::warning:
      return "warning";
    case Level::problem:
      break;
  }
  return "problem";
}

bool needs_person(const run::Finding& finding) {
  return finding.level == Level::warning || finding.level == Level::problem;
}

std::string worth(const run::CheckReport& report) {
  if (!report.root_open)
    return "The archive cannot be opened: what a destruction in it would be "
           "worth is unknown.";
  if (!report.cause.empty()) {
    return "Nothing in this archive can be destroyed as it stands: an overwrite would not reach "
           "the bytes.";
  }
  if (report.wrong() == 0) {
    return "What is destroyed here is overwritten where the file system shows it to lie, flushed "
           "and read back; that is the claim, and no more.";
  }
  return "A destruction here is worth what the lines above leave of it.";
}

std::string sum(const run::CheckReport& report) {
  const std::size_t wrong = report.wrong();
  const std::size_t notes = report.count(Level::note);
  std::string text = wrong == 0   ? "Nothing is wrong"
                     : wrong == 1 ? "1 thing is wrong"
                                  : fmt::format("{} things are wrong", wrong);
  if (notes > 0) text += fmt::format(", {} to know", notes);
  return text + ".";
}

/// Over each part of the text; warnings and problems are one.
const char* heading(const run::Finding& finding) {
  if (needs_person(finding)) return "Wrong";
  return finding.level == Level::note ? "To know" : "In order";
}

}  // namespace

std::string check_text(const run::CheckReport& report, CheckDetail detail) {
  std::string text;
  std::string_view above;
  for (const run::Finding& finding : report.findings) {
    if (detail == CheckDetail::needs_person && !needs_person(finding)) continue;
    if (const std::string_view part = heading(finding); part != above) {
      if (!text.empty()) text += "\n";
      text.append(part).append("\n");
      above = part;
    }
    std::string line =
        fmt::format("{:7}  {}: {}", name(finding.level), finding.about, finding.words);
    if (!finding.remedy.empty()) line += "; " + finding.remedy;
    text += base::one_line(line) + "\n";
  }
  if (detail == CheckDetail::needs_person && text.empty()) return text;
  text += "\n";
  // Which speaks of all the lines.
  const bool speaks_of_lines = report.root_open && report.cause.empty() && report.wrong() > 0;
  if (detail == CheckDetail::everything || !speaks_of_lines) text += worth(report) + "\n";
  return text + sum(report) + "\n";
}

std::string check_json(const run::CheckReport& report) {
  Json findings = Json::array();
  for (const run::Finding& finding : report.findings) {
    Json each = {{"level", name(finding.level)},
                 {"about", finding.about},
                 {"words", finding.words},
                 {"remedy", finding.remedy.empty() ? Json() : Json(finding.remedy)}};
    findings.push_back(std::move(each));
  }
  Json archive;
  if (report.root_open) {
    archive = {{"filesystem", report.filesystem},
               {"in_place", report.cause.empty()},
               {"cause", report.cause.empty() ? Json() : Json(report.cause)},
               {"medium", report.medium}};
  }
  const Json json = {{"format", "expunge-check/1"},
                     {"archive", std::move(archive)},
                     {"log_verifies", report.log_read ? Json(report.log_trusted) : Json()},
                     {"findings", std::move(findings)},
                     {"problems", report.count(Level::problem)},
                     {"warnings", report.count(Level::warning)},
                     {"wrong", report.wrong()},
                     {"to_know", report.count(Level::note)},
                     {"worth", worth(report)}};
  // A path in a finding may hold bytes that are no UTF-8; printable() has seen to it, and if it
  // had not, a replacement character is better than nothing said.
  return base::printable_json(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace expunge::report
