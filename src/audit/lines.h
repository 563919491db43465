#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/sys.h"

namespace expunge::audit {

/// Reads at an offset; less than asked for only at the end of the file. Throws Failure.
using ReadAt = std::function<std::size_t(std::span<std::byte> out, std::uint64_t offset_bytes)>;

/// Through the page cache. Throws Failure(usage) naming the path. The descriptor stays the
/// caller's.
[[nodiscard]] ReadAt cached_reader(base::Sys& sys, int fd, const std::string& path);

/// Where the `nth` LF (from 1) before `end_bytes` stands, counted backwards; nullopt when there are
/// fewer, or it lies further back than `limit_bytes`.
[[nodiscard]] std::optional<std::uint64_t> find_lf_backwards(const ReadAt& read,
                                                             std::uint64_t end_bytes,
                                                             std::uint64_t nth,
                                                             std::uint64_t limit_bytes);

/// A text's complete lines, in large blocks and flat memory.
class LineReader {
 public:
  /// Reads from `begin_bytes`, where a line begins, to `end_bytes` or an earlier end of the file.
  LineReader(ReadAt read, std::uint64_t begin_bytes, std::uint64_t end_bytes);

  /// The next lines, without LF, valid until the next call; empty at the end. A line longer than
  /// kMaxLineBytes comes cut, but still too long, and with a zero byte if it had one; it ends the
  /// reading.
  [[nodiscard]] std::span<const std::string_view> next();

  /// After the end: what lies past the last LF.
  [[nodiscard]] std::uint64_t rest_bytes() const { return read_bytes_ - offset_bytes_; }

 private:
  bool fill();
  void skip_long_line();

  ReadAt read_;
  std::uint64_t read_bytes_;    ///< up to where the file has been read
  std::uint64_t offset_bytes_;  ///< of the first line not handed out yet
  std::uint64_t end_bytes_;
  std::vector<std::byte> buffer_;
  std::size_t first_ = 0, last_ = 0;  ///< what is not handed out yet
  std::vector<std::string_view> lines_;
};

}  // namespace expunge::audit
