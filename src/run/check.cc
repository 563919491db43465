#include "run/check.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "archive/integrity.h"
#include "base/error.h"
#include "base/text.h"
#include "run/check_parts.h"
#include "shred/ground.h"

namespace expunge::run {
namespace {

using Level = Finding::Level;

/// Nullopt, with a finding, when it cannot be opened.
std::optional<shred::ArchiveRoot> open_root(const CheckSetting& setting, Findings& findings) {
  try {
    return std::make_optional<shred::ArchiveRoot>(setting.sys, setting.archive_root);
  } catch (const base::Failure& failure) {
    struct stat status {};
    const bool there = ::stat(setting.archive_root.c_str(), &status) == 0;
    if (there && S_ISDIR(status.st_mode)) {
      findings.problem("root", base::printable(failure.what()),
                       "call check as the run's user; if that is who you are, give the user "
                       "permission to read it");
    } else {
      findings.problem(
          "root",
          base::printable(failure.what()) + (there ? ": no directory" : "") + ": no run can begin",
          "mount its volume, or put archive.root right in the configuration");
    }
    return std::nullopt;
  }
}

/// All of it, which takes as long as reading it does, and keeps a run from its commits: a run gives
/// up after a minute.
void check_pages(const CheckSetting& setting, Findings& findings) {
  constexpr std::size_t kMaxFaults = 5;
  if (run_is_on(setting.sys, setting.log_place.directory)) {
    return findings.note("index", "a run is on: SQLite was not sent through the whole of it",
                         "call check --index when the run has ended");
  }
  const archive::Faults faults =
      archive::find_faults(setting.index_path, kMaxFaults, setting.thorough_within);
  if (!faults.finished) {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(setting.thorough_within).count();
    findings.note(
        "index",
        fmt::format("SQLite had not gone through the whole of it in {} s, and was stopped "
                    "so that no run waits",
                    seconds),
        "sqlite3 COPY 'PRAGMA quick_check', on a copy of " + base::printable(setting.index_path) +
            ", looks at all of it");
  } else if (faults.lines.empty()) {
    findings.ok("index", "SQLite finds nothing amiss in it as a whole");
  }
  for (const std::string& fault : faults.lines) {
    findings.problem("index", "damaged: " + base::printable(base::one_line(fault)),
                     "keep a copy of it as it is, and put the newest good one back: "
                     "expunge-operations(7), RESTORING");
  }
}

void check_index_itself(const CheckSetting& setting, Findings& findings) {
  if (setting.index != nullptr) {
    if (setting.thorough) findings.reading_index([&] { check_pages(setting, findings); });
    return;
  }
  const std::string words = base::printable(setting.index_trouble.words);
  if (setting.index_trouble.run_mends_it) {
    findings.warning("index", words + "; until then nothing in it can be looked at",
                     "the next run does it by itself; any command that writes, as expunge import, "
                     "does it sooner");
  } else {
    findings.problem("index", words + ": no run can begin",
                     "put archive.index right in the configuration, or the newest copy of the "
                     "index back: expunge-operations(7), RESTORING");
  }
}

int weight(Level level) {
  return -static_cast<int>(level);
}

}  // namespace

void Findings::index_fails(const base::Failure& failure) {
  const std::string words = base::printable(base::one_line(failure.what()));
  const bool said = std::any_of(list_.begin(), list_.end(), [&](const Finding& finding) {
    return finding.about == "index" && finding.words == words;
  });
  if (said) return;  // by another part that met it
  problem("index", words,
          "what needs it was not looked at; if it is damaged, keep a copy of it as it is, and put "
          "the newest good one back: expunge-operations(7), RESTORING");
}

std::size_t CheckReport::count(Level level) const {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(),
                    [&](const Finding& finding) { return finding.level == level; }));
}

std::size_t CheckReport::wrong() const {
  return count(Level::warning) + count(Level::problem);
}

CheckReport check(const CheckSetting& setting) {
  CheckReport report;
  Findings findings;
  const auto opened = open_root(setting, findings);
  const shred::ArchiveRoot* const root = opened ? &*opened : nullptr;
  report.root_open = opened.has_value();
  if (root != nullptr) {
    const shred::Ground& ground = root->ground();
    report.filesystem = ground.filesystem;
    report.cause = code(ground.cause);
    report.medium = medium_text(ground.medium, ground.discard_mounted);
    check_archive(setting, *root, findings);
  }
  check_books_ground(setting, root, findings);
  check_user(setting, findings);
  check_means(setting, root, findings);
  check_guard(setting, findings);
  check_rotation(setting, findings);
  check_index_itself(setting, findings);
  const auto log = check_books(setting, report, findings);
  std::optional<plan::Summary> tonight;
  if (setting.index != nullptr && setting.next_run) {
    tonight = findings.reading_index(
        [&] { return check_tonight(setting, log ? &*log : nullptr, root, findings); });
  }
  check_room(setting, root, tonight ? &*tonight : nullptr, findings);
  check_schedule(setting, log ? &*log : nullptr, findings);
  if (root != nullptr && setting.index != nullptr) {
    findings.reading_index([&] { check_sample(setting, log ? &*log : nullptr, *root, findings); });
  }
  report.findings = findings.take();
  std::stable_sort(
      report.findings.begin(), report.findings.end(),
      [](const Finding& a, const Finding& b) { return weight(a.level) < weight(b.level); });
  return report;
}

}  // namespace expunge::run
