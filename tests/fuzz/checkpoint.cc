// Signed checkpoints, certificates and consistency proofs.

#include <span>

#include "audit/base64.h"
#include "audit/merkle.h"
#include "audit/note.h"
#include "audit/proof.h"
#include "base/error.h"
#include "fuzz/support/input.h"
#include "support/audit_vectors.h"

using namespace expunge;

namespace {

/// The note, put together again from what was read, is the same text.
void check_note(std::string_view text, const audit::SignedCheckpoint& note) {
  EXPUNGE_ASSERT(audit::is_origin(note.checkpoint.origin));
  EXPUNGE_ASSERT(audit::checkpoint_body(note.checkpoint) == note.body);
  std::string again = note.body + "\n";
  for (const audit::NoteSignature& signature : note.signatures) {
    std::vector<std::uint8_t> blob(signature.key_id.begin(), signature.key_id.end());
    blob.insert(blob.end(), signature.bytes.begin(), signature.bytes.end());
    again += "\u2014 " + signature.name + " " + audit::to_base64(blob) + "\n";
  }
  EXPUNGE_ASSERT(again == text);
}

/// Only what the holder of the key signed is believed: the vectors' own checkpoints.
void check_belief(const audit::SignedCheckpoint& note) {
  static const audit::VerifierKey kKey = test::vector_key(1).verifier();
  if (!audit::is_signed_by(note, kKey)) return;
  EXPUNGE_ASSERT(note.checkpoint.origin == kKey.origin());
  EXPUNGE_ASSERT(note.checkpoint.size <= 8);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto note = audit::parse_checkpoint(text)) {
    check_note(text, *note);
    check_belief(*note);
  }
  if (const auto certificate = audit::parse_certificate(text)) {
    EXPUNGE_ASSERT(audit::format_certificate(*certificate) == text);
    static const audit::VerifierKey kKey = test::vector_key(1).verifier();
    if (!audit::find_certificate_fault(*certificate, kKey)) {
      EXPUNGE_ASSERT(test::vector_file("base/log.jsonl").find(certificate->line + "\n") !=
                     std::string::npos);
    }
  }
  // The two checks of proofs, over whatever numbers and hashes.
  fuzz::Input input(data, size);
  const std::uint64_t index = input.number(8);
  const std::uint64_t leaves = input.number(8);
  const auto next_digest = [&] {
    base::Digest digest{};
    const std::string_view taken = input.text(digest.size());
    std::copy(taken.begin(), taken.end(), digest.begin());
    return digest;
  };
  const base::Digest first = next_digest();
  const base::Digest root = next_digest();
  std::vector<base::Digest> path;
  while (!input.empty() && path.size() < 100) path.push_back(next_digest());
  const bool included = audit::inclusion_holds(first, index, leaves, path, root);
  EXPUNGE_ASSERT(!included || (index < leaves && path.size() <= 64));
  const bool continues = audit::consistency_holds(index, first, leaves, root, path);
  EXPUNGE_ASSERT(!continues || index <= leaves);
  return 0;
}
