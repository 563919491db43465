#include <fmt/format.h>

#include <array>
#include <iostream>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "cli/import_counts.h"
#include "cli/import_options.h"
#include "cli/progress.h"
#include "cli/scans.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;
using Kind = intake::ScanNote::Kind;

/// Of so many paths of a kind each is named; of further ones only the number.
constexpr std::uint64_t kMaxNamed = 20;

struct KindWords {
  Kind kind;
  const char* each;  ///< before the path's own cause
  const char* all;
};
constexpr std::array<KindWords, intake::ScanNote::kKinds> kWords = {{
    {Kind::unmatched, "not imported", "files that the pattern does not explain, not imported"},
    {Kind::refused, "cannot be imported", "recordings that cannot be imported"},
    {Kind::not_regular, "passed over", "passed over, being no regular files of this file system"},
    {Kind::unreadable, "could not be read", "files and directories that could not be read"},
    {Kind::unmeasured, "dated by the start of its call alone",
     "files dated by the start of their calls alone, because their length could not be read"},
}};

const KindWords& words_of(Kind kind) {
  return kWords.at(static_cast<std::size_t>(kind));
}

void print_result(const intake::ScanResult& result) {
  const archive::ImportCounts& counts = result.counts;
  std::cout << fmt::format(
      "Files seen: {}, in the index before: {}; recordings added: {}, changed: {}{}\n",
      base::grouped(result.files), base::grouped(result.known), base::grouped(counts.added),
      base::grouped(counts.changed), contradictions_text(counts));
  const auto line = [](std::uint64_t count, const char* text) {
    if (count > 0) std::cout << fmt::format("{}: {}\n", text, base::grouped(count));
  };
  line(result.being_written, "Files left to a later scan, because their calls are still written");
  line(result.dated_by_mtime,
       "Recordings dated by when their files were last changed (--trust-mtime)");
  line(result.undated, "Recordings without a date, which need attention");
  line(counts.destroyed, "Files of recordings destroyed before, which change nothing");
  line(counts.paths_put_right, "Paths that the index had wrong, and has beneath the root now");
}

void print_totals(const intake::ScanResult& result) {
  for (const KindWords& words : kWords) {
    if (const std::uint64_t count = result.count(words.kind); count > 0) {
      message(fmt::format("{}: {}", words.all, base::grouped(count)));
    }
  }
}

bool needs_person(const intake::ScanResult& result) {
  return result.count(Kind::unmatched) + result.count(Kind::refused) +
             result.count(Kind::not_regular) + result.count(Kind::unreadable) +
             result.count(Kind::unmeasured) + result.undated + result.counts.returned +
             result.counts.contradictions + result.counts.known_to_log >
         0;
}

/// Ties files that hold what was destroyed once to their recordings, which have come back then.
/// Those of which that cannot be go into `without`.
void take_back(const Desk& desk, archive::Importer& importer,
               const std::vector<archive::ImportRow>& back, std::set<std::string>& without) {
  for (const archive::ImportRow& row : back) {
    const auto history = desk.index().history(row.id);
    // Of one that the index has not destroyed it would only be one file more, or a new recording.
    const bool was_destroyed = history && (history->state == archive::State::destroyed ||
                                           history->state == archive::State::removed ||
                                           history->state == archive::State::returned);
    std::optional<std::string> cause;
    if (!was_destroyed) {
      cause = "the index does not know that";
    } else if (!base::is_utf8(row.file.path)) {
      cause = "its path is not UTF-8, and cannot stand in the index";
    } else {
      cause = importer.add(row);
    }
    if (!cause) continue;
    message(fmt::format("{}: holds what was destroyed once, as recording {}, and was left out: {}",
                        base::printable(row.file.path), base::printable(row.id), *cause));
    without.insert(row.file.path);
  }
}

}  // namespace

void add_scan_options(Options& options) {
  options.flag("scan", "walk the archive, in place of a FILE; with --pattern")
      .value("pattern", "what paths say, as a regular expression with named groups")
      .value("department", "of all that is scanned, if no group says it")
      .flag("trust-mtime", "where a path has no date, take that of the file's last change")
      .value("settled", "leave out what was changed since, as 30m (default: 10m)");
}

void refuse_scan_options(const Options& options) {
  for (const char* name : {"pattern", "department", "trust-mtime", "settled"}) {
    if (options.has(name)) options.refuse(fmt::format("--{} goes with --scan", name));
  }
}

std::chrono::seconds settled_of(const Options& options) {
  if (!options.has("settled")) return std::chrono::minutes{10};
  const auto settled = parse_duration(options.text("settled"));
  if (!settled) {
    options.refuse("--settled '" + base::printable(options.text("settled")) +
                   "' is not a time as 30m, 2h or 90s");
  }
  return *settled;
}

ExitStatus scan_and_log(const Invocation& call, Desk& desk, const intake::ScanOptions& options,
                        archive::OpaqueIds opaque_ids, intake::BadRows bad_rows,
                        const std::string& source, const std::vector<archive::ImportRow>& back) {
  intake::ScanOptions scan = options;
  audit::LogWriter log = desk.log_writer();  // an import that cannot be logged is not begun
  const base::CivilDate today = desk.config().schedule.time_zone.civil_date(scan.now);
  const shred::ArchiveRoot root(desk.sys(), desk.config().archive_root);
  const std::int64_t newest_before = desk.index().newest_key();
  archive::Importer importer(
      desk.index(), {opaque_ids, archive::SharedFiles::refuse, {}, desk.config().archive_root},
      [&root](const std::string& path) { return root.has_file(path); }, today);
  take_back(desk, importer, back, scan.without);
  Progress progress(call, "Files seen");
  std::array<std::uint64_t, intake::ScanNote::kKinds> named{};
  const intake::ScanEvents events{[&](const intake::ScanNote& note) {
                                    if (++named.at(static_cast<std::size_t>(note.kind)) > kMaxNamed)
                                      return;
                                    progress.clear();
                                    message(fmt::format("{}: {}: {}", base::printable(note.path),
                                                        words_of(note.kind).each, note.cause));
                                  },
                                  [&](std::uint64_t files) { progress(files); }};
  const intake::ScanResult result =
      intake::scan(root, desk.index(), scan, bad_rows, importer, events);
  progress.clear();
  print_totals(result);
  const std::uint64_t refused = result.count(Kind::refused);
  if (!result.committed) {
    throw Failure(ExitStatus::usage,
                  fmt::format("the scan found recordings that cannot be imported: {}; nothing was "
                              "imported (--skip-bad imports the others)",
                              base::grouped(refused)));
  }
  desk.append(log, audit::to_draft(
                       audit::Import{result.dated_by_mtime > 0 ? source + "-mtime" : source,
                                     result.counts.rows, result.counts.added, result.counts.changed,
                                     refused + result.count(Kind::unmatched), login_name()}));
  if (!call.global.quiet) {
    print_result(result);
    print_attention_since(desk, newest_before);
  }
  say_what_needs_person(result.counts);
  if (source == "orphans") {
    message(
        fmt::format("put into the index: {} recordings, without a date; expunge plan lists them "
                    "as attention",
                    base::grouped(result.counts.added)));
    if (result.being_written > 0) {
      message(fmt::format(
          "left out: {} files, changed so lately that they may be written still (--settled)",
          base::grouped(result.being_written)));
    }
  }
  return desk.anchored(needs_person(result) ? ExitStatus::needs_person : ExitStatus::done);
}

ExitStatus import_scan(const Invocation& call, const Options& options) {
  for (const char* name :
       {"file", "preset", "format", "column", "department-column", "strip-prefix", "add-prefix"}) {
    if (options.has(name)) options.refuse(fmt::format("--scan takes no {}", name));
  }
  const intake::ScanPattern pattern(options.required("pattern"));
  const std::string department = options.text("department");
  const bool by_group = pattern.has(intake::Group::department);
  if (by_group && !department.empty()) {
    options.refuse("--pattern has the group department, and --department is given too");
  }
  if (!by_group && department.empty()) {
    options.refuse("--pattern lacks the group department, and no --department is given");
  }
  const auto department_map = department_map_of(options);
  if (department_map && !by_group) {
    options.refuse(
        "--map-department goes with the group department in --pattern: what it finds "
        "is looked up");
  }
  if (!pattern.has_date() && !options.has("trust-mtime")) {
    options.refuse(
        "--pattern lacks the groups year, month and day (or date, or epoch), so that no recording "
        "would have a date");
  }
  const bool opaque = options.has("opaque-ids") || !pattern.has(intake::Group::id);
  auto zone = options.has("timezone") ? policy::TimeZone::find(options.text("timezone"))
                                      : std::optional<policy::TimeZone>();
  if (options.has("timezone") && !zone) {
    options.refuse("--timezone '" + base::printable(options.text("timezone")) +
                   "' is not in the system's time zone database (package tzdata)");
  }
  const std::chrono::seconds settled = settled_of(options);
  Desk desk(call, archive::Index::Access::write);
  const intake::ScanOptions scan{&pattern,
                                 department,
                                 department_map ? &*department_map : nullptr,
                                 zone ? *zone : desk.config().schedule.time_zone,
                                 options.has("trust-mtime"),
                                 settled,
                                 std::chrono::floor<std::chrono::seconds>(desk.now()),
                                 desk.config().limits.workers};
  return scan_and_log(call, desk, scan, opaque ? archive::OpaqueIds::yes : archive::OpaqueIds::no,
                      options.has("skip-bad") ? intake::BadRows::skip : intake::BadRows::refuse_all,
                      "scan");
}

}  // namespace expunge::cli
