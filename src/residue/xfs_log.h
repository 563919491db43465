#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "base/fd.h"
#include "residue/xfs_shape.h"
#include "shred/target.h"

namespace expunge::residue {

/// The log (journal) of a mounted XFS. `syncfs` and `fsync` write to the log alone; what they made
/// durable there stays out of its own place until the log's tail passes it. All of this waits for
/// the device. Thread-safe; one call works at a time.
class XfsLog {
 public:
  explicit XfsLog(const shred::ArchiveRoot& root);

  /// On success (0) everything that was changed before lies in its own place too, unless somebody
  /// changes the same block again and again. Where permitted by way of vm.laptop_mode, which makes
  /// `syncfs` do just that, and which is set for the length of that one call; elsewhere as wrap().
  /// Otherwise an errno value.
  [[nodiscard]] int push();

  /// The same, and on success no part of the log is as old as the call: it was filled once around
  /// with changes to attributes of nameless files in the root directory. Takes no privilege beyond
  /// the right to make files there, and up to 20 MB of room.
  [[nodiscard]] int wrap();

  /// What an inode has for its content and its attributes; 0 when the file system does not tell.
  [[nodiscard]] std::uint32_t inode_room_bytes() const {
    return geometry_ ? geometry_->inode_room_bytes : 0;
  }

  /// How often the log was wrapped.
  [[nodiscard]] std::uint64_t wraps() const { return wraps_; }

 private:
  [[nodiscard]] std::optional<std::uint64_t> position_bytes(const char* what) const;
  [[nodiscard]] bool wait_for_tail(std::uint64_t target_bytes) const;
  [[nodiscard]] int commit_something() const;
  [[nodiscard]] bool push_by_laptop_mode();
  [[nodiscard]] int wrap_alone();

  const shred::ArchiveRoot& root_;
  std::optional<XfsGeometry> geometry_;
  std::string directory_;  ///< in sysfs
  base::Fd laptop_mode_;   ///< opened at once: a run confines itself before it is needed
  std::mutex mutex_;
  bool laptop_mode_works_ = true;
  std::atomic<std::uint64_t> wraps_{0};
};

}  // namespace expunge::residue
