#pragma once

#include <memory>

#include "residue/names.h"

namespace expunge::residue {

/// The means of XFS. Where a name is removed, a meaningless one of the same length is put at once,
/// into the same place, so that no directory shrinks and frees a block with names in it; finish()
/// removes those again once everything lies in its own place. Freezes nothing, and needs no
/// privilege beyond writing to the directories and the root, though it is quicker as root.
/// push() and finish() may fill the log once around: seconds for each GB of log.
/// The root must live as long.
[[nodiscard]] std::unique_ptr<Names> xfs_names(const shred::ArchiveRoot& root);

}  // namespace expunge::residue
