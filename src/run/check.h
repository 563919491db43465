#pragma once

#include <string>
#include <vector>

#include "archive/index.h"
#include "audit/log.h"
#include "base/sys.h"
#include "base/time.h"
#include "plan/brakes.h"
#include "run/tools.h"

namespace expunge::run {

/// What a check is made with; everything outlives it.
struct CheckSetting {
  base::Sys& sys;
  base::Time now;
  const archive::Index& index;
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
  std::vector<Finding> findings;
  std::string filesystem;  ///< of the archive
  std::string cause;       ///< why no overwrite there reaches the bytes; empty: it may
  std::string medium;      ///< as the log has it
  bool log_trusted = true;

  [[nodiscard]] std::size_t count(Finding::Level level) const;
};

/// Finds out what a destruction in this archive will be worth, and what would stop it. Writes
/// nothing anywhere, takes no lock of ours, and leaves recordings alone while a run is on. Throws
/// Failure(usage) when the archive root, or the index, cannot be opened; a log that cannot be
/// trusted is a finding, so that the rest is said too.
[[nodiscard]] CheckReport check(const CheckSetting& setting);

/// Whether a run holds run.lock in the log's directory, as far as proc_locks(5) shows.
[[nodiscard]] bool run_is_on(base::Sys& sys, const std::string& log_directory);

}  // namespace expunge::run
