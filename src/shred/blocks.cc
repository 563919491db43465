#include "shred/blocks.h"

#include <cerrno>
#include <cstdlib>
#include <new>

#include "base/error.h"

namespace expunge::shred {
namespace {

constexpr std::size_t kAlignmentBytes = 1 << 16;

}  // namespace

AlignedBuffer::AlignedBuffer()
    : data_(static_cast<std::byte*>(std::aligned_alloc(kAlignmentBytes, kChunkBytes))) {
  if (!data_) throw std::bad_alloc();
}

void AlignedBuffer::Free::operator()(std::byte* data) const {
  std::free(data);
}

ThreadBuffers& thread_buffers() {
  thread_local ThreadBuffers buffers;
  return buffers;
}

int read_units(base::Sys& sys, int fd, std::span<std::byte> out, std::size_t wanted_bytes,
               std::uint64_t offset_bytes, std::size_t unit_bytes) {
  EXPUNGE_ASSERT(out.size() % unit_bytes == 0 && offset_bytes % unit_bytes == 0);
  EXPUNGE_ASSERT(wanted_bytes <= out.size());
  std::size_t done = 0;
  while (done < wanted_bytes) {
    const ssize_t got = sys.pread(fd, out.data() + done, out.size() - done,
                                  static_cast<off_t>(offset_bytes + done));
    if (got == -EINTR) continue;
    if (got < 0) return static_cast<int>(-got);
    const auto bytes = static_cast<std::size_t>(got);
    if (done + bytes >= wanted_bytes) return 0;
    // What follows a part of a unit must be read again from that unit's start.
    if (bytes < unit_bytes) return kFileEnded;
    done += bytes / unit_bytes * unit_bytes;
  }
  return 0;
}

int write_units(base::Sys& sys, int fd, std::span<const std::byte> data, std::uint64_t offset_bytes,
                std::size_t unit_bytes) {
  EXPUNGE_ASSERT(data.size() % unit_bytes == 0 && offset_bytes % unit_bytes == 0);
  while (!data.empty()) {
    const ssize_t put = sys.pwrite(fd, data.data(), data.size(), static_cast<off_t>(offset_bytes));
    if (put == -EINTR) continue;
    if (put < 0) return static_cast<int>(-put);
    const std::size_t whole = static_cast<std::size_t>(put) / unit_bytes * unit_bytes;
    if (whole == 0) return EIO;
    data = data.subspan(whole);
    offset_bytes += whole;
  }
  return 0;
}

}  // namespace expunge::shred
