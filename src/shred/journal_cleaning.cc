#include <linux/ioctl.h>
#include <linux/types.h>

#include <cerrno>

#include "shred/destroy.h"
#include "shred/ground.h"
#include "shred/means.h"

namespace expunge::shred {
namespace {

// Documentation/filesystems/ext4/journal.rst; glibc and the kernel's exported headers lack them.
constexpr unsigned long kExt4IocCheckpoint = _IOW('f', 43, __u32);
constexpr __u32 kExt4IocCheckpointFlagZeroout = 2;
constexpr __u32 kExt4IocCheckpointFlagDryRun = 4;

std::string outcome(int error) {
  switch (error) {
    case 0:
      return "erased";
    case ENODEV:
      return "none";
    case EPERM:
    case EACCES:
      return "not erased (not permitted)";
    case ENOTTY:
    case EINVAL:
    case EOPNOTSUPP:
      return "not erased (no means)";
    default:
      return "not erased (failed)";
  }
}

}  // namespace

std::string clean_file_system_journal(const ArchiveRoot& root) {
  const Ground& ground = root.ground();
  const std::string journal = ground.filesystem + "-journal: ";
  if (ground.family != Family::ext4) return journal + "not erased (no means)";
  __u32 flags = kExt4IocCheckpointFlagZeroout;
  return journal + outcome(-root.sys().ioctl(root.fd(), kExt4IocCheckpoint, &flags));
}

NameCleaning probe_name_cleaning(const ArchiveRoot& root) {
  // Another file system that gets a means of its own (XFS) is asked here.
  if (root.ground().family != Family::ext4) return NameCleaning::no_means;
  __u32 flags = kExt4IocCheckpointFlagZeroout | kExt4IocCheckpointFlagDryRun;
  switch (-root.sys().ioctl(root.fd(), kExt4IocCheckpoint, &flags)) {
    case 0:
      return NameCleaning::erases;
    case ENODEV:
      return NameCleaning::no_journal;
    case EPERM:
    case EACCES:
      return NameCleaning::not_permitted;
    case ENOTTY:
    case EINVAL:
    case EOPNOTSUPP:
      return NameCleaning::no_means;
    default:
      return NameCleaning::failed;
  }
}

}  // namespace expunge::shred
