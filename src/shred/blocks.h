#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/sys.h"

namespace expunge::shred {

/// How much is read or written at once.
inline constexpr std::size_t kChunkBytes = 1 << 20;

/// kChunkBytes of memory, aligned for any device's direct I/O.
class AlignedBuffer {
 public:
  AlignedBuffer();
  [[nodiscard]] std::span<std::byte> bytes() const { return {data_.get(), kChunkBytes}; }

 private:
  struct Free {
    void operator()(std::byte* data) const;
  };
  std::unique_ptr<std::byte, Free> data_;
};

/// The two buffers of this thread, kept until it ends.
struct ThreadBuffers {
  AlignedBuffer stream;
  AlignedBuffer read;
};
[[nodiscard]] ThreadBuffers& thread_buffers();

/// No errno value: ENODATA, of all, is what the kernel says of an unreadable sector.
inline constexpr int kFileEnded = -1;

/// Reads at least `wanted_bytes` into `out`, retrying interruptions and short reads in whole units
/// of `unit_bytes` (what direct I/O needs). `offset_bytes` and the size of `out` are
/// multiples of the unit. Returns 0, an errno value, or kFileEnded when the file ends first.
[[nodiscard]] int read_units(base::Sys& sys, int fd, std::span<std::byte> out,
                             std::size_t wanted_bytes, std::uint64_t offset_bytes,
                             std::size_t unit_bytes);

/// Writes all of `data` in the same way. Returns 0 or an errno value; on failure an unknown part
/// may have been written.
[[nodiscard]] int write_units(base::Sys& sys, int fd, std::span<const std::byte> data,
                              std::uint64_t offset_bytes, std::size_t unit_bytes);

/// `value` up to the next multiple of `unit`.
[[nodiscard]] constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

}  // namespace expunge::shred
