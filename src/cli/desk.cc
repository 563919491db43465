#include "cli/desk.h"

#include <pwd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "guard/exposure.h"
#include "plan/plan.h"
#include "run/remember.h"

namespace expunge::cli {

namespace {

/// Who writes signs too, with a key and in a log that nobody else may have changed.
Config guarded(Config config, archive::Index::Access access) {
  if (access == archive::Index::Access::write) {
    guard::refuse_exposed({std::filesystem::absolute(config.path).string(), config.log_key_path,
                           config.index_path, config.log.directory, config.archive_root});
  }
  return config;
}

}  // namespace

Desk::Desk(const Invocation& call, archive::Index::Access access)
    : sys_(base::real_sys()),
      clock_(call.clock),
      verbose_(call.global.verbose),
      config_(guarded(load_config(sys_, config_path(call.global.config)), access)),
      index_(archive::Index::open(config_.index_path, access, config_.log.origin)) {
  if (!verbose_) return;
  message("configuration " + config_.path);
  message("index " + config_.index_path + ", archive " + config_.archive_root);
  message("log " + config_.log.directory + ", origin " + config_.log.origin);
}

base::CivilDate Desk::plan_day(std::optional<base::CivilDate> as_of) const {
  if (as_of) return *as_of;
  return plan::day_of_next_run(config_.schedule.time_zone,
                               std::chrono::floor<std::chrono::seconds>(now()), config_.run_at);
}

base::Time Desk::plan_time(std::optional<base::CivilDate> as_of) const {
  // Another day is asked for to see what will be due; nobody knows when runs start until then.
  if (as_of) return now();
  const base::Time at = now();
  return std::max<base::Time>(
      at, plan::time_of_next_run(config_.schedule.time_zone,
                                 std::chrono::floor<std::chrono::seconds>(at), config_.run_at));
}

plan::HoldMatcher Desk::hold_matcher() const {
  return plan::current_holds(index_, config_.schedule.time_zone);
}

audit::LogState Desk::read_log() const {
  audit::LogState state = audit::read_log(sys_, config_.log, run::remembered(index_));
  if (verbose_) {
    message(state.why_whole.empty()
                ? "log read from its bookmark on"
                : "log read as a whole; its bookmark: " + base::printable(state.why_whole));
  }
  return state;
}

audit::LogWriter Desk::log_writer() const {
  return {sys_, config_.log, config_.log_key_path, run::remembered(index_), config_.limits.workers,
          now()};
}

void Desk::append(audit::LogWriter& log, const audit::Draft& draft) {
  log.append(std::array{draft}, now());
  archive::Index::Writing writing(index_);
  run::remember(writing, log);
  writing.commit();
}

std::string login_name() {
  uid_t uid = ::geteuid();
  try {
    const std::string text = base::read_file(base::real_sys(), "/proc/self/loginuid");
    const auto login = base::parse_number(text.substr(0, text.find('\n')));
    if (login && *login != static_cast<uid_t>(-1)) uid = static_cast<uid_t>(*login);
  } catch (const base::Failure&) {
    // A kernel without audit has no login to tell: the effective user it is.
  }
  const passwd* entry = ::getpwuid(uid);
  return entry == nullptr ? std::to_string(uid) : entry->pw_name;
}

std::string host_name() {
  utsname names{};
  if (::uname(&names) != 0) return "";
  return base::printable(names.nodename);
}

}  // namespace expunge::cli
