#include "shred/ground.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <string_view>

#include "base/error.h"
#include "base/io.h"

namespace expunge::shred {
namespace {

constexpr std::uint64_t kXfsMagic = 0x58465342;  // "XFSB"; not in linux/magic.h

struct Mount {
  std::string filesystem;
  std::string options;  ///< of the super block, comma-separated
};

bool has_option(std::string_view options, std::string_view wanted) {
  while (!options.empty()) {
    const auto comma = options.find(',');
    if (options.substr(0, comma) == wanted) return true;
    if (comma == std::string_view::npos) return false;
    options.remove_prefix(comma + 1);
  }
  return false;
}

/// The lines of proc_pid_mountinfo(5): the mount's number, its parent's, the device, and past a
/// lone hyphen the file system, its source and the super block's options. The device will do where
/// the number is not known (before Linux 5.8).
std::optional<Mount> find_mount(const std::string& mountinfo, const struct statx& status) {
  const bool numbered = (status.stx_mask & STATX_MNT_ID) != 0;
  const std::string wanted =
      numbered ? std::to_string(status.stx_mnt_id)
               : std::to_string(status.stx_dev_major) + ":" + std::to_string(status.stx_dev_minor);
  std::istringstream lines(mountinfo);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string number, parent, device, word, filesystem, source, options;
    fields >> number >> parent >> device;
    if ((numbered ? number : device) != wanted) continue;
    while (fields >> word && word != "-") {
    }
    if (fields >> filesystem >> source >> options) return Mount{filesystem, options};
  }
  return std::nullopt;
}

/// A file of the kernel's; nullopt when it cannot be read.
std::optional<std::string> read_kernel_file(base::Sys& sys, const std::string& path) {
  constexpr std::uint64_t kLimitBytes = 64 << 20;
  try {
    return base::read_file(sys, path, kLimitBytes);
  } catch (const base::Failure&) {
    return std::nullopt;
  }
}

/// All options of an ext4 file system, its own defaults included, comma-separated.
std::optional<std::string> all_ext4_options(base::Sys& sys, const struct statx& status) {
  const auto device = block_device_name(sys, status.stx_dev_major, status.stx_dev_minor);
  if (!device) return std::nullopt;
  auto options = read_kernel_file(sys, "/proc/fs/ext4/" + *device + "/options");
  if (options) std::replace(options->begin(), options->end(), '\n', ',');
  return options;
}

}  // namespace

std::optional<std::string> block_device_name(base::Sys& sys, unsigned major, unsigned minor) {
  const auto event =
      read_kernel_file(sys, fmt::format("/sys/dev/block/{}:{}/uevent", major, minor));
  constexpr std::string_view kName = "DEVNAME=";
  const auto at = event ? event->find(kName) : std::string::npos;
  if (at == std::string::npos) return std::nullopt;
  const auto from = at + kName.size();
  return event->substr(from, event->find('\n', from) - from);
}

Ground judge_mount(const std::string& filesystem, const std::string& options, std::uint64_t magic) {
  Ground ground;
  ground.filesystem = filesystem;
  const bool extended = filesystem == "ext4" || filesystem == "ext3" || filesystem == "ext2";
  if (magic == EXT4_SUPER_MAGIC && extended) {
    ground.family = Family::ext4;
    if (has_option(options, "data=journal")) {
      ground.obstacle = filesystem + " with data=journal";
    } else if (has_option(options, "nobarrier") || has_option(options, "barrier=0")) {
      ground.obstacle = filesystem + " with nobarrier: nothing can be flushed";
    }
  } else if (magic == kXfsMagic && filesystem == "xfs") {
    ground.family = Family::xfs;
  } else {
    ground.obstacle = filesystem.empty() ? "unknown file system" : filesystem;
  }
  return ground;
}

Ground find_ground(base::Sys& sys, int root_fd) {
  Ground ground;
  ground.filesystem = "unknown";
  struct statfs status {};
  if (sys.fstatfs(root_fd, status) != 0) {
    ground.obstacle = "unknown file system";
    return ground;
  }
  struct statx root {};
  constexpr unsigned kMask = STATX_BASIC_STATS | STATX_MNT_ID;
  const auto mounts = read_kernel_file(sys, "/proc/self/mountinfo");
  const bool known = mounts && sys.statx(root_fd, "", AT_EMPTY_PATH, kMask, root) == 0;
  const auto mount = known ? find_mount(*mounts, root) : std::nullopt;
  if (!mount) {
    ground.obstacle = "unknown mount options";
    return ground;
  }
  const auto magic = static_cast<std::uint64_t>(status.f_type);
  ground = judge_mount(mount->filesystem, mount->options, magic);
  if (ground.family == Family::ext4) {
    const auto all = all_ext4_options(sys, root);
    ground = judge_mount(mount->filesystem, mount->options + "," + all.value_or(""), magic);
    ground.defaults_known = all.has_value();
  }
  ground.block_bytes = static_cast<std::uint32_t>(status.f_bsize);
  return ground;
}

std::optional<Refusal> judge_flags(base::Sys& sys, const Ground& ground, int fd) {
  const auto refused = [&](const std::string& cause) {
    return Refusal{Reason::cannot_overwrite_in_place, ground.filesystem + ", " + cause};
  };
  if (ground.family == Family::ext4) {
    // The kernel writes an int, whatever the request's number says.
    int flags = 0;
    if (sys.ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0) return refused("unknown flags");
    if ((flags & FS_JOURNAL_DATA_FL) != 0) return refused("data journalling (chattr +j)");
    if ((flags & FS_INLINE_DATA_FL) != 0) return refused("data inside the inode");
  } else if (ground.family == Family::xfs) {
    struct fsxattr attributes {};
    if (sys.ioctl(fd, FS_IOC_FSGETXATTR, &attributes) != 0) return refused("unknown flags");
    if ((attributes.fsx_xflags & FS_XFLAG_REALTIME) != 0) return refused("realtime device");
  }
  return std::nullopt;
}

}  // namespace expunge::shred
