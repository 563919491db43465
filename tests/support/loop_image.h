#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "support/scratch.h"

namespace expunge::test {

/// A file system of the test's own in an image file, mounted through a loop device. Mounts live in
/// a mount namespace that ends with the process, and the loop device with its mount, so a test
/// that is killed leaves neither.
class LoopImage {
 public:
  /// Why none can be had here; empty when it can.
  [[nodiscard]] static std::string unavailable();

  /// `make` is the command that formats, without the device: `mkfs.ext4 -q -b 1024`. Its own
  /// directories (lost+found) are removed.
  /// The image is made `in` that directory.
  explicit LoopImage(const std::string& make, const std::string& options = "",
                     std::uint64_t bytes = 64 << 20,
                     const std::filesystem::path& in = std::filesystem::temp_directory_path());
  LoopImage(const LoopImage&) = delete;
  LoopImage& operator=(const LoopImage&) = delete;
  ~LoopImage();

  /// The mount point, which has a space in its name.
  [[nodiscard]] std::string root() const { return scratch_ / "mounted here"; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return root() + "/" + name; }

  void unmount();
  void mount(const std::string& options = "");
  /// Out of the page cache and out of reach of the file system's own memory.
  void remount();

  /// How often `marker` stands in the raw image; unmounts first.
  [[nodiscard]] std::size_t raw_hits(const std::string& marker);
  /// Calls `look` with the raw image piece by piece; each overlaps the next by `overlap_bytes`.
  /// Unmounts first.
  void for_each_piece(std::size_t overlap_bytes, const std::function<void(std::string_view)>& look);

  /// The image file; of use while it is unmounted.
  [[nodiscard]] std::string image() const { return scratch_ / "image"; }

 private:
  Scratch scratch_;
  std::string options_;
  bool mounted_ = false;
};

/// Mounts made from here on are this process's alone, and go when it goes.
void enter_mount_namespace();
/// Runs a shell command; throws when it fails.
void shell(const std::string& command);
/// In single quotes for the shell.
[[nodiscard]] std::string quoted(const std::string& text);

}  // namespace expunge::test

/// In tests that need a file system of their own.
#define REQUIRE_LOOP_IMAGE()                                                   \
  do {                                                                         \
    const std::string missing_means = expunge::test::LoopImage::unavailable(); \
    if (!missing_means.empty()) SKIP_TEST(missing_means);                      \
  } while (false)
