#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/error.h"
#include "shred/beneath.h"
#include "shred/blocks.h"
#include "shred/destroy.h"

namespace expunge::shred {

std::optional<Refusal> overwrite(const ArchiveRoot& root, Target& target, KeyStream& stream) {
  EXPUNGE_ASSERT(target.method == Method::overwrite);
  base::Sys& sys = root.sys();
  const int fd = target.fd.get();
  // Somebody may have come meanwhile: they wait, but not for ever (fs.lease-break-time, 45 s).
  if (target.leased && sys.fcntl(fd, F_GETLEASE, 0) != F_WRLCK) {
    return Refusal{Reason::open_elsewhere, "just now; nothing was overwritten"};
  }
  const auto buffer = thread_buffers().stream.bytes();
  for (const Extent& extent : target.extents) {
    for (std::uint64_t done = 0; done < extent.length_bytes;) {
      const auto bytes = std::min<std::uint64_t>(kChunkBytes, extent.length_bytes - done);
      const auto noise = buffer.first(bytes);
      const std::uint64_t at = extent.logical_bytes + done;
      stream.fill(noise, at);
      // A crash here leaves noise up to some block, which survey() finds by the key.
      const int error = write_units(sys, fd, noise, at, target.block_bytes);
      if (error != 0) return refusal(Reason::write_failed, error);
      done += bytes;
    }
  }
  return std::nullopt;
}

std::optional<Refusal> flush(const ArchiveRoot& root, std::span<Target* const> targets) {
  std::set<std::uint64_t> flushed_devices;
  for (const Target* const target : targets) {
    // Nothing of them is in the page cache: what is left to do is the device's own cache.
    if (target->extents.empty()) continue;
    if (!flushed_devices.insert(target->identity.device).second) continue;
    const int error = root.sys().fdatasync(target->fd.get());
    // Not even EINTR is tried again: the first call may have taken the error with it.
    if (error != 0) return refusal(Reason::flush_failed, -error);
  }
  return std::nullopt;
}

}  // namespace expunge::shred
