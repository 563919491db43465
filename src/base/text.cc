#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <iterator>

namespace expunge::base {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

struct CodePoint {
  char32_t value;
  std::size_t bytes;  // 0: the text is not UTF-8 here
};

CodePoint decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return {0, 0};
  char32_t value = first & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {0, 0};
    value = (value << 6) | (byte(i) & 0x3fU);
  }
  const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (overlong || surrogate || value > 0x10ffff) return {0, 0};
  return {value, bytes};
}

struct Range {
  char32_t first, last;
};

/// What a terminal obeys, what reorders or breaks a line, and what nobody sees.
constexpr Range kUnsafe[] = {
    {0x00, 0x1f},       {0x7f, 0x9f},        // C0, DEL, C1
    {0xad, 0xad},       {0x34f, 0x34f},      // soft hyphen, grapheme joiner
    {0x61c, 0x61c},     {0x115f, 0x1160},    // Arabic letter mark; Hangul fillers
    {0x17b4, 0x17b5},   {0x180b, 0x180f},    // Khmer inherent vowels; Mongolian selectors
    {0x200b, 0x200f},   {0x2028, 0x202e},    // no width, marks; separators, embeddings
    {0x2060, 0x206f},   {0x3164, 0x3164},    // joiners, isolates; Hangul filler
    {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},    // variation selectors; byte order mark
    {0xffa0, 0xffa0},   {0xfff0, 0xfffb},    // Hangul filler; annotations
    {0xfffe, 0xffff},   {0x1bca0, 0x1bca3},  // no characters; shorthand controls
    {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},  // musical controls; tags, more selectors
};

bool is_unsafe(char32_t c) {
  if (c >= 0x20 && c < 0x7f) return false;
  return std::any_of(std::begin(kUnsafe), std::end(kUnsafe),
                     [c](const Range& range) { return range.first <= c && c <= range.last; });
}

enum class Backslash { doubled, kept };

std::string escaped(std::string_view text, Backslash backslash) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = decode(text);
    const std::size_t bytes = point.bytes == 0 ? 1 : point.bytes;
    if (point.bytes == 0 || is_unsafe(point.value)) {
      for (std::size_t i = 0; i < bytes; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        safe += "\\x";
        safe += kHexDigits[byte >> 4];
        safe += kHexDigits[byte & 15];
      }
    } else {
      if (point.value == '\\' && backslash == Backslash::doubled) safe += '\\';
      safe += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return safe;
}

void add_json_escape(std::string& json, char32_t unit) {
  json += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) json += kHexDigits[(unit >> shift) & 15];
}

}  // namespace

std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 15];
  }
  return text;
}

std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return bytes;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = decode(text);
    if (point.bytes == 0) return false;
    text.remove_prefix(point.bytes);
  }
  return true;
}

std::string printable(std::string_view text) {
  return escaped(text, Backslash::doubled);
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return printable(text);
  return printable(text.substr(0, max_bytes)) + "…";
}

std::string one_line(std::string_view text) {
  return escaped(text, Backslash::kept);
}

std::string printable_json(std::string_view json) {
  std::string safe;
  safe.reserve(json.size());
  while (!json.empty()) {
    const CodePoint point = decode(json);
    const std::size_t bytes = point.bytes == 0 ? 1 : point.bytes;
    // Below that JSON itself has only spaces and line ends, and escapes the rest.
    if (point.bytes == 0 || point.value < 0x7f || !is_unsafe(point.value)) {
      safe += json.substr(0, bytes);
    } else if (point.value < 0x10000) {
      add_json_escape(safe, point.value);
    } else {
      add_json_escape(safe, 0xd800 + ((point.value - 0x10000) >> 10));
      add_json_escape(safe, 0xdc00 + ((point.value - 0x10000) & 0x3ff));
    }
    json.remove_prefix(bytes);
  }
  return safe;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

std::string human_bytes(std::uint64_t bytes) {
  static constexpr std::array<const char*, 6> kUnits = {"B", "kB", "MB", "GB", "TB", "PB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text.data();
}

}  // namespace expunge::base
