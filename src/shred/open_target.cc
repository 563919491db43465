#include <fcntl.h>
#include <linux/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "shred/beneath.h"
#include "shred/blocks.h"
#include "shred/extents.h"
#include "shred/ground.h"
#include "shred/target.h"

namespace expunge::shred {
namespace {

using MaybeRefusal = std::optional<Refusal>;

/// Whether this is one's own to destroy, as far as its inode says.
MaybeRefusal judge(const struct statx& status) {
  if (S_ISLNK(status.stx_mode)) return Refusal{Reason::symbolic_link, ""};
  if (!S_ISREG(status.stx_mode)) return Refusal{Reason::not_a_regular_file, ""};
  if (status.stx_nlink == 0) return Refusal{Reason::missing, "just removed"};
  if (status.stx_nlink > 1) {
    return Refusal{Reason::hard_link, std::to_string(status.stx_nlink) + " names"};
  }
  const auto attributes = status.stx_attributes;
  if ((attributes & STATX_ATTR_IMMUTABLE) != 0) return Refusal{Reason::immutable, ""};
  if ((attributes & STATX_ATTR_APPEND) != 0) return Refusal{Reason::append_only, ""};
  return std::nullopt;
}

/// Whether its inode says that no overwrite reaches the bytes.
MaybeRefusal judge_for_overwrite(const struct statx& status) {
  const auto attributes = status.stx_attributes;
  if ((attributes & STATX_ATTR_COMPRESSED) != 0) {
    return Refusal{Reason::cannot_overwrite_in_place, "compressed file"};
  }
  if ((attributes & STATX_ATTR_VERITY) != 0) {
    return Refusal{Reason::cannot_overwrite_in_place, "fs-verity: nobody can write to it"};
  }
  return std::nullopt;
}

/// Judges what stands under the name without opening it: opening a FIFO would wake its reader, and
/// opening a device can do anything.
MaybeRefusal look(const ArchiveRoot& root, const std::string& path) {
  const auto opened = open_beneath(root, path.c_str(), O_PATH | O_NOFOLLOW);
  if (const int* const error = std::get_if<int>(&opened)) return open_refusal(*error);
  struct statx status {};
  const int error =
      root.sys().statx(std::get<base::Fd>(opened).get(), "", AT_EMPTY_PATH, status_mask(), status);
  if (error != 0) return refusal(Reason::unreadable, -error);
  return judge(status);
}

std::variant<base::Fd, int> open_file(const ArchiveRoot& root, const std::string& path,
                                      Method method) {
  // O_DIRECT from the start, for small files too: what never is in the page cache needs one flush
  // per device, not one per file (measured: 3.4 times as fast at 16 KiB). What is not written to is
  // not opened for it: an overlay would make a copy of the file first.
  const std::uint64_t how = method == Method::overwrite ? O_RDWR | O_DIRECT : O_RDONLY;
  const std::uint64_t flags = how | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_LARGEFILE;
  auto opened = open_beneath(root, path.c_str(), flags | O_NOATIME);
  // Only a file's owner and root may leave its access time alone.
  const int* const error = std::get_if<int>(&opened);
  if (error == nullptr || *error != EPERM) return opened;
  return open_beneath(root, path.c_str(), flags);
}

/// The alignment of direct I/O, or 0 where there is none. Kernels before 6.1 do not say: there the
/// file system's block will do, as the open fails where there is none, but for ext4 with
/// data=journal, which falls back to the page cache in silence.
std::uint32_t direct_unit(const struct statx& status, const Ground& ground) {
  if ((status.stx_mask & STATX_DIOALIGN) == 0) {
    return ground.defaults_known ? ground.block_bytes : 0;
  }
  if (status.stx_dio_mem_align == 0 || status.stx_dio_offset_align == 0) return 0;
  constexpr std::uint32_t kSmallestBytes = 512;
  return std::max({kSmallestBytes, status.stx_dio_mem_align, status.stx_dio_offset_align});
}

Refusal no_overwrite(const ArchiveRoot& root, const std::string& cause) {
  return {Reason::cannot_overwrite_in_place, root.ground().filesystem + ", " + cause};
}

/// Whether most of what a reader would see are holes. They need no overwriting and no hash; and
/// reading 100 GiB of them, which take no room, could keep a run busy for its whole night.
bool is_hollow(const struct statx& status) {
  constexpr std::uint64_t kMostHoles = 1ULL << 30;
  const std::uint64_t on_disk = status.stx_blocks * 512;
  return status.stx_size > on_disk && status.stx_size - on_disk > kMostHoles;
}

/// Fills in what statx() of the descriptor says.
MaybeRefusal identify(const ArchiveRoot& root, Target& target) {
  struct statx status {};
  const int error = root.sys().statx(target.fd.get(), "", AT_EMPTY_PATH, status_mask(), status);
  if (error != 0) return refusal(Reason::unreadable, -error);
  if (auto refused = judge(status)) return refused;
  target.identity = identity_of(status);
  target.size_bytes = status.stx_size;
  target.hollow = is_hollow(status);
  if (target.method == Method::unlink) return std::nullopt;
  if (auto refused = judge_for_overwrite(status)) return refused;
  target.block_bytes = direct_unit(status, root.ground());
  target.direct = target.block_bytes != 0 && kChunkBytes % target.block_bytes == 0;
  return std::nullopt;
}

/// From here on nobody else can open the file without the kernel asking us first.
MaybeRefusal lease(const ArchiveRoot& root, Target& target) {
  const int error = root.sys().fcntl(target.fd.get(), F_SETLEASE, F_WRLCK);
  if (error == -EAGAIN && !root.ground().leases_need_server) {
    return Refusal{Reason::open_elsewhere, ""};
  }
  // EACCES for somebody else's file, EINVAL where leases are turned off: done without, and said.
  target.leased = error == 0;
  return std::nullopt;
}

MaybeRefusal locate(const ArchiveRoot& root, Target& target) {
  if (auto refused = judge_flags(root.sys(), root.ground(), target.fd.get())) return refused;
  // Without it an overwrite might succeed, and nothing could be read back from the device.
  if (!target.direct) return no_overwrite(root, "no direct I/O");
  auto mapped = map_extents(root.sys(), target.fd.get());
  if (const int* const error = std::get_if<int>(&mapped);
      error != nullptr && !is_unsupported(*error)) {
    // It may be an old one, of pages that nobody could write out before (a failed overwrite leaves
    // one), which the kernel keeps for who asks next. It is taken here, so that flush(), through
    // the same descriptor, tells of nothing but what happens from now on.
    static_cast<void>(root.sys().fdatasync(target.fd.get()));
    mapped = map_extents(root.sys(), target.fd.get());
  }
  if (const int* const error = std::get_if<int>(&mapped)) {
    if (!is_unsupported(*error)) return refusal(Reason::unreadable, *error);
    return no_overwrite(root, "extents unknown: " + base::errno_text(*error));
  }
  auto& mapping = std::get<Mapping>(mapped);
  std::string obstacle = extent_obstacle(mapping.flags);
  target.overwrite_bytes = target.size_bytes;
  for (const Extent& extent : mapping.extents) {
    if ((extent.logical_bytes | extent.length_bytes) % target.block_bytes != 0) {
      obstacle = "blocks that are not aligned";
    }
    target.overwrite_bytes =
        std::max(target.overwrite_bytes, extent.logical_bytes + extent.length_bytes);
  }
  if (!obstacle.empty()) return no_overwrite(root, obstacle);
  target.extents = std::move(mapping.extents);
  return std::nullopt;
}

MaybeRefusal take_fingerprint(const ArchiveRoot& root, Target& target) {
  const auto begin = std::chrono::steady_clock::now();
  const auto buffer = thread_buffers().read.bytes();
  base::Sha256 hash;
  for (std::uint64_t at = 0; at < target.size_bytes;) {
    const auto wanted = std::min<std::uint64_t>(kChunkBytes, target.size_bytes - at);
    const auto out = buffer.first(round_up(wanted, target.block_bytes));
    const int error = read_units(root.sys(), target.fd.get(), out, wanted, at, target.block_bytes);
    if (error == kFileEnded) return Refusal{Reason::unreadable, "the file became shorter"};
    if (error != 0) return refusal(Reason::unreadable, error);
    hash.update(out.first(wanted));
    at += wanted;
  }
  target.fingerprint = hash.finish();
  target.fingerprint_time = std::chrono::steady_clock::now() - begin;
  return std::nullopt;
}

MaybeRefusal examine(const ArchiveRoot& root, const Expected& expected, Fingerprint fingerprint,
                     Target& target) {
  if (auto refused = identify(root, target)) return refused;
  if (expected.bytes && *expected.bytes != target.size_bytes) {
    return Refusal{Reason::size_differs, std::to_string(target.size_bytes) + " bytes, indexed " +
                                             std::to_string(*expected.bytes)};
  }
  // Before the content is read: what nobody else can open does not change under the hash.
  if (auto refused = lease(root, target)) return refused;
  if (target.method == Method::overwrite) {
    if (auto refused = locate(root, target)) return refused;
  }
  if ((fingerprint == Fingerprint::yes && !target.hollow) || expected.sha256) {
    if (auto refused = take_fingerprint(root, target)) return refused;
  }
  if (expected.sha256 && *expected.sha256 != *target.fingerprint) {
    return Refusal{Reason::content_differs, ""};
  }
  return std::nullopt;
}

std::variant<Target, Refusal> open_for(Method method, const ArchiveRoot& root,
                                       const Expected& expected, Fingerprint fingerprint) {
  const Ground& ground = root.ground();
  if (method == Method::overwrite && !ground.obstacle.empty()) {
    return Refusal{Reason::cannot_overwrite_in_place, ground.obstacle};
  }
  // Opened for reading alone, it would be found out only when its name is to be removed.
  if (method == Method::unlink && ground.read_only) return open_refusal(EROFS);
  auto opened = open_file(root, expected.path, method);
  if (const int* const error = std::get_if<int>(&opened)) {
    const bool no_direct = method == Method::overwrite && *error == EINVAL;
    return no_direct ? no_overwrite(root, "no direct I/O") : open_refusal(*error);
  }
  Target target;
  target.path = expected.path;
  target.fd = std::move(std::get<base::Fd>(opened));
  target.filesystem = ground.filesystem;
  if (method == Method::unlink) make_unlink(target);
  if (auto refused = examine(root, expected, fingerprint, target)) return *refused;
  return target;
}

bool cannot_be_overwritten(const std::variant<Target, Refusal>& result) {
  const auto* const refusal = std::get_if<Refusal>(&result);
  return refusal != nullptr && refusal->reason == Reason::cannot_overwrite_in_place;
}

}  // namespace

std::string_view code(Method method) {
  return method == Method::overwrite ? "overwrite" : "unlink";
}

std::string_view code(Accept accept) {
  return accept == Accept::overwritten ? "overwritten" : "unlinked";
}

std::variant<Target, Refusal> open_target(const ArchiveRoot& root, const Expected& expected,
                                          Fingerprint fingerprint, Accept accept) {
  if (!stays_within_root(expected.path)) return Refusal{Reason::outside_root, ""};
  if (auto refused = look(root, expected.path)) return *refused;
  auto result = open_for(Method::overwrite, root, expected, fingerprint);
  if (accept == Accept::overwritten || !cannot_be_overwritten(result)) return result;
  return open_for(Method::unlink, root, expected, fingerprint);
}

void make_unlink(Target& target) {
  target.method = Method::unlink;
  target.direct = false;
  target.block_bytes = 1;
  target.overwrite_bytes = 0;
  target.extents.clear();
  // Until it is unlinked it is a recording like any other: a hold may yet come, and nothing of it
  // may then have changed, its name included.
}

}  // namespace expunge::shred
