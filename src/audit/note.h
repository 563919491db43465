#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/keys.h"
#include "base/sha256.h"

namespace expunge::audit {

/// Whether a log may call itself this: 1 to 255 printable ASCII characters without space, plus
/// (C2SP signed-note, key names), quote or backslash (so that JSON never has to escape it).
[[nodiscard]] bool is_origin(std::string_view text);

/// What a checkpoint says (C2SP tlog-checkpoint, without extension lines).
struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  base::Digest root{};
};

/// `origin LF size LF base64(root) LF`: what its signatures cover.
[[nodiscard]] std::string checkpoint_body(const Checkpoint& checkpoint);

/// The checkpoint as a signed note (C2SP signed-note), one signature line for each key, in order.
[[nodiscard]] std::string sign_checkpoint(const Checkpoint& checkpoint,
                                          std::span<const SigningKey* const> keys);

struct NoteSignature {
  std::string name;
  std::array<std::uint8_t, 4> key_id;
  std::vector<std::uint8_t> bytes;  ///< 64 for Ed25519
};

/// A checkpoint as read: well-formed, its signatures not yet verified.
struct SignedCheckpoint {
  Checkpoint checkpoint;
  std::string body;
  std::vector<NoteSignature> signatures;
};

/// nullopt when `text` is not, byte for byte, what sign_checkpoint writes; lines of other keys
/// (witnesses) may follow.
[[nodiscard]] std::optional<SignedCheckpoint> parse_checkpoint(std::string_view text);

/// Whether `key` signed it, once.
[[nodiscard]] bool is_signed_by(const SignedCheckpoint& note, const VerifierKey& key);

}  // namespace expunge::audit
