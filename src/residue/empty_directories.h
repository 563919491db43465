#pragma once

#include <functional>
#include <string>
#include <vector>

#include "shred/target.h"

namespace expunge::residue {

/// What became of directories in which names were removed.
struct Tidied {
  std::vector<std::string> gone;  ///< removed, or not there any more
  std::vector<std::string> kept;  ///< with the parents of those that were removed; sorted
  bool pushed = true;             ///< whether every push() that was needed succeeded
};

/// Removes those of the directories that are empty, and the parents that this empties, never the
/// root. The kernel decides, in one step: one that a recorder has just put a file into stays.
/// `push` is called before each level: a block that is freed would keep what was in it before.
/// What is gone is durable on return, as far as it could be synced.
[[nodiscard]] Tidied remove_empty(const shred::ArchiveRoot& root,
                                  const std::vector<std::string>& directories,
                                  const std::function<bool()>& push);

}  // namespace expunge::residue
