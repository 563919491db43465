#include <fmt/format.h>

#include <fstream>
#include <iostream>

#include "archive/importer.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/desk.h"
#include "cli/import_counts.h"
#include "cli/import_options.h"
#include "cli/options.h"
#include "cli/scans.h"
#include "intake/import.h"
#include "shred/target.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;

/// All rows of the file, and where not all were taken what became of them: `49 (taken 42, rejected
/// 7)`.
std::string rows_text(const intake::ImportResult& result) {
  const std::uint64_t taken = result.counts.rows;
  const std::uint64_t without_file = result.read.without_file;
  std::string parts;
  if (result.rejected > 0) parts += ", rejected " + base::grouped(result.rejected);
  if (without_file > 0) parts += ", without a file in the recorder " + base::grouped(without_file);
  const std::string all = base::grouped(taken + result.rejected + without_file);
  return parts.empty() ? all : fmt::format("{} (taken {}{})", all, base::grouped(taken), parts);
}

void print_result(const intake::ImportResult& result) {
  const archive::ImportCounts& counts = result.counts;
  std::cout << fmt::format("Rows: {}; recordings added: {}, changed: {}{}\n", rows_text(result),
                           base::grouped(counts.added), base::grouped(counts.changed),
                           contradictions_text(counts));
  if (counts.destroyed > 0) {
    std::cout << fmt::format("Rows of recordings destroyed before, which change nothing: {}\n",
                             base::grouped(counts.destroyed));
  }
  if (counts.paths_put_right > 0) {
    std::cout << fmt::format("Paths that the index had wrong, and has beneath the root now: {}\n",
                             base::grouped(counts.paths_put_right));
  }
}

}  // namespace

ExitStatus import_command(Invocation call) {
  Options options(
      "import FILE | --scan --pattern REGEX [OPTION…]",
      "Puts recordings into the index. FILE is CSV with a header row, JSON Lines (.jsonl), or a\n"
      "recorder's own export; - is standard input. Columns: id, department, recorded_at, path;\n"
      "and, where there are any, role, subject, agent, call_id, bytes, sha256. Several rows of "
      "one\n"
      "id are its files. One bad row, and nothing is imported. The same file again changes "
      "nothing.\n"
      "With --scan it walks the archive itself, and a pattern says what the paths mean.");
  options.argument("file", 1);
  declare_reading(options);
  options.flag("skip-bad", "import the good rows although some are bad")
      .flag("opaque-ids", "give random ids; the file's own stay in the index alone");
  add_scan_options(options);
  if (!options.parse(call)) return ExitStatus::done;
  if (options.has("scan")) return import_scan(call, options);
  refuse_scan_options(options);
  const std::string file = options.required("file");
  intake::ReadOptions reading = reading_of(options, file);
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
  take_from(desk, reading);
  archive::ImportKind kind = kind_of(options, reading);
  for (const policy::Department& department : desk.config().schedule.departments) {
    for (const std::string& name : desk.config().schedule.names_of(department.name)) {
      kind.scheduled.emplace(name, department.name);
    }
  }
  const std::int64_t newest_before = desk.index().newest_key();
  archive::Importer importer(
      desk.index(), kind, [&root](const std::string& path) { return root.has_file(path); }, today);
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
  desk.append(log, audit::to_draft(audit::Import{log_source(reading.format), result.counts.rows,
                                                 result.counts.added, result.counts.changed,
                                                 result.rejected, login_name()}));
  if (!call.global.quiet) {
    print_result(result);
    print_attention_since(desk, newest_before);
  }
  say_what_needs_person(result.counts);
  const archive::ImportCounts& counts = result.counts;
  const bool for_a_person = result.rejected > 0 || counts.returned > 0 ||
                            counts.contradictions > 0 || counts.known_to_log > 0;
  return desk.anchored(for_a_person ? ExitStatus::needs_person : ExitStatus::done);
}

}  // namespace expunge::cli
