#pragma once

#include <memory>

#include "residue/names.h"

namespace expunge::residue {

/// For ext4. A block that is freed is dropped before what was erased in it reaches the disk, so
/// push() comes before every rmdir; the slack of directories that stay is filled once and cleared
/// (Ext4Slack); the journal is erased last, by EXT4_IOC_CHECKPOINT, since it has pictures of all
/// that (Linux 5.14, CAP_SYS_ADMIN). Entries are cleared by the unlink itself since Linux 5.13.
[[nodiscard]] std::unique_ptr<Names> ext4_names(const shred::ArchiveRoot& root);

}  // namespace expunge::residue
