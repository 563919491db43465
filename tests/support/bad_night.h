#pragma once

#include <string>

#include "support/bad_disk.h"
#include "support/council.h"

namespace expunge::test {

/// Calls back once, right before the n-th call of a kind on a recording.
class HookSys : public base::Sys {
 public:
  enum class Call { overwrite, flush, unlink };
  HookSys(Call call, int number, std::function<void(int fd)> act)
      : call_(call), left_(number), act_(std::move(act)) {}

  ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset) override;
  int fdatasync(int fd) override;
  int unlinkat(int dirfd, const char* path, int flags) override;

 private:
  void strike(Call call, int fd);

  Call call_;
  std::atomic<int> left_;
  std::function<void(int)> act_;
};

/// A council whose recordings lie on a disk that goes bad, and whose index and log do not: twelve
/// in batches of four, all due and approved, and one that is not due.
class BadNight {
 public:
  enum class FileSystem { ext4, xfs };
  static constexpr int kRecordings = 12;
  static constexpr int kBatch = 4;

  explicit BadNight(FileSystem file_system, unsigned workers = 1);

  [[nodiscard]] static std::string id(int i) { return "call-" + std::to_string(i); }
  [[nodiscard]] static std::string path(int i);
  /// As long as three chunks of an overwrite for every fourth, and no whole number of blocks.
  [[nodiscard]] static std::string content(int i);
  [[nodiscard]] std::vector<shred::Extent> blocks(int i) const;

  /// Runs with these calls; with the kernel's own when null.
  run::Report run(base::Sys* sys = nullptr);

  /// The reason that the newest run logged for this recording; empty: none, or more than one.
  [[nodiscard]] std::string reason(int i) const;
  /// Empty when the report, `run.end` and the run's entries give the same figures.
  [[nodiscard]] std::string miscounted(const run::Report& report) const;
  /// Empty when all is destroyed but the one that is not due, once each, and index, disk and log
  /// agree; else what is not so.
  [[nodiscard]] std::string unfinished();

  BadDisk disk;
  Council council;
};

}  // namespace expunge::test
