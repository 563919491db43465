#include "audit/certificate_check.h"

#include <algorithm>
#include <utility>

#include "audit/keys.h"
#include "audit/line.h"
#include "base/error.h"
#include "base/text.h"

namespace expunge::audit {
namespace {

using base::ExitStatus;
using base::Failure;

struct BoundKey {
  std::string name;
  VerifierKey key;
};
using BoundKeys = std::vector<BoundKey>;

[[noreturn]] void refuse(const std::string& name, const std::string& fault) {
  throw Failure(ExitStatus::log_untrusted, base::printable(name) + ": " + fault);
}

/// A key has an id only under the name of a log, which a PEM does not hold.
BoundKeys bind(const std::vector<NamedText>& keys, const std::string& origin) {
  EXPUNGE_ASSERT(!keys.empty());
  BoundKeys bound;
  for (const NamedText& named : keys) {
    auto key = VerifierKey::from_pem(origin, named.text);
    if (!key) {
      throw Failure(ExitStatus::usage,
                    base::printable(named.name) + ": is not an Ed25519 public key in PEM");
    }
    bound.push_back({named.name, std::move(*key)});
  }
  return bound;
}

std::string ids_of(const BoundKeys& keys) {
  std::string ids;
  for (const BoundKey& each : keys) ids += (ids.empty() ? "" : " or ") + each.key.id_hex();
  return ids;
}

bool bears_signature_of(const SignedCheckpoint& note, const VerifierKey& key) {
  return std::any_of(note.signatures.begin(), note.signatures.end(),
                     [&](const NoteSignature& signature) {
                       return signature.name == key.origin() && signature.key_id == key.id();
                     });
}

/// Those that signed the checkpoint. One must have, and none badly: lines of keys that were not
/// given, such as a witness's, are nobody's business.
BoundKeys find_signers(const SignedCheckpoint& note, const BoundKeys& keys,
                       const std::string& name) {
  BoundKeys signers;
  for (const BoundKey& each : keys) {
    if (!bears_signature_of(note, each.key)) continue;
    if (!is_signed_by(note, each.key)) {
      refuse(name, "expected one signature of its checkpoint by key " + each.key.id_hex() +
                       ", found one that does not verify, or several");
    }
    signers.push_back(each);
  }
  if (signers.empty()) {
    refuse(name, "expected its checkpoint signed by a key that was given, " + ids_of(keys) +
                     ", found no such signature");
  }
  return signers;
}

/// By the key that is trusted with checkpoints.
void require_first_signed(const SignedCheckpoint& own, const BoundKeys& keys,
                          const std::string& name) {
  if (bears_signature_of(own, keys.front().key)) {
    static_cast<void>(find_signers(own, {keys.front()}, name));
    return;
  }
  const auto other = std::find_if(keys.begin(), keys.end(), [&](const BoundKey& each) {
    return bears_signature_of(own, each.key);
  });
  refuse(name, "expected its checkpoint signed by key " + keys.front().key.id_hex() +
                   (other == keys.end() ? ", found no such signature"
                                        : ", found one by key " + other->key.id_hex() +
                                              "; if that is the key of the log's checkpoints, "
                                              "give it as the first"));
}

std::vector<GivenKey> named(const BoundKeys& keys) {
  std::vector<GivenKey> given;
  given.reserve(keys.size());
  for (const BoundKey& each : keys) given.push_back({each.name, each.key.id_hex()});
  return given;
}

/// The key that signed the entry; nullopt when it was not given.
std::optional<GivenKey> find_entry_signer(const Certificate& certificate, const LineParts& parts,
                                          const BoundKeys& keys, const std::string& name) {
  std::optional<std::string> fault;
  for (const BoundKey& each : keys) {
    if (each.key.id_hex() != parts.key) continue;
    fault = find_signature_fault(certificate.line, parts.signature, each.key);
    if (!fault) return GivenKey{each.name, each.key.id_hex()};
  }
  if (fault) refuse(name, "its entry: " + *fault);
  return std::nullopt;
}

/// That one of the two checkpoints continues the other.
void check_continues(const SignedCheckpoint& own, const SignedCheckpoint& outside,
                     const CertificateEvidence& evidence) {
  const bool is_own_newer = own.checkpoint.size >= outside.checkpoint.size;
  const SignedCheckpoint& older = is_own_newer ? outside : own;
  const SignedCheckpoint& newer = is_own_newer ? own : outside;
  const std::string sizes = std::to_string(outside.checkpoint.size) +
                            " entries, the certificate's " + "of " +
                            std::to_string(own.checkpoint.size);
  if (older.checkpoint.size == newer.checkpoint.size &&
      older.checkpoint.root != newer.checkpoint.root) {
    refuse(evidence.checkpoint->name,
           "expected the certificate's root over " + std::to_string(own.checkpoint.size) +
               " entries, found another: there are two logs of this name");
  }
  if (!evidence.consistency) {
    if (older.checkpoint.size == newer.checkpoint.size) return;
    throw Failure(ExitStatus::usage, base::printable(evidence.checkpoint->name) + ": is of " +
                                         sizes +
                                         ": give --consistency with the proof between them "
                                         "(made where the log is: expunge log consistency)");
  }
  const std::string& name = evidence.consistency->name;
  const auto proof = parse_consistency(evidence.consistency->text);
  if (!proof) refuse(name, "expected a consistency proof, found something else");
  if (parse_checkpoint(proof->checkpoint).value().body != newer.body) {
    refuse(name, "expected the newer of the two checkpoints, of " +
                     std::to_string(newer.checkpoint.size) + " entries, found another one");
  }
  if (const auto fault = find_consistency_fault(*proof, older.checkpoint)) refuse(name, *fault);
}

CertificateFindings::Outside check_outside(const SignedCheckpoint& own, const BoundKeys& keys,
                                           const CertificateEvidence& evidence) {
  const std::string& name = evidence.checkpoint->name;
  const auto outside = parse_checkpoint(evidence.checkpoint->text);
  if (!outside) refuse(name, "expected a signed checkpoint, found something else");
  if (outside->checkpoint.origin != own.checkpoint.origin) {
    refuse(name, "expected a checkpoint of " + own.checkpoint.origin +
                     ", as the certificate is, "
                     "found one of " +
                     outside->checkpoint.origin);
  }
  // Every log continues that one.
  if (outside->checkpoint.size == 0) {
    refuse(name, "expected a checkpoint that covers entries, found one of 0");
  }
  const BoundKeys signers = find_signers(*outside, keys, name);
  check_continues(own, *outside, evidence);
  return {name, outside->checkpoint.size, named(signers)};
}

CertificateFindings::TimeStamped check_stamp(const Certificate& certificate,
                                             const CertificateFindings& findings,
                                             const CertificateEvidence& evidence) {
  std::vector<std::string> stamped = {certificate.checkpoint};
  if (evidence.checkpoint) stamped.push_back(evidence.checkpoint->text);
  const CertificateEvidence::Stamp& given = *evidence.time_stamp;
  CheckedStamp stamp =
      check_timestamp(given.response.name, given.response.text, stamped, &given.trust);
  const bool is_outside = stamp.over > 0;
  return {std::move(stamp), is_outside ? findings.outside->size : findings.checkpoint.size,
          is_outside};
}

}  // namespace

CertificateFindings check_certificate(const CertificateEvidence& evidence) {
  EXPUNGE_ASSERT(evidence.checkpoint || !evidence.consistency);
  const std::string& name = evidence.certificate.name;
  auto certificate = parse_certificate(evidence.certificate.text);
  if (!certificate) refuse(name, "expected a certificate (C2SP tlog-proof), found something else");
  const SignedCheckpoint own = parse_checkpoint(certificate->checkpoint).value();
  const BoundKeys keys = bind(evidence.keys, own.checkpoint.origin);
  // The others are of entries, and whoever has stolen one of those must not be able to sign a
  // checkpoint with it.
  require_first_signed(own, keys, name);
  if (const auto fault = find_certificate_fault(*certificate, keys.front().key)) {
    refuse(name, *fault);
  }
  CertificateFindings findings;
  const LineParts parts = *take_apart(certificate->line).parts;
  findings.checkpoint = own.checkpoint;
  findings.checkpoint_keys = named(find_signers(own, keys, name));
  findings.entry_key_id = parts.key;
  findings.entry_key = find_entry_signer(*certificate, parts, keys, name);
  if (evidence.checkpoint) findings.outside = check_outside(own, keys, evidence);
  if (evidence.time_stamp) findings.time_stamp = check_stamp(*certificate, findings, evidence);
  findings.certificate = std::move(*certificate);
  return findings;
}

}  // namespace expunge::audit
