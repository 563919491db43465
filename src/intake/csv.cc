#include <csv.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "intake/formats.h"
#include "intake/pieces.h"

namespace expunge::intake {
namespace {

/// The fields of the row being read, end to end in one text.
class Fields {
 public:
  void clear() {
    text_.clear();
    ends_.clear();
  }
  void add(const void* bytes, std::size_t count) {
    if (count != 0) text_.append(static_cast<const char*>(bytes), count);
    ends_.push_back(text_.size());
  }
  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  [[nodiscard]] std::string_view operator[](std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(text_).substr(begin, ends_[i] - begin);
  }

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
};

/// libcsv, fed at most one row at a time.
class Parser {
 public:
  enum class Result { more, row, malformed };

  Parser() { start(); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
  ~Parser() { csv_free(&csv_); }

  /// `bytes` end no later than the first line end after their beginning.
  [[nodiscard]] Result feed(std::string_view bytes) {
    const std::size_t taken =
        csv_parse(&csv_, bytes.data(), bytes.size(), &Parser::on_field, &Parser::on_row, this);
    return result(taken == bytes.size());
  }

  /// The row that no line end closes, if there is one; malformed: a quote was never closed.
  [[nodiscard]] Result finish() {
    return result(csv_fini(&csv_, &Parser::on_field, &Parser::on_row, this) == 0);
  }

  /// Forgets the row being read; the next byte begins one.
  void restart() {
    csv_free(&csv_);
    start();
  }

  [[nodiscard]] const Fields& fields() const { return fields_; }

 private:
  void start() {
    if (csv_init(&csv_, CSV_STRICT | CSV_STRICT_FINI) != 0) throw std::bad_alloc();
    // Spaces are part of a field (RFC 4180, 2.4); libcsv would strip them.
    csv_set_space_func(&csv_, [](unsigned char) { return 0; });
    csv_set_blk_size(&csv_, 4096);
    row_complete_ = true;
  }

  Result result(bool well_formed) {
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    if (csv_error(&csv_) == CSV_ENOMEM) throw std::bad_alloc();
    if (!well_formed) return Result::malformed;
    return std::exchange(row_arrived_, false) ? Result::row : Result::more;
  }

  // No exception may pass through libcsv, which is C.
  static void on_field(void* bytes, std::size_t count, void* self) noexcept {
    auto& parser = *static_cast<Parser*>(self);
    try {
      if (std::exchange(parser.row_complete_, false)) parser.fields_.clear();
      parser.fields_.add(bytes, count);
    } catch (...) {
      parser.thrown_ = std::current_exception();
    }
  }
  static void on_row(int, void* self) noexcept {
    auto& parser = *static_cast<Parser*>(self);
    parser.row_complete_ = true;
    parser.row_arrived_ = true;
  }

  csv_parser csv_{};
  Fields fields_;
  std::exception_ptr thrown_;
  bool row_complete_ = true;  // the next field begins a row
  bool row_arrived_ = false;
};

[[noreturn]] void fail(const ReadOptions& options, const std::string& message) {
  throw base::Failure(base::ExitStatus::usage, options.name + ": " + message);
}

class CsvReading {
 public:
  CsvReading(std::istream& in, const ReadOptions& options, const std::vector<SourceField>& wanted,
             const OnRawRow& on_row, const OnBadRow& on_bad)
      : pieces_(in, options.name, "\r\n"),
        options_(options),
        wanted_(wanted),
        on_row_(on_row),
        on_bad_(on_bad),
        raw_(wanted.size()) {}

  void read() {
    Piece piece;
    while (pieces_.next(piece)) {
      if (skipping_line_) {
        skipping_line_ = !piece.ends_line;
      } else {
        take(piece);
      }
    }
    // At the end of the file the opening quote's row is all that is left to name.
    const auto last = parser_.finish();
    if (last == Parser::Result::malformed) fail_unclosed();
    if (last == Parser::Result::row) hand_on();
    if (!header_read_) {
      fail(options_, "is empty; its first row must name the columns");
    }
  }

 private:
  void take(const Piece& piece) {
    if (row_bytes_ == 0) row_line_ = piece.line;
    row_bytes_ += piece.bytes.size();
    if (row_bytes_ > kMaxRowBytes) fail_unclosed();
    switch (parser_.feed(piece.bytes)) {
      case Parser::Result::more:
        // A blank line, or the LF of a CR LF, begins no row.
        if (row_bytes_ == 1 && piece.ends_line) row_bytes_ = 0;
        return;
      case Parser::Result::row:
        row_bytes_ = 0;
        hand_on();
        return;
      case Parser::Result::malformed:
        if (!header_read_)
          fail(options_, std::string("the first row, which names the columns, has a stray quote") +
                             (piece.bytes.starts_with('{')
                                  ? "; this looks like JSON Lines: give --format jsonl"
                                  : ""));
        on_bad_(
            {row_line_,
             "a quote stands where none can: quote the whole field, and double the quotes in it"});
        parser_.restart();
        row_bytes_ = 0;
        skipping_line_ = !piece.ends_line;
        return;
    }
  }

  void hand_on() {
    const Fields& fields = parser_.fields();
    if (!header_read_) {
      std::vector<std::string_view> header;
      for (std::size_t i = 0; i < fields.size(); ++i) header.push_back(fields[i]);
      positions_ = find_fields(wanted_, header, options_);
      field_count_ = fields.size();
      header_read_ = true;
      return;
    }
    if (fields.size() != field_count_) {
      on_bad_({row_line_,
               fmt::format("the row has {} fields, the header {}", fields.size(), field_count_)});
      return;
    }
    for (std::size_t i = 0; i < raw_.size(); ++i) {
      if (positions_[i] != kAbsent) raw_[i] = fields[positions_[i]];
    }
    on_row_(row_line_, raw_);
  }

  [[noreturn]] void fail_unclosed() const {
    fail(options_, fmt::format("line {}: a row that begins here does not end within {} KiB or the "
                               "file: is a quote not closed?",
                               row_line_, kMaxRowBytes / 1024));
  }

  Pieces pieces_;
  const ReadOptions& options_;
  const std::vector<SourceField>& wanted_;
  const OnRawRow& on_row_;
  const OnBadRow& on_bad_;
  Parser parser_;
  std::vector<std::size_t> positions_;
  RawRow raw_;
  std::size_t field_count_ = 0;
  std::size_t row_bytes_ = 0;  // of the row being read; 0: none has begun
  std::uint64_t row_line_ = 0;
  bool header_read_ = false;
  bool skipping_line_ = false;
};

}  // namespace

void read_csv(std::istream& in, const ReadOptions& options, const std::vector<SourceField>& wanted,
              const OnRawRow& on_row, const OnBadRow& on_bad) {
  CsvReading(in, options, wanted, on_row, on_bad).read();
}

}  // namespace expunge::intake
