#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sys.h"

struct statx;

namespace expunge::shred {

/// A line of proc_pid_mountinfo(5).
struct Mount {
  std::string number;         ///< of the mount
  std::string device;         ///< `major:minor`
  std::string point;          ///< where it is mounted, as this process sees it
  std::string options;        ///< of this mount, comma-separated
  std::string filesystem;     ///< ext4, xfs, btrfs, …
  std::string super_options;  ///< of the super block, comma-separated
};

/// Whether a comma-separated list of options has this one.
[[nodiscard]] bool has_option(std::string_view options, std::string_view wanted);

/// Every mount that this process sees; nullopt when the kernel does not say. Never throws.
[[nodiscard]] std::optional<std::vector<Mount>> read_mounts(base::Sys& sys);

/// The one that a file is on, by the mount's number, or by the device where statx() did not tell
/// the number (before Linux 5.8).
[[nodiscard]] std::optional<Mount> find_mount(const std::vector<Mount>& mounts,
                                              const struct statx& status);

/// Those whose mount point lies below `directory`, an absolute path without symbolic links.
[[nodiscard]] std::vector<Mount> mounts_below(const std::vector<Mount>& mounts,
                                              const std::string& directory);

}  // namespace expunge::shred
