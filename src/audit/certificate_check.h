#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/note.h"
#include "audit/proof.h"
#include "audit/timestamp.h"

// What somebody who has neither the log nor its machine can find out about a certificate.
namespace expunge::audit {

/// A file's text, with the name that it is spoken of by.
struct NamedText {
  std::string name, text;
};

struct CertificateEvidence {
  NamedText certificate;
  /// Public keys in PEM, trusted by the caller; at least one. The first must have signed the
  /// certificate's checkpoint; others may have signed the entry, or the outside checkpoint.
  std::vector<NamedText> keys;
  std::optional<NamedText> checkpoint;     ///< one of the same log, kept elsewhere
  std::optional<NamedText> consistency{};  ///< the proof between the two, where their sizes differ

  /// A response over the certificate's own checkpoint, or over the one kept elsewhere.
  struct Stamp {
    NamedText response;
    TimestampTrust trust;
  };
  std::optional<Stamp> time_stamp{};
};

/// One of the keys that were given.
struct GivenKey {
  std::string name, id_hex;
};

/// What a certificate that holds rests on.
struct CertificateFindings {
  Certificate certificate;
  Checkpoint checkpoint;                  ///< the certificate's own
  std::vector<GivenKey> checkpoint_keys;  ///< of those given, the ones that signed it; at least one
  std::string entry_key_id;               ///< of the key that the entry says it is signed by
  /// That key, when it was given: it did sign the entry. Unset: the entry's own signature was not
  /// checked.
  std::optional<GivenKey> entry_key;

  struct Outside {
    std::string name;
    std::uint64_t size = 0;
    std::vector<GivenKey> keys;  ///< as checkpoint_keys
  };
  /// Unset: none was given. It and the certificate's checkpoint are of one log.
  std::optional<Outside> outside;

  struct TimeStamped {
    CheckedStamp stamp;
    std::uint64_t size = 0;   ///< of the checkpoint that is stamped
    bool is_outside = false;  ///< that is the one kept elsewhere, not the certificate's own
  };
  /// Unset: none was given.
  std::optional<TimeStamped> time_stamp{};
};

/// Checks all of the evidence that is there. Throws Failure(log_untrusted) naming the first thing
/// that does not hold, and Failure(usage) when a key is none, or the consistency proof is missing
/// that the two checkpoints need.
[[nodiscard]] CertificateFindings check_certificate(const CertificateEvidence& evidence);

}  // namespace expunge::audit
