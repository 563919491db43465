#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/error.h"
#include "base/path.h"
#include "base/text.h"
#include "run/check_parts.h"

namespace expunge::run {
namespace {

std::string name_of(uid_t uid) {
  const passwd* const entry = ::getpwuid(uid);
  return entry == nullptr ? std::to_string(uid) : base::printable(entry->pw_name);
}

/// Whose runs these are, where an ordinary user makes them.
std::optional<uid_t> owner_of_log(const CheckSetting& setting) {
  struct stat status {};
  if (::stat(setting.log_place.directory.c_str(), &status) != 0) return std::nullopt;
  return status.st_uid;
}

/// What a run writes to; that it is there is said elsewhere.
std::vector<std::pair<const char*, std::string>> written(const CheckSetting& setting) {
  const std::string& log = setting.log_place.directory;
  std::vector<std::pair<const char*, std::string>> paths = {
      {"log", log},
      {"log", log + "/log.jsonl"},
      {"log", log + "/run.lock"},
      {"log", log + "/checkpoints"},
      {"index", setting.index_path},
      {"index", setting.index_path + "-journal"}};
  if (setting.rotate == Rotate::every_run) {
    paths.emplace_back("log", log + "/keys");
    paths.emplace_back("key", base::parent_of(setting.log_keys.entries));
  }
  return paths;
}

void check_lock(const CheckSetting& setting, Findings& findings) {
  const auto process = process_of_run(setting.sys, setting.log_place.directory);
  if (!process) return;
  const std::string who = *process > 0 ? fmt::format(" (process {})", *process) : "";
  findings.note("lock",
                fmt::format("a run is on just now{}: another one is turned away (status 5)", who),
                *process > 0 ? fmt::format("kill -TERM {} ends it after the batch that it is in, "
                                           "if it must end",
                                           *process)
                             : "");
}

/// Where a run leaves its figures; what goes wrong there stops no run, and blinds whoever watches.
void check_metrics(const CheckSetting& setting, Findings& findings) {
  constexpr const char* kStale = "the figures in metrics.textfile stay as they are";
  for (const std::string& path : setting.metrics_directories) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      if (error == std::errc::permission_denied && is_onlooker(setting)) continue;
      findings.warning("metrics",
                       fmt::format("{} is {}: {}", base::printable(path),
                                   error == std::errc::permission_denied  ? "out of reach"
                                   : std::filesystem::exists(path, error) ? "no directory"
                                                                          : "missing",
                                   kStale),
                       "make it, for the run's user to write to, or put metrics.textfile right in "
                       "the configuration");
      continue;
    }
    if (is_onlooker(setting)) continue;
    if (::faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK, AT_EACCESS) == 0) {
      findings.ok("metrics", name_of(::geteuid()) + " may write to " + base::printable(path));
      continue;
    }
    findings.warning("metrics",
                     fmt::format("{} may not write to {}: {}", name_of(::geteuid()),
                                 base::printable(path), kStale),
                     fmt::format("as root: setfacl -m u:{}:rwx {}", name_of(::geteuid()),
                                 base::printable(path)));
  }
}

}  // namespace

bool is_onlooker(const CheckSetting& setting) {
  return ::geteuid() != 0 && owner_of_log(setting) != ::geteuid();
}

void check_user(const CheckSetting& setting, Findings& findings) {
  check_lock(setting, findings);
  check_metrics(setting, findings);
  const auto owner = owner_of_log(setting);
  if (is_onlooker(setting)) {
    return findings.note(
        "user",
        fmt::format("called as {}, who makes no runs here: what that user may not look at is "
                    "said, and may be well",
                    name_of(::geteuid())),
        owner && *owner != 0 ? fmt::format("sudo -u {} expunge check", name_of(*owner))
                             : "sudo expunge check");
  }
  bool all = true;
  for (const auto& [about, path] : written(setting)) {
    if (::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0) continue;
    if (errno != EACCES && errno != EPERM) continue;
    all = false;
    findings.problem(
        about,
        fmt::format("{} may not write to {}: no run can begin, or end", name_of(::geteuid()),
                    base::printable(path)),
        fmt::format("as root: chown {} {}", name_of(::geteuid()), base::printable(path)));
  }
  if (all) findings.ok("user", name_of(::geteuid()) + " may write to what a run writes to");
}

}  // namespace expunge::run
