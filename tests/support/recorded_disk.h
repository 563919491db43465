#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "support/disk_record.h"
#include "support/scratch.h"

namespace expunge::test {

/// Where images are made: in memory when there is room, because a flush of a cut image has nothing
/// to tell anybody.
[[nodiscard]] std::filesystem::path image_place();

/// Mounts an image by way of a loop device. Others of this machine take and leave such devices at
/// the same time, and mount(8) may lose a race: it is tried again. Throws with what it said.
void mount_image(const std::string& image, const std::string& mount_point,
                 const std::string& options);

/// Numbers what happens on one or several disks, in the order in which it happens.
class EventOrder {
 public:
  EventOrder();
  EventOrder(const EventOrder&) = delete;
  EventOrder& operator=(const EventOrder&) = delete;
  ~EventOrder();

  /// What has happened so far has a smaller number.
  [[nodiscard]] std::uint64_t now() const;

  struct Shared;

 private:
  friend class RecordedDisk;
  Shared* shared_;
};

/// A disk of which every write, zeroing and flush is recorded: a loop device over a file that a
/// process of the test serves (FUSE), which is handed each as the kernel's block layer orders it.
/// It works on a copy of `base_image`.
class RecordedDisk {
 public:
  /// Why none can be had here; empty when it can.
  [[nodiscard]] static std::string unavailable();

  /// Mounts it; from then on everything is recorded.
  RecordedDisk(const std::string& base_image, std::string mount_point, const std::string& options,
               EventOrder& order, std::size_t unit_bytes);
  RecordedDisk(const RecordedDisk&) = delete;
  RecordedDisk& operator=(const RecordedDisk&) = delete;
  ~RecordedDisk();

  /// Ends the record here, and unmounts. The record reads the base image, and forgets the rest.
  [[nodiscard]] DiskRecord finish();

  /// From here on the n-th flush fails, and what it should have flushed is lost; once.
  void lie_at_flush(std::uint64_t number);
  /// Whether it did.
  [[nodiscard]] bool lied() const;
  /// Unmounts, and returns the path of what the disk now holds. It stays until this goes.
  [[nodiscard]] std::string unplug();

  struct Shared;

 private:
  void serve(const std::string& platter, std::uint64_t bytes, int device, EventOrder& order);

  Scratch scratch_;
  std::string base_image_, mount_point_;
  std::size_t unit_bytes_;
  Shared* shared_ = nullptr;
  int server_ = 0;
  bool mounted_ = false;
};

}  // namespace expunge::test

/// In tests that cut the power.
#define REQUIRE_RECORDED_DISK()                                                   \
  do {                                                                            \
    const std::string missing_means = expunge::test::RecordedDisk::unavailable(); \
    if (!missing_means.empty()) SKIP_TEST(missing_means);                         \
  } while (false)
