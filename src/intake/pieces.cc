#include "intake/pieces.h"

#include <utility>

#include "base/error.h"

namespace expunge::intake {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{64} << 10;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

Pieces::Pieces(std::istream& in, std::string name, std::string_view terminators)
    : in_(in), name_(std::move(name)), terminators_(terminators), block_(kBlockBytes) {}

bool Pieces::fill() {
  in_.read(block_.data(), static_cast<std::streamsize>(block_.size()));
  if (in_.bad()) throw base::Failure(base::ExitStatus::usage, name_ + ": cannot be read");
  rest_ = std::string_view(block_.data(), static_cast<std::size_t>(in_.gcount()));
  if (!std::exchange(started_, true)) {
    const std::string_view first = rest_.substr(0, 2);
    if (first == "\xff\xfe" || first == "\xfe\xff") {
      throw base::Failure(base::ExitStatus::usage,
                          name_ + ": is UTF-16; convert it to UTF-8 (iconv -f UTF-16 -t UTF-8)");
    }
    if (rest_.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
      rest_.remove_prefix(kByteOrderMark.size());
    }
  }
  return !rest_.empty();
}

bool Pieces::next(Piece& piece) {
  if (rest_.empty() && !fill()) return false;
  // The LF of a CR LF belongs to the line that the CR has ended.
  const bool second_half = after_cr_ && rest_.front() == '\n';
  const auto end = rest_.find_first_of(terminators_);
  piece.line = line_;
  piece.ends_line = end != std::string_view::npos;
  piece.bytes = piece.ends_line ? rest_.substr(0, end + 1) : rest_;
  rest_.remove_prefix(piece.bytes.size());
  if (piece.ends_line && !second_half) ++line_;
  after_cr_ = piece.ends_line && piece.bytes.back() == '\r';
  return true;
}

}  // namespace expunge::intake
