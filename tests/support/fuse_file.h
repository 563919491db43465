#pragma once

#include <cstddef>
#include <cstdint>

namespace expunge::test {

/// What a file in user space answers, as its owner decides: bytes done, 0, or -errno.
class FuseFile {
 public:
  FuseFile() = default;
  FuseFile(const FuseFile&) = delete;
  FuseFile& operator=(const FuseFile&) = delete;
  virtual ~FuseFile() = default;

  [[nodiscard]] virtual std::uint64_t bytes() const = 0;
  virtual long read(char* buffer, std::size_t bytes, std::uint64_t offset_bytes) = 0;
  virtual long write(const char* buffer, std::size_t bytes, std::uint64_t offset_bytes) = 0;
  virtual long flush() = 0;
  /// Zeroes, or discards, a range; without it the kernel writes zeros, and discards nothing.
  virtual long zero(std::uint64_t offset_bytes, std::uint64_t bytes);
};

/// Answers the kernel's requests about a single file that is mounted by way of `device` (an open
/// /dev/fuse), until it is unmounted. Nothing is cached in the kernel: every read, write and fsync
/// of the mounted file arrives here.
void serve_fuse(int device, FuseFile& file);

}  // namespace expunge::test
