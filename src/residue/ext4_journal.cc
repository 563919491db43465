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

/// jbd2 writes the journal's changes to their places, has the device flush them, pays no regard to
/// the answer, and gives up the journal's copies. So they are written and flushed here before,
/// where an error is told; then its own flush has nothing to lose. (What others change in between
/// is not covered: a file system in use has no such moment.)
bool settle(const shred::ArchiveRoot& root) {
  return root.sys().syncfs(root.fd()) == 0 && root.sys().fsync(root.fd()) == 0;
}

}  // namespace

Cleaning erase_ext4_journal(const shred::ArchiveRoot& root) {
  const Cleaning prospect = probe_ext4_journal(root);
  if (prospect != Cleaning::erases) return prospect;
  return settle(root) ? checkpoint(root, kZeroout) : Cleaning::failed;
}

Cleaning probe_ext4_journal(const shred::ArchiveRoot& root) {
  return checkpoint(root, kZeroout | kDryRun);
}

bool push_ext4_journal(const shred::ArchiveRoot& root) {
  // Without the right to the checkpoint, settling has to do, and does.
  return settle(root) && checkpoint(root, 0) != Cleaning::failed;
}

}  // namespace expunge::residue
