#pragma once

#include <string>
#include <vector>

#include "audit/certificate_check.h"
#include "audit/entry.h"
#include "audit/keys.h"
#include "audit/prove.h"
#include "support/audit_vectors.h"

// Certificates as somebody could have made them, and what checking them says.
namespace expunge::test::certificate_evidence {

[[nodiscard]] audit::NamedText pem_of(const audit::SigningKey& key);
/// The public key of the vectors' key 1 or 2.
[[nodiscard]] audit::NamedText pem(int number);

[[nodiscard]] audit::CertificateEvidence evidence_of(const std::string& text,
                                                     std::vector<audit::NamedText> keys);

/// What a refusal, which must have that status, says; empty when the certificate holds.
[[nodiscard]] std::string refusal(const audit::CertificateEvidence& evidence, int status = 4);

/// Whether a text has that part.
[[nodiscard]] bool says(const std::string& text, const std::string& part);

/// A log of these entries as whoever has the key can write them, right or not.
[[nodiscard]] std::vector<std::string> written(const std::vector<audit::Draft>& drafts,
                                               const audit::SigningKey& key,
                                               const std::string& origin = kVectorOrigin);

/// The certificate of the last of these lines, without a look at them.
[[nodiscard]] std::string last_of(const std::vector<std::string>& lines,
                                  const audit::SigningKey& key,
                                  const std::string& origin = kVectorOrigin);
/// Of a log of the vectors' key 1 that this entry ends.
[[nodiscard]] std::string last_of(const audit::Draft& draft);

}  // namespace expunge::test::certificate_evidence
