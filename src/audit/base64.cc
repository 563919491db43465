#include "audit/base64.h"

#include <openssl/evp.h>

#include <climits>

#include "base/error.h"

namespace expunge::audit {

std::string to_base64(std::span<const std::uint8_t> bytes) {
  EXPUNGE_ASSERT(bytes.size() <= INT_MAX / 2);
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock adds a NUL
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > INT_MAX / 2) return std::nullopt;
  std::vector<std::uint8_t> bytes(text.size() / 4 * 3);
  const int length =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (length < 0 || static_cast<std::size_t>(length) != bytes.size()) return std::nullopt;
  // EVP_DecodeBlock counts padding as bytes.
  if (text.ends_with("==")) {
    bytes.resize(bytes.size() - 2);
  } else if (text.ends_with('=')) {
    bytes.resize(bytes.size() - 1);
  }
  // It also skips white space and ignores trailing bits: only the one writing is accepted.
  if (to_base64(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace expunge::audit
