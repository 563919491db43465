#pragma once

#include "residue/names.h"

namespace expunge::residue {

/// Erases everything from the journal of the root's file system, which must be ext4
/// (EXT4_IOC_CHECKPOINT with FLAG_ZEROOUT, Linux 5.14, CAP_SYS_ADMIN).
[[nodiscard]] Cleaning erase_ext4_journal(const shred::ArchiveRoot& root);

/// What that would return, without doing it.
[[nodiscard]] Cleaning probe_ext4_journal(const shred::ArchiveRoot& root);

/// Writes what the journal holds to where it belongs, and waits; where that is not permitted, has
/// the kernel write all of the file system's changes out (measured: either suffices before a block
/// is freed). False when it failed.
[[nodiscard]] bool push_ext4_journal(const shred::ArchiveRoot& root);

}  // namespace expunge::residue
