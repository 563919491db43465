#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "intake/formats.h"
#include "intake/pieces.h"

namespace expunge::intake {
namespace {

using Json = nlohmann::json;

/// Takes one object's members as nlohmann's parser meets them. What we do not know is passed over,
/// whatever its shape; the parser keeps no tree of it and does not recurse.
class ObjectReader : public nlohmann::json_sax<Json> {
 public:
  explicit ObjectReader(const std::vector<SourceField>& wanted)
      : wanted_(wanted), values_(wanted.size()) {}

  void start() {
    seen_.clear();
    for (auto& value : values_) value.reset();
    cause_.clear();
    depth_ = 0;
  }
  [[nodiscard]] const std::string& cause() const { return cause_; }
  [[nodiscard]] const std::vector<std::optional<std::string>>& values() const { return values_; }

  bool null() override { return set(""); }
  bool boolean(bool) override { return unfit(); }
  bool number_integer(number_integer_t value) override { return set(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return set(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return set(text); }
  bool string(string_t& text) override { return set(text); }
  bool binary(binary_t&) override { return unfit(); }

  bool start_object(std::size_t) override {
    if (depth_ > 0 && !unfit()) return false;
    ++depth_;
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ != 1) return true;
    if (!seen_.insert(name).second) {
      return fail(fmt::format("the member {} is there twice", base::printable(name)));
    }
    key_ = name;
    return true;
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override {
    if (!unfit()) return false;
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const Json::exception&) override {
    return fail(fmt::format("not JSON, at byte {}", position));
  }

 private:
  bool fail(std::string cause) {
    cause_ = std::move(cause);
    return false;
  }

  bool set(const std::string& text) {
    if (depth_ == 0) return fail("not a JSON object");
    if (depth_ > 1) return true;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (wanted_[i].name == key_) values_[i] = text;
    }
    return true;
  }

  /// A value that is neither text nor number: false, and the cause, when it is a member of ours.
  bool unfit() {
    if (depth_ == 0) return fail("not a JSON object");
    if (depth_ > 1) return true;
    for (const SourceField& field : wanted_) {
      if (field.name == key_) {
        return fail(
            fmt::format("the member {} is neither text nor a number", base::printable(key_)));
      }
    }
    return true;
  }

  const std::vector<SourceField>& wanted_;
  std::set<std::string> seen_;
  std::vector<std::optional<std::string>> values_;
  std::string key_;
  std::string cause_;
  std::size_t depth_ = 0;
};

class JsonLinesReading {
 public:
  JsonLinesReading(std::istream& in, const ReadOptions& options,
                   const std::vector<SourceField>& wanted, const OnRawRow& on_row,
                   const OnBadRow& on_bad)
      : pieces_(in, options.name, "\n"),
        options_(options),
        on_row_(on_row),
        on_bad_(on_bad),
        wanted_(wanted),
        object_(wanted),
        raw_(wanted.size()),
        met_(wanted.size()) {}

  void read() {
    Piece piece;
    while (pieces_.next(piece)) {
      line_ = piece.line;
      // One byte more than the limit is kept, to tell that it was passed.
      text_.append(
          piece.bytes.substr(0, kMaxRowBytes + 1 - std::min(text_.size(), kMaxRowBytes + 1)));
      if (piece.ends_line) take();
    }
    if (!text_.empty()) take();
    check_renamed();
  }

 private:
  void take() {
    if (text_.find_first_not_of(" \t\r\n") != std::string::npos) {
      if (auto cause = parse(); !cause.empty()) on_bad_({line_, std::move(cause)});
    }
    text_.clear();
  }

  /// Hands the line's row on, or returns what is wrong with it.
  std::string parse() {
    const bool is_first = !std::exchange(any_, true);
    if (text_.size() > kMaxRowBytes) {
      return fmt::format("the line is longer than {} KiB", kMaxRowBytes / 1024);
    }
    object_.start();
    if (!Json::sax_parse(text_, &object_)) {
      return object_.cause() + (is_first ? other_format() : "");
    }
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      const auto& value = object_.values()[i];
      raw_[i].reset();
      if (value) raw_[i] = *value;
      met_[i] = met_[i] || value;
      if (!value && wanted_[i].required) {
        return fmt::format("there is no member {}", base::printable(wanted_[i].name));
      }
    }
    on_row_(line_, raw_);
    return {};
  }

  /// What to say when the first line looks like the header of another format.
  [[nodiscard]] std::string other_format() const {
    if (text_.find_first_of("{[") != std::string::npos) return "";
    if (text_.find('\t') != std::string::npos) return "; if this is TSV, give --format tsv";
    return text_.find(',') != std::string::npos ? "; if this is CSV, give --format csv" : "";
  }

  /// A misspelt optional name would otherwise lose, say, every subject without a word.
  void check_renamed() const {
    for (std::size_t i = 0; any_ && i < wanted_.size(); ++i) {
      if (!wanted_[i].named_by.empty() && !met_[i]) {
        throw base::Failure(base::ExitStatus::usage,
                            fmt::format("{}: no row has a member {}, {}", options_.name,
                                        base::printable(wanted_[i].name), wanted_[i].named_by));
      }
    }
  }

  Pieces pieces_;
  const ReadOptions& options_;
  const OnRawRow& on_row_;
  const OnBadRow& on_bad_;
  const std::vector<SourceField>& wanted_;
  ObjectReader object_;
  std::string text_;
  std::uint64_t line_ = 0;
  RawRow raw_;
  std::vector<bool> met_;
  bool any_ = false;
};

}  // namespace

void read_json_lines(std::istream& in, const ReadOptions& options,
                     const std::vector<SourceField>& wanted, const OnRawRow& on_row,
                     const OnBadRow& on_bad) {
  JsonLinesReading(in, options, wanted, on_row, on_bad).read();
}

}  // namespace expunge::intake
