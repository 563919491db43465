#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/sys.h"

namespace expunge::base {

/// Reads exactly `out.size()` bytes at `offset_bytes`, retrying interruptions and short reads.
/// Returns 0, an errno value, or ENODATA when the file ends first.
[[nodiscard]] int pread_exactly(Sys& sys, int fd, std::span<std::byte> out,
                                std::uint64_t offset_bytes);

/// Writes all of `data` at `offset_bytes`, retrying interruptions and short writes. Returns 0 or an
/// errno value; on failure an unknown part may have been written. Nothing is durable yet.
[[nodiscard]] int pwrite_all(Sys& sys, int fd, std::span<const std::byte> data,
                             std::uint64_t offset_bytes);

/// Opens relative to the current directory or absolute, with O_CLOEXEC. Throws Failure(usage)
/// naming the path.
[[nodiscard]] Fd open_or_fail(Sys& sys, const std::string& path, int flags, int mode = 0);

/// The whole of a small file. Throws Failure(usage) naming the path when it cannot be read, or is
/// larger than `limit_bytes`.
[[nodiscard]] std::string read_file(Sys& sys, const std::string& path,
                                    std::uint64_t limit_bytes = 1 << 20);

/// Gives an open file exactly `mode`, whatever the umask, and, as root and where permitted, the
/// owner of its directory: a file that root makes for a service must not lock the service out. 0 or
/// an errno value.
[[nodiscard]] int settle_in(Sys& sys, int fd, const std::string& path, unsigned mode);

/// Replaces `path` by a file holding `data`: written beside it, fsync, rename, fsync of the
/// directory. On return the new content is durable under its name; on Failure the old one stands
/// (or, if only the last fsync failed, either).
void replace_file(Sys& sys, const std::string& path, std::string_view data, unsigned mode);

/// Creates `path`, which must not exist (Failure(usage) says that it does), with `data`, fsync, and
/// fsync of the directory. On Failure what was made of it is gone again.
void create_file(Sys& sys, const std::string& path, std::string_view data, unsigned mode);

/// fsync of the directory at `path`. Throws Failure(needs_person).
void sync_directory(Sys& sys, const std::string& path);

[[nodiscard]] inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace expunge::base
