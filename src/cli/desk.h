#pragma once

#include <string>

#include "archive/index.h"
#include "audit/log.h"
#include "base/sys.h"
#include "cli/command.h"
#include "cli/config.h"
#include "plan/decision.h"

namespace expunge::cli {

/// What most commands begin with: the configuration, and the index and log that it names.
class Desk {
 public:
  /// Throws Failure(usage) too when it is to write, and somebody else may change configuration,
  /// key, index or log (guard/exposure.h).
  Desk(const Invocation& call, archive::Index::Access access);

  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] archive::Index& index() { return index_; }
  [[nodiscard]] const archive::Index& index() const { return index_; }
  [[nodiscard]] base::Sys& sys() const { return sys_; }
  [[nodiscard]] base::Time now() const { return clock_(); }
  [[nodiscard]] const base::Clock& clock() const { return clock_; }

  /// The day that a plan is for: `as_of`, or that of the next run.
  [[nodiscard]] base::CivilDate plan_day(std::optional<base::CivilDate> as_of) const;
  /// When the run starts whose brakes the plan shows: the next one, or now for `as_of`.
  [[nodiscard]] base::Time plan_time(std::optional<base::CivilDate> as_of) const;
  /// When a run for that day looks at approvals: then, where it is yet to come.
  [[nodiscard]] base::Time approval_time(std::optional<base::CivilDate> as_of) const;
  /// The civil date now.
  [[nodiscard]] base::CivilDate today() const;
  /// Of the holds in force on that day.
  [[nodiscard]] plan::HoldMatcher hold_matcher(base::CivilDate day) const;
  [[nodiscard]] audit::LogState read_log() const;
  [[nodiscard]] audit::LogWriter log_writer() const;
  /// One entry, durable with its checkpoint on return, and remembered by the index.
  void append(audit::LogWriter& log, const audit::Draft& draft);
  /// Has the index remember where the log stands, and forget what ended holds said of anybody;
  /// that by a clock which a run vouches for, since it cannot be taken back.
  void remember(const audit::LogWriter& log);
  /// Last, after a command that appended and went so: has the anchor, where there is one, carry the
  /// newest checkpoint away, and returns the command's status. Requires that the index is not being
  /// written to: the anchor may take its time.
  [[nodiscard]] base::ExitStatus anchored(base::ExitStatus status) const;

 private:
  base::Sys& sys_;
  base::Clock clock_;
  bool verbose_;
  Config config_;
  archive::Index index_;
};

/// The login, which sudo does not hide, or else the effective user; a number where it has no name.
[[nodiscard]] std::string login_name();
[[nodiscard]] std::string host_name();
/// As login_name(), but only where the kernel knows the login, and it is not root's: somebody who
/// can be told from others.
[[nodiscard]] std::optional<std::string> personal_login();
/// That login. Throws Failure(usage), which begins with `rule`, the setting that asks for it, and
/// says how to get one, where there is none.
[[nodiscard]] std::string require_personal_login(const std::string& rule);
/// Whose a file is: a login, or a number where it has no name; empty when that cannot be found out.
[[nodiscard]] std::string owner_of(const std::string& path);

}  // namespace expunge::cli
