#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "residue/names.h"
#include "support/loop_image.h"

namespace expunge::test {

/// An archive on an XFS image, of empty files whose names bear telephone numbers, and what is to be
/// found of those afterwards.
class XfsArchive {
 public:
  struct Directory {
    std::string path;
    int files;
    std::function<bool(int)> survives;  ///< the file of this number in the directory
    bool same_length = true;            ///< of the names
  };

  explicit XfsArchive(const std::string& options = "", std::uint64_t bytes = 320 << 20);

  /// Makes the directories and their files, in steps with everything written in between, as it
  /// happens over a day.
  void add(const std::vector<Directory>& directories);
  /// A directory of every kind: wholly to be destroyed, with survivors, small and large.
  void add_every_kind();
  /// Empties the log, as if the files had been made long ago.
  void age();

  /// What remove_names() does: unlinks what does not survive, and tells `names` (null: nobody).
  void remove(base::Sys& sys, residue::Names* names, const std::string& directory);
  void remove_all(base::Sys& sys, residue::Names* names);
  [[nodiscard]] std::vector<std::string> directories() const;

  /// Numbers of destroyed files in the raw image. Unmounts.
  [[nodiscard]] std::set<std::string> found();
  /// What is wrong with what should be there, and nothing else, and with the file system; empty
  /// when nothing is. Mounts and unmounts.
  [[nodiscard]] std::string disagreement();
  /// Files that somebody else makes meanwhile.
  void expect_survivor(const std::string& path);

  LoopImage& image() { return image_; }
  [[nodiscard]] std::size_t destroyed() const { return destroyed_.size(); }

 private:
  struct File {
    std::string name;
    bool survives;
  };

  LoopImage image_;
  std::map<std::string, std::vector<File>> files_;  ///< by directory
  std::map<std::string, std::uint64_t> survivors_;  ///< inodes by path
  std::set<std::string> destroyed_;                 ///< numbers
  std::set<std::string> emptied_;                   ///< directories that shall go
  unsigned made_ = 0;
};

/// The number in a name of an archive's file, of 11 digits.
[[nodiscard]] std::string number_in(const std::string& name);

}  // namespace expunge::test
