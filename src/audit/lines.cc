#include "audit/lines.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "audit/line.h"
#include "base/error.h"

namespace expunge::audit {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{4} << 20;
constexpr std::size_t kBackwardBytes = 2 * kMaxLineBytes;

}  // namespace

ReadAt cached_reader(base::Sys& sys, int fd, const std::string& path) {
  return [&sys, fd, path](std::span<std::byte> out, std::uint64_t offset_bytes) {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t got = sys.pread(fd, out.data() + done, out.size() - done,
                                    static_cast<off_t>(offset_bytes + done));
      if (got == -EINTR) continue;
      if (got < 0) base::fail_errno(base::ExitStatus::usage, path, static_cast<int>(-got));
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  };
}

std::optional<std::uint64_t> find_lf_backwards(const ReadAt& read, std::uint64_t end_bytes,
                                               std::uint64_t nth, std::uint64_t limit_bytes) {
  EXPUNGE_ASSERT(nth > 0);
  std::vector<char> block(std::min<std::uint64_t>(kBackwardBytes, end_bytes));
  const std::uint64_t stop_bytes = end_bytes - std::min(end_bytes, limit_bytes);
  while (end_bytes > stop_bytes) {
    const std::size_t wanted = std::min<std::uint64_t>(block.size(), end_bytes - stop_bytes);
    const std::uint64_t begin_bytes = end_bytes - wanted;
    if (read(std::as_writable_bytes(std::span(block).first(wanted)), begin_bytes) != wanted) {
      return std::nullopt;
    }
    for (std::size_t left = wanted; left > 0;) {
      const auto* const lf = static_cast<const char*>(::memrchr(block.data(), '\n', left));
      if (lf == nullptr) break;
      left = static_cast<std::size_t>(lf - block.data());
      if (--nth == 0) return begin_bytes + left;
    }
    end_bytes = begin_bytes;
  }
  return std::nullopt;
}

LineReader::LineReader(ReadAt read, std::uint64_t begin_bytes, std::uint64_t end_bytes)
    : read_(std::move(read)),
      read_bytes_(begin_bytes),
      offset_bytes_(begin_bytes),
      end_bytes_(end_bytes),
      buffer_(std::min<std::uint64_t>(kBlockBytes, end_bytes - begin_bytes)) {}

bool LineReader::fill() {
  // Moves the unfinished line, at most kMaxLineBytes of it, to the front.
  if (first_ > 0) std::memmove(buffer_.data(), buffer_.data() + first_, last_ - first_);
  last_ -= first_;
  first_ = 0;
  const std::uint64_t wanted =
      std::min<std::uint64_t>(buffer_.size() - last_, end_bytes_ - read_bytes_);
  if (wanted == 0) return false;
  const std::size_t got = read_(std::span(buffer_).subspan(last_, wanted), read_bytes_);
  if (got < wanted) end_bytes_ = read_bytes_ + got;
  last_ += got;
  read_bytes_ += got;
  return got > 0;
}

void LineReader::skip_long_line() {
  // Keeps the line's beginning, one byte too much, and looks for its end: without one it is no
  // line but a torn tail, such as the zero bytes that a power cut leaves.
  const std::size_t kept = kMaxLineBytes + 1;
  bool has_zero = false;
  do {
    const std::byte* const rest = buffer_.data() + first_ + kept;
    const std::byte* const end = buffer_.data() + last_;
    const std::byte* const lf = std::find(rest, end, std::byte{'\n'});
    has_zero = has_zero || std::find(rest, lf, std::byte{0}) != lf;
    if (lf != end) {
      if (has_zero) buffer_[first_ + kept - 1] = std::byte{0};
      lines_.emplace_back(reinterpret_cast<const char*>(buffer_.data() + first_), kept);
      first_ = last_;
      end_bytes_ = read_bytes_;
      return;
    }
    last_ = first_ + kept;
  } while (fill());
}

std::span<const std::string_view> LineReader::next() {
  lines_.clear();
  while (lines_.empty() && fill()) {
    const char* const begin = reinterpret_cast<const char*>(buffer_.data());
    const char* at = begin;
    const char* const end = begin + last_;
    while (at != end) {
      const auto* const lf =
          static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
      if (lf == nullptr) break;
      lines_.emplace_back(at, static_cast<std::size_t>(lf - at));
      at = lf + 1;
    }
    first_ = static_cast<std::size_t>(at - begin);
    offset_bytes_ += first_;
    if (lines_.empty() && last_ - first_ > kMaxLineBytes) skip_long_line();
  }
  return lines_;
}

}  // namespace expunge::audit
