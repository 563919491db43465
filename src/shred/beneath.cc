#include "shred/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include "base/error.h"

namespace expunge::shred {

unsigned status_mask() {
  return STATX_BASIC_STATS | STATX_BTIME | STATX_DIOALIGN;
}

std::variant<base::Fd, int> open_beneath(const ArchiveRoot& root, const char* path,
                                         std::uint64_t flags) {
  // EAGAIN means that a rename somewhere made the walk unsafe, or that another process holds a
  // lease: the first passes, the second takes longer than anybody should wait here.
  constexpr int kAttempts = 8;
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  int error = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const int fd = root.sys().openat2(root.fd(), path, how);
    if (fd >= 0) return base::Fd(fd);
    error = -fd;
    if (error != EAGAIN && error != EINTR) break;
  }
  return error;
}

Refusal open_refusal(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
      return {Reason::missing, ""};
    case ELOOP:
      return {Reason::symbolic_link, ""};
    // The text has no `..` and links are not followed, so this is not a way out but a mount point.
    case EXDEV:
      return {Reason::crosses_file_system, ""};
    case EISDIR:
    case ENXIO:
    case ENODEV:
      return {Reason::not_a_regular_file, ""};
    case EAGAIN:
    case ETXTBSY:
    case EBUSY:
      return refusal(Reason::open_elsewhere, error);
    case EACCES:
    case EPERM:
    case EROFS:
      return refusal(Reason::permission_denied, error);
    default:
      return refusal(Reason::unreadable, error);
  }
}

Refusal refusal(Reason reason, int error) {
  return {reason, base::errno_text(error)};
}

bool is_unsupported(int error) {
  return error == EOPNOTSUPP || error == ENOTTY || error == EINVAL || error == EBADR ||
         error == ENOSYS;
}

Identity identity_of(const struct statx& status) {
  Identity identity;
  identity.device = ::makedev(status.stx_dev_major, status.stx_dev_minor);
  identity.inode = status.stx_ino;
  if ((status.stx_mask & STATX_BTIME) != 0) {
    identity.birth_ns = status.stx_btime.tv_sec * 1'000'000'000 + status.stx_btime.tv_nsec;
  }
  return identity;
}

}  // namespace expunge::shred
