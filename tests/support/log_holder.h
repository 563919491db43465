#pragma once

#include <optional>
#include <string>
#include <vector>

#include "support/audit_vectors.h"

namespace expunge::test {

/// A log in memory, and all the keys: what its holder has, and can forge.
struct Holder {
  /// Entry 0 names the checkpoint key unless told.
  explicit Holder(const std::optional<audit::Predecessor>& predecessor = {},
                  bool names_checkpoint_key = true);

  /// Appends an entry, signed by the key in force or another.
  void add(const audit::Draft& draft) { add(draft, entries); }
  void add(const audit::Draft& draft, const audit::SigningKey& key);
  /// Appends a rotation to a new key, which is then in force.
  void rotate();
  /// The rotation to `next` that would be good as the next entry.
  [[nodiscard]] audit::Draft rotation_to(const audit::SigningKey& next) const;

  /// M of the draft as the next entry, by the key in force or another.
  [[nodiscard]] std::string next_signed_bytes(const audit::Draft& draft) const;
  [[nodiscard]] std::string next_signed_bytes(const audit::Draft& draft,
                                              const audit::SigningKey& key) const;

  struct Forged {
    std::string log, certificate;
  };
  /// The log with one more line, whose M this is, signed by the key in force, and an entry that
  /// follows it; and that line's certificate. Nothing is asked of M but a brace at its end.
  [[nodiscard]] Forged forged(const std::string& signed_bytes);

  [[nodiscard]] std::string log() const { return joined(lines); }
  /// Over all lines, by that key.
  [[nodiscard]] std::string checkpoint(const audit::SigningKey& key) const;
  /// Over all lines, signed as it must be.
  [[nodiscard]] std::string checkpoint() const;
  /// Over the first `size` lines, by those keys.
  [[nodiscard]] std::string checkpoint(std::size_t size,
                                       std::span<const audit::SigningKey* const> keys) const;
  /// Of that line, below such a checkpoint over all of them.
  [[nodiscard]] std::string certificate(std::uint64_t seq, const std::string& checkpoint) const;

  std::string origin = kVectorOrigin;
  audit::SigningKey entries = audit::SigningKey::generate(kVectorOrigin);
  audit::SigningKey checkpoints = audit::SigningKey::generate(kVectorOrigin);
  bool has_checkpoint_key;
  std::optional<audit::SigningKey> retired{};  ///< when the last line is a rotation: from this key
  std::vector<std::string> lines{};
};

/// Three entries, a rotation, two more.
[[nodiscard]] Holder two_nights(bool names_checkpoint_key = true);

/// The group's order L (RFC 8032 section 5.1), little-endian, added to S of a signature.
[[nodiscard]] audit::Signature malleated(audit::Signature signature);

/// Replaces the first `from`; throws when there is none.
[[nodiscard]] std::string replaced(std::string text, const std::string& from,
                                   const std::string& to);

/// One of every type but log.open and key.rotate; of those with optional members also one with all.
[[nodiscard]] std::vector<audit::Draft> drafts_of_every_type();

}  // namespace expunge::test
