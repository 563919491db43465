#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/fd.h"
#include "residue/names.h"
#include "residue/xfs_filler.h"
#include "residue/xfs_inode.h"
#include "residue/xfs_log.h"

namespace expunge::residue {

/// One call of Names::finish() on XFS. Every directory is filled up, pushed out, emptied of
/// fillers, which may free blocks and return it into its inode, pushed out again, and removed if
/// nothing is left in it. The name of a removed one is treated as a file's: the next round is its
/// parent's.
class XfsFinish {
 public:
  XfsFinish(const shred::ArchiveRoot& root, XfsFiller& filler, XfsLog& log);

  /// `swap_error` is the errno value of the first filler that could not be put while names were
  /// removed; 0 when none.
  [[nodiscard]] Account run(const std::vector<std::string>& directories, int swap_error);

 private:
  using Paths = std::set<std::string>;
  using Opened = std::variant<base::Fd, int>;

  [[nodiscard]] Opened open(const std::string& directory) const;
  [[nodiscard]] Paths standing(const std::vector<std::string>& directories);
  template <typename Step>
  void each(const Paths& directories, Step step);
  void push();
  [[nodiscard]] bool cover(const Paths& round);
  void uncover(const Paths& round);
  void clear(const Paths& directories);
  [[nodiscard]] Paths remove_empty(const Paths& round);
  [[nodiscard]] bool remove_if_empty(const std::string& directory, bool full);
  void wrap_if_needed();
  [[nodiscard]] Account account(const std::vector<std::string>& directories, bool anchor_gone,
                                int swap_error) const;

  const shred::ArchiveRoot& root_;
  base::Sys& sys_;
  XfsFiller& filler_;
  XfsLog& log_;
  XfsInode inode_;
  std::map<std::string, int> failed_;  ///< directories, and the errno value of what was refused
  int inode_error_ = 0;
  Paths keep_in_inode_;  ///< directories whose inodes may keep names
  int log_error_ = 0;
  std::uint64_t wraps_before_last_name_ = 0;
};

}  // namespace expunge::residue
