#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shred/target.h"
#include "support/scratch.h"

namespace expunge::test {

/// What a disk does wrong, until it is healed.
enum class Fault {
  reads_fail,
  writes_fail,
  writes_lost,   ///< reported as done, and not made
  flushes_fail,  ///< of the whole disk
  everything,    ///< of the whole disk: it is gone
};

/// A file system on a disk that goes bad on command: a loop device over a file that a process of
/// the test serves (FUSE), so that the faults come up through the kernel's block layer as those of
/// a device do. Healthy at first.
class BadDisk {
 public:
  /// Why none can be had here; empty when it can.
  [[nodiscard]] static std::string unavailable();

  /// `make` is the command that formats, without the device.
  explicit BadDisk(const std::string& make, std::uint64_t bytes);
  BadDisk(const BadDisk&) = delete;
  BadDisk& operator=(const BadDisk&) = delete;
  ~BadDisk();

  [[nodiscard]] std::string root() const { return scratch_ / "mounted here"; }

  /// The file that holds what the disk holds.
  [[nodiscard]] std::string platter() const { return scratch_ / "platter"; }

  /// Where a file's blocks lie on the disk.
  [[nodiscard]] std::vector<shred::Extent> blocks_of(const std::string& path) const;

  /// From now on, for the whole disk, or for these blocks of it.
  void spoil(Fault fault);
  void spoil(Fault fault, const std::vector<shred::Extent>& blocks);
  /// All faults are gone. The file system may have stopped itself: see remount().
  void heal();
  /// Unmounts, and mounts again, which replays the journal; the device keeps its faults.
  void remount();

  /// How many reads, writes and flushes failed or were lost so far.
  [[nodiscard]] std::uint64_t faults_met() const;

  struct Shared;

 private:
  void mount();
  void unmount();

  Scratch scratch_;
  Shared* shared_ = nullptr;
  int server_ = 0;
  bool mounted_ = false;
};

}  // namespace expunge::test

/// In tests that need a disk that fails.
#define REQUIRE_BAD_DISK()                                                   \
  do {                                                                       \
    const std::string missing_means = expunge::test::BadDisk::unavailable(); \
    if (!missing_means.empty()) SKIP_TEST(missing_means);                    \
  } while (false)
