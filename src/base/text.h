#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace expunge::base {

/// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);

/// The bytes of lower-case hexadecimal `text`; nullopt for an odd length or another character.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text);

/// Whether `text` is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates).
[[nodiscard]] bool is_utf8(std::string_view text);

/// `text` made safe for a terminal and for one line: control characters, line and paragraph
/// separators, bidirectional controls (Unicode TR 36), characters that have no width or are not
/// seen (UAX 44, Default_Ignorable_Code_Point) and bytes that are not UTF-8 become \xHH; a
/// backslash is doubled.
[[nodiscard]] std::string printable(std::string_view text);

/// printable() of the first `max_bytes` bytes, with `…` behind it when there are more.
[[nodiscard]] std::string printable(std::string_view text, std::size_t max_bytes);

/// As printable(), but a backslash stays one: for a sentence in which values were made printable
/// before, and perhaps one was forgotten.
[[nodiscard]] std::string one_line(std::string_view text);

/// The same JSON value, as text in which no string holds a character that printable() escapes:
/// those above U+007E become \uHHHH. Requires valid JSON.
[[nodiscard]] std::string printable_json(std::string_view json);

/// Without leading and trailing spaces and tabs.
[[nodiscard]] std::string_view trim(std::string_view text);

/// A decimal number without sign, spaces or leading zeros (but for "0"); nullopt otherwise or when
/// it does not fit.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

/// `1843244` as `1,843,244`.
[[nodiscard]] std::string grouped(std::uint64_t number);

/// Bytes for people: `1.8 MB`, decimal units.
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);

}  // namespace expunge::base
