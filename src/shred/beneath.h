#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/fd.h"
#include "base/sys.h"
#include "shred/refusal.h"
#include "shred/target.h"

namespace expunge::shred {

/// The flags of statx() that judge() and identity_of() look at.
[[nodiscard]] unsigned status_mask();

/// Opens `path` beneath the root: no `..`, no symbolic link in any component, no mount point.
/// `flags` are those of open(2), without O_CLOEXEC, which is added. Tries again, a few times, when
/// the kernel asks for it. Returns the descriptor or an errno value.
[[nodiscard]] std::variant<base::Fd, int> open_beneath(const ArchiveRoot& root, const char* path,
                                                       std::uint64_t flags);

/// What an errno value of open_beneath() means for the file.
[[nodiscard]] Refusal open_refusal(int error);

/// A refusal with the error's text as its detail.
[[nodiscard]] Refusal refusal(Reason reason, int error);

/// Whether a call failed because this kernel or file system has no such call. Every other error is
/// the disk's, or passes: no reason to do less than overwrite the file.
[[nodiscard]] bool is_unsupported(int error);

/// Which file a statx() result is about.
[[nodiscard]] Identity identity_of(const struct statx& status);

}  // namespace expunge::shred
