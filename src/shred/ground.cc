#include "shred/ground.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.h"
#include "shred/beneath.h"
#include "shred/kernel_files.h"
#include "shred/mounts.h"

namespace expunge::shred {
namespace {

constexpr std::uint64_t kXfsMagic = 0x58465342;  // "XFSB"; not in linux/magic.h

/// All options of an ext4 file system, its own defaults included, comma-separated.
std::optional<std::string> all_ext4_options(base::Sys& sys, const struct statx& status) {
  const auto device = block_device_name(sys, status.stx_dev_major, status.stx_dev_minor);
  if (!device) return std::nullopt;
  auto options = read_kernel_file(sys, "/proc/fs/ext4/" + *device + "/options");
  if (options) std::replace(options->begin(), options->end(), '\n', ',');
  return options;
}

/// File systems that are known not to do, or not known to do, what an overwrite needs.
Cause cause_of(std::string_view filesystem) {
  struct Row {
    std::string_view name;
    Cause cause;
  };
  constexpr auto kRows = std::to_array<Row>({
      {"btrfs", Cause::btrfs},
      {"zfs", Cause::zfs},
      {"bcachefs", Cause::bcachefs},
      {"overlay", Cause::overlay},
      {"aufs", Cause::overlay},
      {"nfs", Cause::nfs},
      {"nfs4", Cause::nfs},
      {"cifs", Cause::smb},
      {"smb3", Cause::smb},
      {"smbfs", Cause::smb},
      {"ceph", Cause::network},
      {"9p", Cause::network},
      {"virtiofs", Cause::network},
      {"afs", Cause::network},
      {"gfs2", Cause::network},
      {"ocfs2", Cause::network},
      {"lustre", Cause::network},
      {"vboxsf", Cause::network},
      {"fuse", Cause::fuse},
      {"fuseblk", Cause::fuse},
      {"tmpfs", Cause::memory},
      {"ramfs", Cause::memory},
      {"devtmpfs", Cause::memory},
      {"f2fs", Cause::log_structured},
      {"nilfs2", Cause::log_structured},
      {"ubifs", Cause::log_structured},
      {"jffs2", Cause::log_structured},
      {"", Cause::unknown_file_system},
  });
  if (filesystem.starts_with("fuse.")) return Cause::fuse;
  const auto* const row = std::find_if(kRows.begin(), kRows.end(),
                                       [&](const Row& each) { return each.name == filesystem; });
  return row == kRows.end() ? Cause::untried : row->cause;
}

/// What lies below a file system that is on no block device of its own.
Medium medium_without_device(Cause cause) {
  Medium medium;
  switch (cause) {
    case Cause::nfs:
    case Cause::smb:
    case Cause::network:
      medium.layers.push_back({Medium::Kind::network});
      break;
    case Cause::memory:
      medium.layers.push_back({Medium::Kind::memory});
      break;
    default:
      medium.layers.push_back({Medium::Kind::unknown});
  }
  return medium;
}

Ground unknown_ground(const char* obstacle, Cause cause) {
  Ground ground;
  ground.filesystem = "unknown";
  ground.obstacle = obstacle;
  ground.cause = cause;
  ground.medium = medium_without_device(cause);
  return ground;
}

}  // namespace

std::optional<std::string> block_device_name(base::Sys& sys, unsigned major, unsigned minor) {
  const auto event =
      read_kernel_file(sys, fmt::format("/sys/dev/block/{}:{}/uevent", major, minor));
  std::string name = event ? value_in(*event, "DEVNAME") : "";
  if (name.empty()) return std::nullopt;
  return name;
}

Ground judge_mount(const std::string& filesystem, const std::string& options, std::uint64_t magic) {
  Ground ground;
  ground.filesystem = filesystem;
  const bool extended = filesystem == "ext4" || filesystem == "ext3" || filesystem == "ext2";
  if (magic == EXT4_SUPER_MAGIC && extended) {
    ground.family = Family::ext4;
    if (has_option(options, "data=journal")) {
      ground.obstacle = filesystem + " with data=journal";
      ground.cause = Cause::data_journal;
    } else if (has_option(options, "nobarrier") || has_option(options, "barrier=0")) {
      ground.obstacle = filesystem + " with nobarrier: nothing can be flushed";
      ground.cause = Cause::no_barriers;
    }
  } else if (magic == kXfsMagic && filesystem == "xfs") {
    ground.family = Family::xfs;
  } else {
    ground.obstacle = filesystem.empty() ? "unknown file system" : filesystem;
    ground.cause = cause_of(filesystem);
    const bool nfs = filesystem == "nfs" || filesystem == "nfs4";
    ground.leases_need_server = nfs || filesystem == "cifs" || filesystem == "smb3";
    ground.hides_open_files = nfs || filesystem.starts_with("fuse");
  }
  return ground;
}

Ground find_ground(base::Sys& sys, int fd, unsigned loops_above) {
  struct statfs status {};
  if (sys.fstatfs(fd, status) != 0) {
    return unknown_ground("unknown file system", Cause::unknown_file_system);
  }
  struct statx file {};
  constexpr unsigned kMask = STATX_BASIC_STATS | STATX_MNT_ID;
  const auto mounts = read_mounts(sys);
  const bool known = mounts && sys.statx(fd, "", AT_EMPTY_PATH, kMask, file) == 0;
  const auto mount = known ? find_mount(*mounts, file) : std::nullopt;
  if (!mount) return unknown_ground("unknown mount options", Cause::unknown_options);
  const auto magic = static_cast<std::uint64_t>(status.f_type);
  Ground ground = judge_mount(mount->filesystem, mount->super_options, magic);
  std::string options = mount->super_options;
  if (ground.family == Family::ext4) {
    const auto all = all_ext4_options(sys, file);
    options += "," + all.value_or("");
    ground = judge_mount(mount->filesystem, options, magic);
    ground.defaults_known = all.has_value();
  }
  ground.block_bytes = static_cast<std::uint32_t>(status.f_bsize);
  ground.device = fmt::format("{}:{}", file.stx_dev_major, file.stx_dev_minor);
  ground.medium = file.stx_dev_major == 0
                      ? medium_without_device(ground.cause)
                      : find_medium(sys, file.stx_dev_major, file.stx_dev_minor, loops_above);
  ground.read_only = has_option(mount->options, "ro") || has_option(mount->super_options, "ro") ||
                     ground.medium.read_only;
  ground.discard_mounted = has_option(options, "discard");
  // A loop device over such a file system is let pass, and said: rehearsals need it.
  using Kind = Medium::Kind;
  for (const Kind kind : {Kind::snapshot_origin, Kind::snapshot, Kind::volume}) {
    if (ground.cause != Cause::none || !ground.medium.has(kind)) continue;
    ground.obstacle = ground.filesystem + " on copy-on-write storage";
    ground.cause = Cause::copy_on_write_below;
  }
  return ground;
}

std::optional<Refusal> judge_flags(base::Sys& sys, const Ground& ground, int fd) {
  const auto refused = [&](const std::string& cause) {
    return Refusal{Reason::cannot_overwrite_in_place, ground.filesystem + ", " + cause};
  };
  if (ground.family == Family::ext4) {
    // The kernel writes an int, whatever the request's number says.
    int flags = 0;
    if (const int error = sys.ioctl(fd, FS_IOC_GETFLAGS, &flags); error != 0) {
      return is_unsupported(-error) ? refused("unknown flags")
                                    : refusal(Reason::unreadable, -error);
    }
    if ((flags & FS_JOURNAL_DATA_FL) != 0) return refused("data journalling (chattr +j)");
    if ((flags & FS_INLINE_DATA_FL) != 0) return refused("data inside the inode");
  } else if (ground.family == Family::xfs) {
    struct fsxattr attributes {};
    if (const int error = sys.ioctl(fd, FS_IOC_FSGETXATTR, &attributes); error != 0) {
      return is_unsupported(-error) ? refused("unknown flags")
                                    : refusal(Reason::unreadable, -error);
    }
    if ((attributes.fsx_xflags & FS_XFLAG_REALTIME) != 0) return refused("realtime device");
  }
  return std::nullopt;
}

}  // namespace expunge::shred
