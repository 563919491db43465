#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "residue/ext4_slack.h"
#include "support/loop_image.h"

namespace expunge::test {

/// Recordings in directories of a file system of their own, whose names are callers' numbers.
class Calls {
 public:
  explicit Calls(const std::string& make, std::uint64_t bytes = 64 << 20);

  [[nodiscard]] LoopImage& image() { return image_; }
  [[nodiscard]] std::string root() const { return image_.root(); }

  /// Records `count` more calls in a directory, which is made if it is not there.
  void record(const std::string& directory, int count);
  /// Removes all but every fifth, and syncs.
  void destroy();
  /// Records and destroys in directories of 20 to 3000 calls.
  void record_and_destroy();

  [[nodiscard]] const std::set<std::string>& directories() const { return directories_; }
  /// Cleans all directories, as a run's end does, and erases the file system's journal.
  residue::SlackResult clean(base::Sys& sys = base::real_sys());
  /// Erases the file system's journal.
  void erase_journal();

  /// Whether the directories hold the survivors as they were, and nothing else.
  [[nodiscard]] bool survivors_alone() const;
  /// How many of the destroyed calls' numbers stand in the raw image. Unmounts.
  [[nodiscard]] std::size_t numbers_left();

 private:
  struct Call {
    std::string path;  ///< beneath the root
    std::string number;
    std::uint64_t inode;
  };

  LoopImage image_;
  std::set<std::string> directories_;
  std::vector<Call> calls_;
  std::set<std::string> destroyed_;
  std::uint64_t drawn_ = 0;
};

/// The cleaner, which must be available.
[[nodiscard]] residue::Ext4Slack opened_slack(const shred::ArchiveRoot& root);

}  // namespace expunge::test
