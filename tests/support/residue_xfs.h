#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
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

  /// Has some of the survivors destroyed by the next remove().
  void survive_no_longer(const std::function<bool(std::size_t)>& chosen);
  /// Makes everything a user's own.
  void give_to(uid_t user);

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
  unsigned made_ = 0;
};

/// Makes files and renames them, some hundred a second, until it is stopped.
class XfsRecorder {
 public:
  XfsRecorder(const LoopImage& image, std::vector<std::string> directories);
  XfsRecorder(const XfsRecorder&) = delete;
  XfsRecorder& operator=(const XfsRecorder&) = delete;
  ~XfsRecorder();

  /// Returns the paths of what it made.
  std::vector<std::string> stop();

 private:
  void work();

  std::string root_;
  std::vector<std::string> directories_;
  std::vector<std::string> made_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// The number in a name of an archive's file, of 11 digits.
[[nodiscard]] std::string number_in(const std::string& name);

}  // namespace expunge::test
