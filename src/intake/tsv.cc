#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "intake/formats.h"
#include "intake/pieces.h"

namespace expunge::intake {
namespace {

[[noreturn]] void fail(const ReadOptions& options, const std::string& message) {
  throw base::Failure(base::ExitStatus::usage, options.name + ": " + message);
}

/// What a backslash and this character stand for; nullopt: nothing that `mysql --batch` or COPY
/// writes.
std::optional<char> meant_by(char escaped) {
  switch (escaped) {
    case '\\':
      return '\\';
    case 't':
      return '\t';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case '0':
      return '\0';
    default:
      return std::nullopt;
  }
}

/// Lines of fields with tabs between them. Only a line feed ends a line: `mysql --batch` leaves a
/// carriage return within a text as it is.
class TsvReading {
 public:
  TsvReading(std::istream& in, const ReadOptions& options, const std::vector<SourceField>& wanted,
             const OnRawRow& on_row, const OnBadRow& on_bad)
      : pieces_(in, options.name, "\n"),
        options_(options),
        wanted_(wanted),
        on_row_(on_row),
        on_bad_(on_bad),
        raw_(wanted.size()) {}

  void read() {
    Piece piece;
    while (pieces_.next(piece)) {
      if (text_.empty()) line_ = piece.line;
      // One byte more than the limit is kept, to tell that it was passed.
      text_.append(
          piece.bytes.substr(0, kMaxRowBytes + 1 - std::min(text_.size(), kMaxRowBytes + 1)));
      if (piece.ends_line) take();
    }
    if (!text_.empty()) take();
    if (!header_read_) fail(options_, "is empty; its first row must name the columns");
  }

 private:
  void take() {
    std::string_view line = text_;
    const bool too_long = line.size() > kMaxRowBytes;
    if (line.ends_with('\n')) line.remove_suffix(1);
    // A file that went through Windows has a CR before each LF; else a CR is the last field's.
    if ((!header_read_ || crlf_) && line.ends_with('\r')) {
      crlf_ = true;
      line.remove_suffix(1);
    }
    std::string cause;
    if (too_long) {
      cause = fmt::format("the line is longer than {} KiB", kMaxRowBytes / 1024);
    } else if (!line.empty()) {
      cause = hand_on(line);
    }
    if (!cause.empty() && !header_read_) fail(options_, "the first row: " + cause);
    if (!cause.empty()) on_bad_({line_, std::move(cause)});
    text_.clear();
  }

  /// Hands the line's row on, or returns what is wrong with it.
  std::string hand_on(std::string_view line) {
    std::size_t count = 0;
    for (std::size_t begin = 0; begin <= line.size();) {
      const std::size_t end = std::min(line.find('\t', begin), line.size());
      if (count == fields_.size()) fields_.emplace_back();
      if (!unescape(line.substr(begin, end - begin), fields_[count])) {
        return fmt::format(
            "field {}: a backslash stands before what mysql --batch never puts behind one; export "
            "without --raw",
            count + 1);
      }
      ++count;
      begin = end + 1;
    }
    if (!header_read_) {
      positions_ = find_fields(
          wanted_, {fields_.begin(), fields_.begin() + static_cast<std::ptrdiff_t>(count)},
          options_);
      field_count_ = count;
      header_read_ = true;
      return {};
    }
    if (count != field_count_) {
      return fmt::format("the row has {} fields, the header {}", count, field_count_);
    }
    for (std::size_t i = 0; i < raw_.size(); ++i) {
      if (positions_[i] != kAbsent) raw_[i] = fields_[positions_[i]];
    }
    on_row_(line_, raw_);
    return {};
  }

  /// False when the field is not one that is written so.
  static bool unescape(std::string_view written, std::string& text) {
    text.clear();
    if (written == "NULL" || written == "\\N") return true;
    for (std::size_t i = 0; i < written.size(); ++i) {
      if (written[i] != '\\') {
        text.push_back(written[i]);
        continue;
      }
      if (++i == written.size()) return false;
      const std::optional<char> meant = meant_by(written[i]);
      if (!meant) return false;
      text.push_back(*meant);
    }
    return true;
  }

  Pieces pieces_;
  const ReadOptions& options_;
  const std::vector<SourceField>& wanted_;
  const OnRawRow& on_row_;
  const OnBadRow& on_bad_;
  std::string text_;                 // of the line, as read
  std::vector<std::string> fields_;  // of the line; those beyond its own are older ones'
  std::vector<std::size_t> positions_;
  RawRow raw_;
  std::size_t field_count_ = 0;
  std::uint64_t line_ = 0;
  bool header_read_ = false;
  bool crlf_ = false;
};

}  // namespace

void read_tsv(std::istream& in, const ReadOptions& options, const std::vector<SourceField>& wanted,
              const OnRawRow& on_row, const OnBadRow& on_bad) {
  TsvReading(in, options, wanted, on_row, on_bad).read();
}

}  // namespace expunge::intake
