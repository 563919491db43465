#pragma once

#include <string>

#include "run/check.h"
#include "support/council.h"

namespace expunge::test {

/// The words of the findings of this kind, a line each.
inline std::string said(const run::CheckReport& report, run::Finding::Level level,
                        const std::string& about) {
  std::string text;
  for (const run::Finding& finding : report.findings) {
    if (finding.level == level && finding.about == about) text += finding.words + "\n";
  }
  return text;
}

/// Their remedies.
inline std::string advised(const run::CheckReport& report, run::Finding::Level level,
                           const std::string& about) {
  std::string text;
  for (const run::Finding& finding : report.findings) {
    if (finding.level == level && finding.about == about) text += finding.remedy + "\n";
  }
  return text;
}

/// A setting for a council's archive, with its next run at 02:00.
inline run::CheckSetting check_setting(const Council& council, const archive::Index* index,
                                       base::Sys& sys = base::real_sys()) {
  run::CheckSetting setting{sys,
                            council.now(),
                            index,
                            plan::Safety(),
                            council.log_place,
                            council.key_path,
                            council.root,
                            council.index_path,
                            council.limits};
  setting.next_run = run::NextRun{&council.schedule, std::chrono::hours{2}, council.host,
                                  council.rule, council.config_owner};
  return setting;
}

inline archive::Index open_to_read(const Council& council) {
  return archive::Index::open(council.index_path, archive::Index::Access::read,
                              council.log_place.origin);
}

/// What is found of what is there, and not of tonight.
inline run::CheckReport check(const Council& council, base::Sys& sys = base::real_sys(),
                              const run::Limits& limits = {}) {
  const auto index = open_to_read(council);
  run::CheckSetting setting = check_setting(council, &index, sys);
  setting.limits = limits;
  setting.next_run.reset();
  return run::check(setting);
}

/// What is found of tonight.
inline run::CheckReport check_tonight(const Council& council, base::Sys& sys = base::real_sys()) {
  const auto index = open_to_read(council);
  return run::check(check_setting(council, &index, sys));
}

/// A recording of 2024.
inline void add_one(Council& council) {
  council.add("rec-1", "2024-01-01T10:00:00Z", "a/one.wav", std::string(9000, 'a'));
}

}  // namespace expunge::test
