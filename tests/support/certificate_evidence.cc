#include "support/certificate_evidence.h"

#include <utility>

#include "audit/line.h"
#include "audit/merkle.h"
#include "base/error.h"
#include "base/sha256.h"
#include "support/catch.h"

namespace expunge::test::certificate_evidence {

using namespace expunge::audit;

namespace {

constexpr auto kTime = "2026-01-02T02:00:00.000Z";

}  // namespace

NamedText pem_of(const SigningKey& key) {
  return {key.verifier().id_hex() + ".pem", key.verifier().to_pem()};
}

NamedText pem(int number) {
  return pem_of(vector_key(number));
}

CertificateEvidence evidence_of(const std::string& text, std::vector<NamedText> keys) {
  return {{"cert", text}, std::move(keys), std::nullopt, std::nullopt};
}

std::string refusal(const CertificateEvidence& evidence, int status) {
  try {
    static_cast<void>(check_certificate(evidence));
  } catch (const base::Failure& failure) {
    CHECK(static_cast<int>(failure.status()) == status);
    return failure.what();
  }
  return {};
}

bool says(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

std::vector<std::string> written(const std::vector<Draft>& drafts, const SigningKey& key,
                                 const std::string& origin) {
  std::vector<std::string> lines;
  base::Digest prev{};
  const std::string key_id = key.verifier().id_hex();
  for (const Draft& draft : drafts) {
    const std::string bytes =
        to_signed_bytes({origin, lines.size(), at(kTime), key_id, prev}, draft);
    lines.push_back(to_line(bytes, key.sign(bytes)));
    prev = base::sha256(bytes);
  }
  return lines;
}

std::string last_of(const std::vector<std::string>& lines, const SigningKey& key,
                    const std::string& origin) {
  base::Sha256 sha;
  std::vector<base::Digest> leaves;
  for (const std::string& line : lines) leaves.push_back(leaf_hash(sha, line));
  const SigningKey* const keys[] = {&key};
  return format_certificate({lines.back(), lines.size() - 1,
                             inclusion_path(leaves, lines.size() - 1),
                             sign_checkpoint({origin, lines.size(), merkle_root(leaves)}, keys)});
}

std::string last_of(const Draft& draft) {
  const SigningKey key = vector_key(1);
  return last_of(written({vector_draft(0).draft, draft}, key), key);
}

}  // namespace expunge::test::certificate_evidence
