#include "audit/line.h"

#include <algorithm>

#include "audit/base64.h"
#include "base/error.h"
#include "base/text.h"

namespace expunge::audit {
namespace {

constexpr std::size_t kTimeBytes = 24;
constexpr std::size_t kSignatureMemberBytes = 98;  // `,"sig":"`, 88 characters, `"}`
constexpr std::size_t kChainMembersBytes = 91;     // `,"key":"`, 8, `","prev":"`, 64, `"`
constexpr std::size_t kTailBytes = kChainMembersBytes + kSignatureMemberBytes;

/// Cuts `expected` off the front of `text`, if it is there.
bool cut(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

/// Cuts off what stands before the next `"`.
std::string_view cut_until_quote(std::string_view& text) {
  const std::string_view value = text.substr(0, text.find('"'));
  text.remove_prefix(value.size());
  return value;
}

/// Fills `parts` from the line's fixed end; else says what was expected.
std::optional<std::string_view> take_tail(std::string_view line, LineParts& parts) {
  const std::string_view tail = line.substr(line.size() - kTailBytes);
  if (tail.substr(kChainMembersBytes, 8) != R"(,"sig":")" || !tail.ends_with(R"("})")) {
    return "its signature in its last 98 bytes";
  }
  if (!tail.starts_with(R"(,"key":")") || tail.substr(16, 10) != R"(","prev":")" ||
      tail[kChainMembersBytes - 1] != '"') {
    return "key and prev before the signature";
  }
  parts.key = tail.substr(8, 8);
  parts.prev = tail.substr(26, 64);
  parts.signature = tail.substr(kChainMembersBytes + 8, 88);
  return std::nullopt;
}

/// Fills `parts` from what stands before the fixed end; else says what was expected.
std::optional<std::string_view> take_head(std::string_view head, LineParts& parts) {
  if (!cut(head, R"({"v":1,"log":")")) return R"({"v":1,"log":" at its start)";
  parts.origin = cut_until_quote(head);
  if (!cut(head, R"(","seq":)")) return R"("seq" after "log")";
  const std::string_view number = head.substr(0, head.find(','));
  const auto seq = base::parse_number(number);
  if (!seq) return "a number as seq";
  parts.seq = *seq;
  head.remove_prefix(number.size());
  if (!cut(head, R"(,"time":")")) return R"("time" after "seq")";
  parts.time = cut_until_quote(head);
  if (parts.time.size() != kTimeBytes) return "a time of 24 characters";
  if (!cut(head, R"(","type":")")) return R"("type" after "time")";
  parts.type = cut_until_quote(head);
  if (!cut(head, R"(",)") || head.empty()) return "members after the type";
  parts.members = head;
  return std::nullopt;
}

}  // namespace

TakenApart take_apart(std::string_view line) {
  if (line.size() > kMaxLineBytes) return {std::nullopt, "at most 16 KiB in a line"};
  if (line.ends_with('\r')) return {std::nullopt, "LF alone as the line's end, not CR LF"};
  if (line.size() < kTailBytes) return {std::nullopt, "a signed entry"};
  LineParts parts;
  if (const auto expected = take_tail(line, parts)) return {std::nullopt, *expected};
  const std::string_view head = line.substr(0, line.size() - kTailBytes);
  if (const auto expected = take_head(head, parts)) return {std::nullopt, *expected};
  return {parts, {}};
}

std::string signed_bytes(std::string_view line) {
  EXPUNGE_ASSERT(line.size() >= kSignatureMemberBytes);
  std::string bytes(line.substr(0, line.size() - kSignatureMemberBytes));
  bytes += '}';
  return bytes;
}

base::Digest hash_signed_bytes(base::Sha256& sha, std::string_view line) {
  EXPUNGE_ASSERT(line.size() >= kSignatureMemberBytes);
  return sha.update(line.substr(0, line.size() - kSignatureMemberBytes)).update("}").finish();
}

std::string to_signed_bytes(const Place& place, const Draft& draft) {
  std::string bytes = R"({"v":1,"log":")";
  bytes.append(place.origin).append(R"(","seq":)").append(std::to_string(place.seq));
  bytes.append(R"(,"time":")").append(base::to_text(place.time));
  bytes.append(R"(","type":")").append(draft.type).append(R"(",)").append(draft.members);
  bytes.append(R"(,"key":")").append(place.key_id_hex);
  bytes.append(R"(","prev":")").append(base::to_hex(place.prev)).append(R"("})");
  return bytes;
}

std::string to_line(std::string_view signed_bytes, const Signature& signature) {
  EXPUNGE_ASSERT(signed_bytes.ends_with('}'));
  std::string line(signed_bytes.substr(0, signed_bytes.size() - 1));
  return line.append(R"(,"sig":")").append(to_base64(signature)).append(R"("})");
}

std::optional<Signature> parse_signature(std::string_view base64) {
  const auto bytes = from_base64(base64);
  Signature signature;
  if (!bytes || bytes->size() != signature.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), signature.begin());
  return signature;
}

std::optional<std::string> find_signature_fault(std::string_view line, std::string_view base64,
                                                const VerifierKey& key) {
  const auto signature = parse_signature(base64);
  if (!signature) return "expected 64 bytes in canonical base64 as \"sig\", found another writing";
  if (key.verifies(signed_bytes(line), *signature)) return std::nullopt;
  return "expected a signature by key " + key.id_hex() + ", found one that does not verify";
}

HexDigest to_hex_digest(const base::Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  HexDigest hex;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    hex[2 * i] = kDigits[digest[i] >> 4];
    hex[2 * i + 1] = kDigits[digest[i] & 15];
  }
  return hex;
}

std::string possession_message(const std::string& origin, std::uint64_t seq,
                               std::string_view old_key_id_hex, std::string_view new_vkey) {
  std::string message = "key-rotation/v1\n";
  message.append(origin).append("\n").append(std::to_string(seq)).append("\n");
  message.append(old_key_id_hex).append("\n").append(new_vkey).append("\n");
  return message;
}

}  // namespace expunge::audit
