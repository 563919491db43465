#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace expunge::audit {

/// Standard base64 with padding (RFC 4648 §4), no line breaks.
[[nodiscard]] std::string to_base64(std::span<const std::uint8_t> bytes);

/// The bytes of `text`; nullopt for anything that to_base64 would not have written, non-zero
/// trailing bits and missing padding included (RFC 4648 §3.5).
[[nodiscard]] std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text);

}  // namespace expunge::audit
