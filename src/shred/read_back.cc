#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "shred/beneath.h"
#include "shred/blocks.h"
#include "shred/destroy.h"
#include "shred/extents.h"

namespace expunge::shred {
namespace {

/// Reads every extent from the device, a chunk at a time, up to `end_bytes`, and calls
/// `look(found, noise, at)` with what is there and what the stream has for the place; it says
/// whether to go on.
template <typename Look>
std::optional<Refusal> compare(const ArchiveRoot& root, const Target& target, KeyStream& stream,
                               std::uint64_t end_bytes, Look look) {
  base::Sys& sys = root.sys();
  const int fd = target.fd.get();
  const ThreadBuffers& buffers = thread_buffers();
  for (const Extent& extent : target.extents) {
    const std::uint64_t end = std::min(end_bytes, extent.logical_bytes + extent.length_bytes);
    for (std::uint64_t at = extent.logical_bytes; at < end;) {
      const auto wanted = std::min<std::uint64_t>(kChunkBytes, end - at);
      const auto whole = round_up(wanted, target.block_bytes);
      const auto found = buffers.read.bytes().first(whole);
      const int error = read_units(sys, fd, found, wanted, at, target.block_bytes);
      if (error == kFileEnded) return Refusal{Reason::read_back_differs, "the file became shorter"};
      if (error != 0) return refusal(Reason::unreadable, error);
      const auto noise = buffers.stream.bytes().first(whole);
      stream.fill(noise, at);
      if (!look(found.first(wanted), noise.first(wanted), at)) return std::nullopt;
      at += wanted;
    }
  }
  return std::nullopt;
}

bool equal(std::span<const std::byte> a, std::span<const std::byte> b) {
  return std::memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::optional<Refusal> read_back(const ArchiveRoot& root, Target& target, KeyStream& stream) {
  bool same = true;
  const auto look = [&](std::span<const std::byte> found, std::span<const std::byte> noise,
                        std::uint64_t) { return same = equal(found, noise); };
  if (auto refused = compare(root, target, stream, UINT64_MAX, look)) return refused;
  if (!same) return Refusal{Reason::read_back_differs, ""};
  // The content may have been written elsewhere and the original left where it was.
  const auto mapped = map_extents(root.sys(), target.fd.get());
  if (const int* const error = std::get_if<int>(&mapped)) {
    return refusal(Reason::unreadable, *error);
  }
  const auto& after = std::get<Mapping>(mapped);
  if (after.extents != target.extents) return Refusal{Reason::extents_moved, ""};
  if (auto obstacle = extent_obstacle(after.flags); !obstacle.empty()) {
    return Refusal{Reason::extents_moved, obstacle};
  }
  return std::nullopt;
}

std::variant<Survey, Refusal> survey(const ArchiveRoot& root, Target& target, KeyStream& stream) {
  Survey result;
  const auto look = [&](std::span<const std::byte> found, std::span<const std::byte> noise,
                        std::uint64_t) {
    for (std::size_t at = 0; at < found.size(); at += target.block_bytes) {
      const auto bytes = std::min<std::size_t>(target.block_bytes, found.size() - at);
      const bool same = equal(found.subspan(at, bytes), noise.subspan(at, bytes));
      (same ? result.noise_bytes : result.original_bytes) += bytes;
    }
    return true;
  };
  if (auto refused = compare(root, target, stream, target.size_bytes, look)) return *refused;
  return result;
}

std::optional<Refusal> renew_noise(const ArchiveRoot& root, Target& target, KeyStream& stream) {
  int error = 0;
  const auto look = [&](std::span<const std::byte> found, std::span<const std::byte> noise,
                        std::uint64_t offset_bytes) {
    const std::size_t unit = target.block_bytes;
    const auto is_noise = [&](std::size_t at) {
      const auto bytes = std::min(unit, found.size() - at);
      return equal(found.subspan(at, bytes), noise.subspan(at, bytes));
    };
    for (std::size_t at = 0; at < found.size() && error == 0;) {
      std::size_t end = at;
      while (end < found.size() && is_noise(end)) end += unit;
      // The stream's buffer goes on to the end of the last unit.
      const std::span run(noise.data() + at, end - at);
      error = write_units(root.sys(), target.fd.get(), run, offset_bytes + at, unit);
      at = end + unit;
    }
    return error == 0;
  };
  if (auto refused = compare(root, target, stream, target.size_bytes, look)) return refused;
  if (error != 0) return refusal(Reason::write_failed, error);
  return std::nullopt;
}

}  // namespace expunge::shred
