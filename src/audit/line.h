#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audit/entry.h"
#include "audit/keys.h"
#include "base/sha256.h"
#include "base/time.h"

// A line's form (expunge-log(5)), here M with its last `}` replaced by the signature:
//   {"v":1,"log":"<origin>","seq":<n>,"time":"<24>","type":"<t>",<members>
//   ,"key":"<8 hex>","prev":"<64 hex>","sig":"<88 base64>"}
namespace expunge::audit {

/// Without its LF.
inline constexpr std::size_t kMaxLineBytes = std::size_t{16} * 1024;

/// A line's parts, as views into it. `origin`, `time`, `key`, `prev` and `signature` are not
/// checked beyond their place and length, `members` not at all.
struct LineParts {
  std::string_view origin;
  std::uint64_t seq = 0;
  std::string_view time, type, members, key, prev, signature;
};

struct TakenApart {
  std::optional<LineParts> parts;
  std::string_view expected;  ///< what was not found, when there are no parts
};

/// Takes a line (without LF) apart by its fixed form, without a JSON parser.
[[nodiscard]] TakenApart take_apart(std::string_view line);

/// M: what a well-formed line's signature covers.
[[nodiscard]] std::string signed_bytes(std::string_view line);
/// SHA-256 of M.
[[nodiscard]] base::Digest hash_signed_bytes(base::Sha256& sha, std::string_view line);

/// Where an entry stands.
struct Place {
  std::string_view origin;
  std::uint64_t seq;
  base::Time time;
  std::string_view key_id_hex;
  base::Digest prev;
};

/// M for a draft in its place.
[[nodiscard]] std::string to_signed_bytes(const Place& place, const Draft& draft);
/// The line, without LF, for M and its signature.
[[nodiscard]] std::string to_line(std::string_view signed_bytes, const Signature& signature);

/// The signature in a line's `sig`; nullopt when it is not canonical base64 of 64 bytes.
[[nodiscard]] std::optional<Signature> parse_signature(std::string_view base64);

/// What is wrong with the signature of a well-formed line, whose `sig` is given, when `key` must
/// have signed it; or nullopt.
[[nodiscard]] std::optional<std::string> find_signature_fault(std::string_view line,
                                                              std::string_view base64,
                                                              const VerifierKey& key);

using HexDigest = std::array<char, 64>;
[[nodiscard]] HexDigest to_hex_digest(const base::Digest& digest);
[[nodiscard]] inline std::string_view view(const HexDigest& hex) {
  return {hex.data(), hex.size()};
}

/// What a new key signs to prove that its owner has it: `key-rotation/v1 LF origin LF seq LF old
/// keyid LF new vkey LF`.
[[nodiscard]] std::string possession_message(const std::string& origin, std::uint64_t seq,
                                             std::string_view old_key_id_hex,
                                             std::string_view new_vkey);

}  // namespace expunge::audit
