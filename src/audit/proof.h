#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/keys.h"
#include "audit/note.h"
#include "base/sha256.h"

namespace expunge::audit {

/// That one line is in the log: C2SP tlog-proof, the line in `extra`.
struct Certificate {
  std::string line;  ///< without LF
  std::uint64_t index = 0;
  std::vector<base::Digest> path;
  std::string checkpoint;  ///< the signed note
};

[[nodiscard]] std::string format_certificate(const Certificate& certificate);

/// nullopt when `text` is not, byte for byte, what format_certificate writes.
[[nodiscard]] std::optional<Certificate> parse_certificate(std::string_view text);

/// What is wrong with it, or nullopt when `key`'s signature on the checkpoint and the path prove
/// that the line, an entry in its whole form, is number `index` of that log. The line's own
/// signature may be by another key and is not looked at.
[[nodiscard]] std::optional<std::string> find_certificate_fault(const Certificate& certificate,
                                                                const VerifierKey& key);

/// The body of an add-checkpoint request (C2SP tlog-witness): `old N`, the consistency path, an
/// empty line, the checkpoint.
[[nodiscard]] std::string format_consistency(std::uint64_t old_size,
                                             const std::vector<base::Digest>& path,
                                             std::string_view checkpoint);

/// A consistency proof as read: well-formed, nothing verified.
struct Consistency {
  std::uint64_t old_size = 0;
  std::vector<base::Digest> path;
  std::string checkpoint;  ///< the newer one, a signed note
};

/// nullopt when `text` is not, byte for byte, what format_consistency writes, or has more than the
/// 63 hashes that C2SP tlog-witness allows.
[[nodiscard]] std::optional<Consistency> parse_consistency(std::string_view text);

/// What is wrong with it, or nullopt when it shows that its checkpoint continues `older`. Nobody's
/// signature is looked at.
[[nodiscard]] std::optional<std::string> find_consistency_fault(const Consistency& consistency,
                                                                const Checkpoint& older);

}  // namespace expunge::audit
