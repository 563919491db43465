#include "run/check.h"

#include <algorithm>

#include "run/check_parts.h"
#include "shred/ground.h"

namespace expunge::run {

std::size_t CheckReport::count(Finding::Level level) const {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(),
                    [&](const Finding& finding) { return finding.level == level; }));
}

CheckReport check(const CheckSetting& setting) {
  const shred::ArchiveRoot root(setting.sys, setting.archive_root);
  const shred::Ground& ground = root.ground();
  CheckReport report;
  report.filesystem = ground.filesystem;
  report.cause = code(ground.cause);
  report.medium = medium_text(ground.medium, ground.discard_mounted);
  Findings findings;
  check_archive(setting, root, findings);
  check_books_ground(setting, ground, findings);
  check_means(setting, root, findings);
  check_guard(setting, findings);
  check_rotation(setting, findings);
  report.log_trusted = check_books(setting, root, findings);
  check_sample(setting, root, findings);
  report.findings = findings.take();
  return report;
}

}  // namespace expunge::run
