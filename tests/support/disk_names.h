#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/fd.h"
#include "support/disk_files.h"

namespace expunge::test {

/// What of each directory's names is on the disk: what was made, renamed, linked and removed there
/// is, in its order, after an fsync of the directory (of the file alone: not), or a commit of the
/// file system's journal. Makes the changes for real; but what is removed is only moved to a
/// graveyard on its file system until that is on the disk, so that the very file can come back.
class DiskNames {
 public:
  /// A directory for each file system, beside what is worked on. `gone` is told of a file whose
  /// last name is removed for good.
  DiskNames(const std::vector<std::string>& graveyards, std::function<void(InodeId)> gone);

  int make_directory(int dirfd, const char* path, mode_t mode);
  int rename(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
             unsigned flags);
  int link(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path, int flags);
  int unlink(int dirfd, const char* path, int flags);
  /// Somebody opened it and made it by that.
  void created(int dirfd, const char* path);

  void flush(InodeId directory);
  void flush_all(dev_t device);
  /// How many of its names are in the graveyard: it has not as many as it seems to have.
  [[nodiscard]] unsigned removed_names(InodeId file) const;

  /// Undoes what a disk could have lost; what it kept is so for good.
  void cut(const std::function<Chosen(dev_t)>& chosen);
  void settle();

 private:
  enum class Kind { made, linked, removed, renamed };
  struct Change {
    std::uint64_t order;
    Kind kind;
    std::string name, old_name;  ///< old_name: of renamed
    std::string grave;           ///< of what was removed or replaced; may be empty
    InodeId buried;
  };
  struct Directory {
    base::Fd fd;
    std::vector<Change> pending;
  };

  Directory& directory_of(int fd);
  /// How many of each directory's changes the disk has kept.
  [[nodiscard]] std::map<InodeId, std::size_t> choose(
      const std::function<Chosen(dev_t)>& chosen) const;
  std::string bury(int dirfd, const std::string& name, InodeId id);
  void seal(const Change& change);
  void undo(const Directory& directory, const Change& change);

  std::map<dev_t, std::string> graveyards_;
  std::function<void(InodeId)> gone_;
  std::map<InodeId, Directory> directories_;
  std::map<InodeId, unsigned> buried_;
  std::uint64_t order_ = 0;
};

/// The directory that `path` names something in, opened, and that name.
struct Place {
  base::Fd directory;
  std::string name;
};
[[nodiscard]] Place place_of(int dirfd, const char* path);

}  // namespace expunge::test
