#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/keys.h"
#include "audit/log.h"
#include "base/sha256.h"
#include "base/sys.h"

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
/// that the line is entry `index` of that log. The line's own signature may be by an earlier key
/// and is not looked at.
[[nodiscard]] std::optional<std::string> find_certificate_fault(const Certificate& certificate,
                                                                const VerifierKey& key);

/// The body of an add-checkpoint request (C2SP tlog-witness): `old N`, the consistency path, an
/// empty line, the checkpoint.
[[nodiscard]] std::string format_consistency(std::uint64_t old_size,
                                             const std::vector<base::Digest>& path,
                                             std::string_view checkpoint);

/// The certificate for an entry that the newest checkpoint covers. Takes 32 bytes of memory for
/// each entry, as the next. Throws Failure(usage) when the checkpoint does not cover it, and
/// Failure(log_untrusted) when the lines are not those of the checkpoint.
[[nodiscard]] Certificate certify(base::Sys& sys, const LogPlace& place, std::uint64_t seq);

/// The consistency body from `old_size` to the newest checkpoint. Throws as certify does.
[[nodiscard]] std::string prove_consistency(base::Sys& sys, const LogPlace& place,
                                            std::uint64_t old_size);

}  // namespace expunge::audit
