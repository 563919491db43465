#pragma once

#include <vector>

#include "archive/types.h"
#include "shred/target.h"

namespace expunge::cli {

/// A recording's files as they are on disk: the size of each, and its SHA-256 where the index has
/// one. Changes nothing. Throws Failure(usage), which names the file, where one is missing, is no
/// regular file beneath the root, cannot be read, or is written to meanwhile.
[[nodiscard]] std::vector<archive::File> files_as_found(const shred::ArchiveRoot& root,
                                                        const archive::Recording& recording);

}  // namespace expunge::cli
