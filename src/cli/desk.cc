#include "cli/desk.h"

#include <pwd.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "cli/anchor.h"
#include "guard/exposure.h"
#include "plan/plan.h"
#include "run/remember.h"

namespace expunge::cli {

using base::ExitStatus;

namespace {

/// Who writes signs too, with a key and in a log that nobody else may have changed.
Config guarded(Config config, archive::Index::Access access) {
  if (access == archive::Index::Access::write) {
    guard::refuse_exposed({std::filesystem::absolute(config.path).string(), config.log_keys.entries,
                           config.index_path, config.log.directory, config.archive_root,
                           audit::more_secrets(config.log_keys), programs_of(config)});
  }
  return config;
}

}  // namespace

Desk::Desk(const Invocation& call, archive::Index::Access access)
    : sys_(base::real_sys()),
      clock_(call.clock),
      verbose_(call.global.verbose),
      config_(guarded(configure(sys_, call.global), access)),
      index_(archive::Index::open(config_.index_path, access, config_.log.origin)) {
  if (!verbose_) return;
  message("configuration " + config_.path, Level::info);
  message("index " + config_.index_path + ", archive " + config_.archive_root, Level::info);
  message("log " + config_.log.directory + ", origin " + config_.log.origin, Level::info);
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

base::Time Desk::approval_time(std::optional<base::CivilDate> as_of) const {
  const base::Time at = plan_time(as_of);
  if (!as_of) return at;
  return std::max<base::Time>(at,
                              config_.schedule.time_zone.latest_instant({*as_of, config_.run_at}));
}

base::CivilDate Desk::today() const {
  return config_.schedule.time_zone.civil_date(std::chrono::floor<std::chrono::seconds>(now()));
}

plan::HoldMatcher Desk::hold_matcher(base::CivilDate day) const {
  return plan::holds_of_day(index_, config_.schedule, day);
}

audit::LogState Desk::read_log() const {
  audit::LogState state = audit::read_log(sys_, config_.log, run::remembered(index_));
  if (verbose_) {
    message(state.why_whole.empty()
                ? "log read from its bookmark on"
                : "log read as a whole; its bookmark: " + base::printable(state.why_whole),
            Level::info);
  }
  return state;
}

audit::LogWriter Desk::log_writer() const {
  return {sys_, config_.log, config_.log_keys, run::remembered(index_), config_.limits.workers,
          now()};
}

void Desk::append(audit::LogWriter& log, const audit::Draft& draft) {
  log.append(std::array{draft}, now());
  remember(log);
}

void Desk::remember(const audit::LogWriter& log) {
  archive::Index::Writing writing(index_);
  run::remember(writing, log);
  const auto& run = log.facts().newest_run_start;
  const base::Time at = now();
  if (run && at >= run->time && at - run->time <= config_.safety.max_clock_step) {
    // Before that the next run does: status needs it to know what a run could not destroy until
    // now.
    const base::CivilDate day = std::chrono::sys_days{today()} - plan::kMostOverdue;
    for (const archive::Hold& hold : index_.holds(false)) {
      // An index that is a restored backup may not know that a release was taken back.
      if (!log.facts().is_in_force(hold.reference, today())) {
        writing.erase_ended_holds(day, hold.reference);
      }
    }
  }
  writing.commit();
}

ExitStatus Desk::anchored(ExitStatus status) const {
  return with_anchor(status, Anchor(config_).call(0));
}

namespace {

std::string name_of(uid_t uid) {
  const passwd* entry = ::getpwuid(uid);
  return entry == nullptr ? std::to_string(uid) : entry->pw_name;
}

/// Of the session that this process belongs to, which sudo does not change.
std::optional<uid_t> login_uid() {
  try {
    const std::string text = base::read_file(base::real_sys(), "/proc/self/loginuid");
    const auto login = base::parse_number(text.substr(0, text.find('\n')));
    if (login && *login != static_cast<uid_t>(-1)) return static_cast<uid_t>(*login);
  } catch (const base::Failure&) {
    // A kernel without audit has no login to tell.
  }
  return std::nullopt;
}

}  // namespace

std::string login_name() {
  return name_of(login_uid().value_or(::geteuid()));
}

std::optional<std::string> personal_login() {
  const auto uid = login_uid();
  if (!uid || *uid == 0) return std::nullopt;
  return name_of(*uid);
}

std::string require_personal_login(const std::string& rule) {
  if (auto login = personal_login()) return std::move(*login);
  throw base::Failure(ExitStatus::usage,
                      rule +
                          ", and nobody can tell who this is: the kernel knows no login of this "
                          "session but root's (/proc/self/loginuid); log in as yourself, and use "
                          "sudo");
}

std::string owner_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? name_of(status.st_uid) : "";
}

std::string host_name() {
  utsname names{};
  if (::uname(&names) != 0) return "";
  return base::printable(names.nodename);
}

}  // namespace expunge::cli
