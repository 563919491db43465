#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shred/destroy.h"
#include "shred/target.h"

namespace expunge::residue {

/// Whether names can be erased from a file system's journal.
enum class Cleaning {
  erases,  ///< or has erased
  nothing_there,
  not_permitted,
  no_means,  ///< the file system or the kernel has none
  failed,
};

/// `erased`, `none`, `not erased (not permitted)`, …
[[nodiscard]] std::string_view words(Cleaning cleaning);

/// What became of the names that a run's destroyed files left behind, and of the directories.
struct Account {
  std::vector<std::string> said;      ///< for `run.end`: what was erased, and what could not be
  std::vector<std::string> finished;  ///< directories in which nothing is left to do
};

/// What Names::mask_attributes() met.
struct MaskedAttributes {
  bool any = false;    ///< attributes of any kind; removing them is worth a call
  bool large = false;  ///< a value in blocks of its own, which are freed as they are
};

/// The means of one file system against the names of removed files: in the free parts of its
/// directories' blocks, in blocks and inodes that it frees, and in its journal.
class Names : public shred::Removal {
 public:
  /// Replaces the extended attributes that anybody may set by noise of the same length, so that it
  /// lies over them: what is merely removed stays in the block or inode that is freed. After push()
  /// they may be dropped and the file unlinked. What cannot be changed is left. Any thread.
  [[nodiscard]] virtual MaskedAttributes mask_attributes(int file) = 0;

  /// Has the file system write what was changed so far to where it lies, so that a block that is
  /// freed next does not keep what was in it before. Any thread. False when that failed.
  [[nodiscard]] virtual bool push() = 0;

  /// At the end of a run, once nothing more is removed: erases what can be erased in these
  /// directories (paths beneath the root, `` for the root), removes those of them that are empty
  /// and the parents that this empties (never the root), and erases the journal. Takes up what an
  /// interrupted run left there. Durable on return. Never throws for what the file system refuses:
  /// that is said.
  [[nodiscard]] virtual Account finish(const std::vector<std::string>& directories) = 0;
};

/// What a run will be able to erase, found out without changing anything.
struct Prospect {
  Cleaning journal;
  std::string directories;  ///< why not in directories that stay, in words; empty: there too
};
[[nodiscard]] Prospect probe_names(const shred::ArchiveRoot& root);

/// The block device that Names will open, for reading, once a run is at its end; nullopt: none. All
/// else that it needs beside the archive and sysfs is open when names_of() returns.
[[nodiscard]] std::optional<std::string> device_read_later(const shred::ArchiveRoot& root);

/// The means for the root's file system.
[[nodiscard]] std::unique_ptr<Names> names_of(const shred::ArchiveRoot& root);

}  // namespace expunge::residue
