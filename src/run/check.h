#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "archive/index.h"
#include "audit/log.h"
#include "base/sys.h"
#include "base/time.h"
#include "plan/brakes.h"
#include "policy/schedule.h"
#include "run/tools.h"

namespace expunge::run {

/// Why there is no index to look into.
struct IndexTrouble {
  std::string words;
  bool run_mends_it = false;  ///< any command that writes does: a hot journal, an older version
};

/// What the next run is made with, besides what a check is.
struct NextRun {
  const policy::RetentionSchedule* schedule;  ///< never null
  std::chrono::minutes at;                    ///< since midnight, by the clocks on the wall
  std::string host;
  Approval approval = Approval::at_a_brake;
  std::string config_owner{};      ///< a login
  bool release_needs_two = false;  ///< a hold's release takes two persons
};

/// What the kernel says of its clock (adjtimex(2)).
enum class ClockSync { synchronised, unsynchronised, unknown };

/// Where what calls a run every night is configured.
struct SchedulePlaces {
  std::string crontab = "/etc/crontab";
  std::string cron_directory = "/etc/cron.d";
  std::string units = "/etc/systemd/system";
  std::string booted = "/run/systemd/system";  ///< there when systemd is what was booted
};

/// Half of what a run waits for to commit.
inline constexpr std::chrono::seconds kThoroughWithin{30};

/// What a check is made with; everything outlives it.
struct CheckSetting {
  base::Sys& sys;
  base::Time now;
  const archive::Index* index;  ///< null: `index_trouble` says why
  plan::Safety safety;
  audit::LogPlace log_place;
  audit::KeyFiles log_keys;
  std::string archive_root;
  std::string index_path;
  Limits limits;
  std::string config_path{};            ///< empty: there is none
  std::vector<std::string> programs{};  ///< that are called after a run
  Rotate rotate = Rotate::never;
  std::string after{};  ///< of the programs, the one that is told what went; empty: none is
  IndexTrouble index_trouble{};
  std::optional<NextRun> next_run{};  ///< unset: nothing is said of tonight
  ClockSync clock_sync = ClockSync::unknown;
  std::optional<SchedulePlaces> schedule_places{};  ///< unset: nobody looks who calls a run
  bool thorough = false;                            ///< have SQLite go through the whole index
  std::chrono::milliseconds thorough_within = kThoroughWithin;  ///< and not go on after that
  std::vector<std::string> metrics_directories{};  ///< a run writes a file of figures to each
};

/// One thing that was looked at, and what a person can do about it.
struct Finding {
  enum class Level {
    ok,
    note,     ///< to know; nothing can or need be done
    warning,  ///< a destruction here is worth less than it could be, or may be stopped
    problem,  ///< nothing here can be destroyed, or what is claimed of it would be worth nothing
  };
  Level level;
  std::string about;  ///< archive, medium, snapshots, …: stable
  std::string words;
  std::string remedy;  ///< may be empty
};

struct CheckReport {
  std::vector<Finding> findings;  ///< the gravest level first, else in the order of the looking
  bool root_open = true;          ///< else nothing is known of the next three
  std::string filesystem;         ///< of the archive
  std::string cause;              ///< why no overwrite there reaches the bytes; empty: it may
  std::string medium;             ///< as the log has it
  bool log_read = true;           ///< else whether it can be trusted is not known
  bool log_trusted = true;

  [[nodiscard]] std::size_t count(Finding::Level level) const;
  /// Warnings and problems: what a person must do something about.
  [[nodiscard]] std::size_t wrong() const;
};

/// Finds out what would make the next run fail or claim less, and what a destruction in this
/// archive will be worth. Writes nothing anywhere, takes no lock of ours, and leaves recordings
/// alone while a run is on. An archive root or an index that cannot be opened and a log that cannot
/// be trusted are findings, so that the rest is said too; so is an index that breaks while it is
/// read.
[[nodiscard]] CheckReport check(const CheckSetting& setting);

/// Whether a run holds run.lock in the log's directory, as far as proc_locks(5) shows.
[[nodiscard]] bool run_is_on(base::Sys& sys, const std::string& log_directory);
/// The same where it is certain that none does; nullopt: nobody can tell from here.
[[nodiscard]] std::optional<bool> run_goes_on(base::Sys& sys, const std::string& log_directory);
/// The number of that process, or -1 where it is not seen from here; nullopt: none.
[[nodiscard]] std::optional<long> process_of_run(base::Sys& sys, const std::string& log_directory);

}  // namespace expunge::run
