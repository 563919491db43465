// Whether a run is on, seen from outside it.

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/stat.h>

#include <filesystem>
#include <sstream>

#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "run/check.h"

namespace expunge::run {
namespace {

constexpr std::size_t kMostLocksBytes = std::size_t{64} << 20;

/// Nullopt: nobody may read them here.
std::optional<std::string> read_locks(base::Sys& sys) {
  try {
    return base::read_file(sys, "/proc/locks", kMostLocksBytes);
  } catch (const base::Failure&) {
    return std::nullopt;
  }
}

/// Nullopt: there is none, or it may not be looked at.
std::optional<std::uint64_t> inode_of_lock(base::Sys& sys, const std::string& log_directory) {
  struct statx status {};
  const std::string path = log_directory + "/run.lock";
  if (sys.statx(AT_FDCWD, path.c_str(), 0, STATX_INO, status) != 0) return std::nullopt;
  return status.stx_ino;
}

/// Elsewhere the kernel shows no lock of a process outside (the number is its, and does not
/// change).
bool sees_all_processes() {
  std::error_code error;
  const auto own = std::filesystem::read_symlink("/proc/self/ns/pid", error);
  return !error && own == "pid:[4026531836]";
}

}  // namespace

/// By proc_locks(5): taking it, for a moment even, could stop a run that begins. By the inode
/// alone: a wrong yes costs a sample, and btrfs has devices that /proc/locks does not show.
std::optional<long> process_of_run(base::Sys& sys, const std::string& log_directory) {
  const auto lock = inode_of_lock(sys, log_directory);
  const auto locks = lock ? read_locks(sys) : std::nullopt;
  if (!locks) return std::nullopt;
  const std::string suffix = ":" + std::to_string(*lock);
  std::istringstream lines(*locks);
  for (std::string line; std::getline(lines, line);) {
    // `1: FLOCK  ADVISORY  WRITE 724 fe:00:524294 0 EOF`; the process is 0 where its name space is
    // another than ours.
    std::istringstream fields(line);
    std::string number, kind, advice, access, process, inode;
    fields >> number >> kind >> advice >> access >> process >> inode;
    if (kind != "FLOCK" || !inode.ends_with(suffix)) continue;
    const auto seen = base::parse_number(process);
    return seen && *seen > 0 ? static_cast<long>(*seen) : -1;
  }
  return std::nullopt;
}

bool run_is_on(base::Sys& sys, const std::string& log_directory) {
  return process_of_run(sys, log_directory).has_value();
}

std::optional<bool> run_goes_on(base::Sys& sys, const std::string& log_directory) {
  if (run_is_on(sys, log_directory)) return true;
  const bool can_tell =
      inode_of_lock(sys, log_directory) && sees_all_processes() && read_locks(sys);
  return can_tell ? std::optional(false) : std::nullopt;
}

}  // namespace expunge::run
