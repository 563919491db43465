#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace expunge::intake {

/// No row may be longer.
inline constexpr std::size_t kMaxRowBytes = std::size_t{1} << 20;

/// A line, or a part of one when it is longer than a block.
struct Piece {
  std::uint64_t line = 0;  ///< from 1
  std::string_view bytes;  ///< with the byte that ends the line, if this piece has it; never empty
  bool ends_line = false;
};

/// Cuts a stream into the pieces of its lines, in constant memory, leaving out a byte order mark at
/// the start.
class Pieces {
 public:
  /// A line ends after any byte of `terminators`; CR LF counts as one line end. When CR is
  /// among them, the LF is a piece of its own, with the number of the line that follows.
  Pieces(std::istream& in, std::string name, std::string_view terminators);

  /// False at the end. The piece is valid until the next call. Throws Failure(usage) when the
  /// stream cannot be read, or is UTF-16.
  [[nodiscard]] bool next(Piece& piece);

 private:
  [[nodiscard]] bool fill();

  std::istream& in_;
  std::string name_;
  std::string_view terminators_;
  std::vector<char> block_;
  std::string_view rest_;  // of the block, not yet handed on
  std::uint64_t line_ = 1;
  bool started_ = false;
  bool after_cr_ = false;
};

}  // namespace expunge::intake
