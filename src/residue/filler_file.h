#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/fd.h"
#include "shred/target.h"

namespace expunge::residue {

/// The empty file whose hard links are the fillers: `.expunge-filler` in the archive's root. A
/// filler is known by its inode alone, never by its name; and the file is made before the first and
/// removed after the last, so that whatever a crash leaves is known by it.
class FillerFile {
 public:
  static constexpr const char* kName = ".expunge-filler";

  /// Takes over what an interrupted run left, if it is there. Says in words that a file of that
  /// name is somebody's own: not a regular one, not empty, not ours, or with a mode other than 0.
  [[nodiscard]] static std::variant<FillerFile, std::string> open(const shred::ArchiveRoot& root);

  /// 0: there is none, and so there are no fillers.
  [[nodiscard]] std::uint64_t inode() const { return inode_; }

  /// Makes it, unless it is there. 0 or an errno value.
  [[nodiscard]] int make();

  /// Links it into a directory. 0 or an errno value; EEXIST: the name is taken. After any other
  /// failure the link may be there all the same.
  [[nodiscard]] int link(int directory, const std::string& name);

  /// Removes that name if it is a filler's. 0, also when the name is gone, or an errno value;
  /// EEXIST: the name is another file's, or leads out of the directory, and stays.
  [[nodiscard]] int unlink(int directory, const std::string& name);

  /// Removes the file, and makes that durable. If fillers are left somewhere (a crash), looks for
  /// them everywhere below the root first. Returns why it is still there, in words; else nothing.
  [[nodiscard]] std::string remove();

 private:
  explicit FillerFile(const shred::ArchiveRoot& root) : root_(&root) {}

  [[nodiscard]] std::uint32_t links() const;
  /// Removes the fillers in one directory; collects its subdirectories.
  void search(const std::string& directory, std::vector<std::string>& below);
  void search_everywhere();

  const shred::ArchiveRoot* root_;
  base::Fd fd_;
  std::uint64_t inode_ = 0;
};

}  // namespace expunge::residue
