#pragma once

#include <cstdint>

#include "base/sys.h"
#include "residue/xfs_filler.h"

namespace expunge::residue {

/// What is in the part of a directory's inode that names stood in when it was small enough to lie
/// there: they stay behind the few bytes of the extents that follow them. Extended attributes
/// `user.~xp…` of noise take that place until the inode has been written.
class XfsInode {
 public:
  XfsInode(base::Sys& sys, std::uint32_t room_bytes) : sys_(sys), room_bytes_(room_bytes) {}

  /// Covers what can be covered of a directory that lies in blocks; one that lies in its inode is
  /// XfsFiller::fill()'s. 0 or an errno value.
  [[nodiscard]] int cover(int directory) const;
  /// Before the directory shrinks: the same after giving the directory more extents, with `filler`,
  /// so that they cover their part; or, where it has many, nothing, as they do.
  [[nodiscard]] int cover_with_extents(int directory, XfsFiller& filler) const;
  /// Removes the attributes, also those of an interrupted run. 0 or an errno value.
  [[nodiscard]] int uncover(int directory) const;
  /// Whether the extents are so many that XFS keeps a tree's root in the inode, in whose unused
  /// places names can stand from before, if the directory grew to that in one burst. Nothing writes
  /// there.
  [[nodiscard]] bool out_of_reach(int directory) const;

 private:
  base::Sys& sys_;
  std::uint32_t room_bytes_;
};

}  // namespace expunge::residue
