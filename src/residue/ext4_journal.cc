#include "residue/ext4_journal.h"

#include <linux/ioctl.h>
#include <linux/types.h>

#include <cerrno>

namespace expunge::residue {
namespace {

// Documentation/filesystems/ext4/journal.rst; glibc and the kernel's exported headers lack them.
constexpr unsigned long kCheckpoint = _IOW('f', 43, __u32);
constexpr __u32 kZeroout = 2;
constexpr __u32 kDryRun = 4;

Cleaning checkpoint(const shred::ArchiveRoot& root, __u32 flags) {
  switch (-root.sys().ioctl(root.fd(), kCheckpoint, &flags)) {
    case 0:
      return Cleaning::erases;
    case ENODEV:
      return Cleaning::nothing_there;
    case EPERM:
    case EACCES:
      return Cleaning::not_permitted;
    case ENOTTY:
    case EINVAL:
    case EOPNOTSUPP:
      return Cleaning::no_means;
    default:
      return Cleaning::failed;
  }
}

}  // namespace

Cleaning erase_ext4_journal(const shred::ArchiveRoot& root) {
  return checkpoint(root, kZeroout);
}

Cleaning probe_ext4_journal(const shred::ArchiveRoot& root) {
  return checkpoint(root, kZeroout | kDryRun);
}

bool push_ext4_journal(const shred::ArchiveRoot& root) {
  switch (checkpoint(root, 0)) {
    case Cleaning::erases:
      return true;
    case Cleaning::failed:
      return false;
    default:
      return root.sys().syncfs(root.fd()) == 0;
  }
}

}  // namespace expunge::residue
