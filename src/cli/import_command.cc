#include <fmt/format.h>

#include <fstream>
#include <iostream>

#include "archive/importer.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/desk.h"
#include "cli/options.h"
#include "intake/import.h"
#include "shred/target.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;

intake::Format format_of(const Options& options, const std::string& file) {
  const std::string name = options.text("format");
  if (name == "csv") return intake::Format::csv;
  if (name == "jsonl" || name == "json") return intake::Format::json_lines;
  if (!name.empty()) {
    options.refuse("--format '" + base::printable(name) + "' is neither csv nor jsonl");
  }
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

void print_result(const intake::ImportResult& result) {
  const archive::ImportCounts& counts = result.counts;
  std::cout << fmt::format("Rows: {}; recordings added: {}, changed: {}; rows rejected: {}\n",
                           base::grouped(counts.rows), base::grouped(counts.added),
                           base::grouped(counts.changed), base::grouped(result.rejected));
  if (counts.destroyed > 0) {
    std::cout << fmt::format("Rows of recordings destroyed before, which change nothing: {}\n",
                             base::grouped(counts.destroyed));
  }
}

}  // namespace

ExitStatus import_command(Invocation call) {
  Options options(
      "import FILE [OPTION…]",
      "Puts recordings into the index. FILE is CSV with a header row, or JSON Lines (.jsonl); -\n"
      "is standard input. Columns: id, department, recorded_at, path; and, where there are any,\n"
      "role, subject, agent, call_id, bytes, sha256. Several rows of one id are its files.\n"
      "One bad row, and nothing is imported. The same file again changes nothing.");
  options.argument("file", 1)
      .value("format", "csv or jsonl (default: by the file's name, else csv)")
      .values("column", "OURS=THEIRS, as recorded_at=calldate; several times")
      .value("timezone", "of times that bear no offset, as Europe/London")
      .flag("skip-bad", "import the good rows although some are bad")
      .flag("opaque-ids", "give random ids; the file's own stay in the index alone");
  if (!options.parse(call)) return ExitStatus::done;
  const std::string file = options.required("file");
  intake::ReadOptions reading{file == "-" ? "standard input" : base::printable(file),
                              format_of(options, file), columns_of(options), zone_of(options)};
  std::ifstream opened;
  if (file != "-") {
    opened.open(file, std::ios::binary);
    if (!opened) base::fail_errno(ExitStatus::usage, base::printable(file), errno);
  }
  Desk desk(call, archive::Index::Access::write);
  audit::LogWriter log = desk.log_writer();  // an import that cannot be logged is not begun
  const base::CivilDate today = desk.config().schedule.time_zone.civil_date(
      std::chrono::floor<std::chrono::seconds>(desk.now()));
  const shred::ArchiveRoot root(desk.sys(), desk.config().archive_root);
  archive::Importer importer(
      desk.index(), options.has("opaque-ids") ? archive::OpaqueIds::yes : archive::OpaqueIds::no,
      [&root](const std::string& path) { return root.has_file(path); }, today);
  const auto result = intake::import_rows(
      file == "-" ? std::cin : opened, reading,
      options.has("skip-bad") ? intake::BadRows::skip : intake::BadRows::refuse_all, importer,
      [&](const intake::BadRow& bad) {
        message(fmt::format("{}: line {}: {}", reading.name, bad.line, bad.cause));
      });
  if (result.rejected > intake::kMaxBadRowsReported) {
    message(fmt::format("further bad rows: {}",
                        base::grouped(result.rejected - intake::kMaxBadRowsReported)));
  }
  if (!result.committed) {
    throw Failure(
        ExitStatus::usage,
        fmt::format("{}: bad rows: {}; nothing was imported (--skip-bad imports the others)",
                    reading.name, base::grouped(result.rejected)));
  }
  desk.append(log, audit::to_draft(audit::Import{
                       reading.format == intake::Format::csv ? "csv" : "json", result.counts.rows,
                       result.counts.added, result.counts.changed, result.rejected}));
  if (!call.global.quiet) print_result(result);
  if (result.counts.returned > 0) {
    message(
        fmt::format("recordings destroyed once of which a file is back on disk: {}; expunge "
                    "plan lists them",
                    base::grouped(result.counts.returned)));
  }
  return result.rejected > 0 || result.counts.returned > 0 ? ExitStatus::needs_person
                                                           : ExitStatus::done;
}

}  // namespace expunge::cli
