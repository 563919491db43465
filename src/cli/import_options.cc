#include "cli/import_options.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>

#include "base/error.h"
#include "base/text.h"
#include "intake/recorder.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;

const intake::Recorder* recorder_of(const Options& options) {
  if (!options.has("preset")) return nullptr;
  const intake::Recorder* recorder = intake::find_recorder(options.text("preset"));
  if (recorder != nullptr) return recorder;
  std::string names;
  for (const intake::Recorder& one : intake::recorders()) {
    names += (names.empty() ? "" : ", ") + std::string(one.name);
  }
  options.refuse("--preset '" + base::printable(options.text("preset")) + "' is none of " + names);
}

intake::Format format_of(const Options& options, const std::string& file,
                         const intake::Recorder* recorder) {
  const std::string name = options.text("format");
  if (name == "csv") return intake::Format::csv;
  if (name == "tsv") return intake::Format::tsv;
  if (name == "jsonl" || name == "json") return intake::Format::json_lines;
  if (!name.empty()) {
    options.refuse("--format '" + base::printable(name) + "' is none of csv, tsv, jsonl");
  }
  if (recorder != nullptr) return recorder->format;
  if (file.ends_with(".tsv")) return intake::Format::tsv;
  const bool json = file.ends_with(".jsonl") || file.ends_with(".ndjson");
  return json ? intake::Format::json_lines : intake::Format::csv;
}

intake::Columns columns_of(const Options& options) {
  intake::Columns columns;
  for (const std::string& text : options.list("column")) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
      options.refuse("--column '" + base::printable(text) +
                     "' is not OURS=THEIRS, as in recorded_at=calldate");
    }
    if (!columns.renamed.emplace(text.substr(0, equals), text.substr(equals + 1)).second) {
      options.refuse("--column names " + base::printable(text.substr(0, equals)) + " twice");
    }
  }
  return columns;
}

std::optional<policy::TimeZone> zone_of(const Options& options) {
  if (!options.has("timezone")) return std::nullopt;
  auto zone = policy::TimeZone::find(options.text("timezone"));
  if (!zone) {
    options.refuse("--timezone '" + base::printable(options.text("timezone")) +
                   "' is not in the system's time zone database (package tzdata)");
  }
  return zone;
}

}  // namespace

std::optional<intake::DepartmentMap> department_map_of(const Options& options) {
  if (!options.has("map-department")) return std::nullopt;
  const std::string file = options.required("map-department");
  std::ifstream in(file, std::ios::binary);
  if (!in) base::fail_errno(ExitStatus::usage, base::printable(file), errno);
  return intake::DepartmentMap::read(in, base::printable(file));
}

void declare_reading(Options& options) {
  options
      .value("preset",
             "whose export FILE is: freepbx, vicidial, fusionpbx or wazo; expunge-import(5) has\n"
             "the command that makes it")
      .value("format", "csv, tsv or jsonl (default: the preset's, else by the file's name, or csv)")
      .values("column", "OURS=THEIRS, as recorded_at=calldate; several times")
      .value("timezone", "of times that bear no offset, as Europe/London")
      .value("map-department", "a file of lines PATTERN = Department")
      .value("department-column", "the column that is looked up, or `directory`")
      .values("strip-prefix", "what stands before the path beneath the root; several times")
      .value("add-prefix", "what to put before the path instead");
}

intake::ReadOptions reading_of(const Options& options, const std::string& file) {
  intake::ReadOptions reading;
  reading.name = file == "-" ? "standard input" : base::printable(file);
  reading.recorder = recorder_of(options);
  reading.format = format_of(options, file, reading.recorder);
  reading.columns = columns_of(options);
  if (reading.recorder != nullptr && !reading.columns.renamed.empty()) {
    options.refuse("--column does not go with --preset, which knows the columns");
  }
  reading.local_time_zone = zone_of(options);
  reading.department_map = department_map_of(options);
  reading.department_column = options.text("department-column");
  if (!reading.department_column.empty() && reading.columns.renamed.contains("department")) {
    options.refuse("--department-column and --column department=... name the same");
  }
  reading.paths.strip = options.list("strip-prefix");
  reading.paths.add = options.text("add-prefix");
  return reading;
}

void take_from(const Desk& desk, intake::ReadOptions& reading) {
  reading.paths.root = desk.config().archive_root;
  if (reading.recorder == nullptr) return;
  if (!reading.local_time_zone) reading.local_time_zone = desk.config().schedule.time_zone;
  reading.now = std::chrono::floor<std::chrono::seconds>(desk.now());
}

archive::ImportKind kind_of(const Options& options, const intake::ReadOptions& reading) {
  archive::ImportKind kind;
  if (reading.recorder != nullptr) {
    kind = {reading.recorder->opaque_ids, archive::SharedFiles::merge};
  }
  if (options.has("opaque-ids")) kind.opaque_ids = archive::OpaqueIds::yes;
  kind.archive_root = reading.paths.root;
  return kind;
}

const char* log_source(intake::Format format) {
  switch (format) {
    case intake::Format::csv:
      return "csv";
    case intake::Format::tsv:
      return "tsv";
    case intake::Format::json_lines:
      return "json";
  }
  return "";
}

}  // namespace expunge::cli
