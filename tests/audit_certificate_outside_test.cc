// A certificate beside a checkpoint from elsewhere: of the same log, or of another of its name.

#include "audit/certificate_check.h"
#include "audit/prove.h"
#include "report/proof_report.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/certificate_evidence.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;
using namespace expunge::test::certificate_evidence;

TEST_CASE("An outside checkpoint of the same size must have the same root") {
  CertificateEvidence evidence = evidence_of(vector_file("base/cert-2.tlog-proof"), {pem(1)});
  evidence.checkpoint = NamedText{"outside", vector_file("base/checkpoint.5")};
  REQUIRE(refusal(evidence).empty());
  CHECK(check_certificate(evidence).outside->size == 5);
  const SigningKey key = vector_key(1);
  const SigningKey* const keys[] = {&key};
  evidence.checkpoint->text = sign_checkpoint({kVectorOrigin, 5, base::sha256("fork")}, keys);
  CHECK(says(refusal(evidence), "there are two logs of this name"));
  evidence.checkpoint->text = sign_checkpoint({"other/log", 5, base::sha256("fork")}, keys);
  CHECK(says(refusal(evidence), "found one of other/log"));
  evidence.checkpoint->text = vector_file("base/checkpoint.0");
  CHECK(says(refusal(evidence), "found one of 0"));
  evidence.checkpoint->text = "no checkpoint";
  CHECK(says(refusal(evidence), "outside: expected a signed checkpoint"));
}

TEST_CASE("An outside checkpoint must be signed by a key that was given") {
  CertificateEvidence evidence = evidence_of(vector_file("base/cert-2.tlog-proof"), {pem(1)});
  evidence.checkpoint = NamedText{"outside", vector_file("rotate/checkpoint.8")};
  evidence.consistency = NamedText{"body", vector_file("rotate/consistency-5-8")};
  CHECK(says(refusal(evidence), "outside: expected its checkpoint signed by a key that was given"));
  evidence.keys.push_back(pem(2));
  CHECK(refusal(evidence).empty());
}

TEST_CASE("Checkpoints of two sizes need the proof between them in either direction") {
  struct Case {
    std::string certificate, outside, says;
    std::vector<NamedText> keys;
  };
  const std::string base = vector_file("base/cert-2.tlog-proof");
  const std::string later = vector_file("rotate/cert-7.tlog-proof");
  const std::string body = vector_file("rotate/consistency-5-8");
  for (const Case& each :
       {Case{base, "rotate/checkpoint.8", "which continues the certificate's", {pem(1), pem(2)}},
        Case{later,
             "base/checkpoint.5",
             "which the certificate's continues; it is from before the entry",
             {pem(2), pem(1)}}}) {
    CertificateEvidence evidence = evidence_of(each.certificate, each.keys);
    evidence.checkpoint = NamedText{"outside", vector_file(each.outside)};
    CHECK(says(refusal(evidence, 2), "give --consistency"));
    evidence.consistency = NamedText{"body", body};
    REQUIRE(refusal(evidence).empty());
    CHECK(says(report::proof_text(check_certificate(evidence)), each.says));
    for (std::size_t i = 0; i < body.find("\u2014 "); ++i) {
      std::string changed = body;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      evidence.consistency->text = changed;
      INFO("byte " << i);
      REQUIRE_FALSE(refusal(evidence).empty());
      evidence.consistency->text = body.substr(0, i);
      REQUIRE_FALSE(refusal(evidence).empty());
    }
    // A proof of something else: right in itself, but not between these two.
    evidence.consistency->text = vector_file("base/consistency-3-5");
    CHECK_FALSE(refusal(evidence).empty());
  }
}

TEST_CASE("An honest proof to another checkpoint does not vouch for a forked certificate") {
  const SigningKey key = vector_key(1);
  const auto lines = lines_of(vector_file("base/log.jsonl"));
  const LogOnDisk honest(joined(lines), vector_file("base/checkpoint.5"), 1);
  const auto older = parse_checkpoint(vector_file("base/checkpoint.3")).value();
  const std::string body =
      prove_consistency(base::real_sys(), honest.place(), older, honest.checkpoint(), 1);
  auto forked = written({vector_draft(0).draft, destroy_draft(1), destroy_draft(2),
                         destroy_draft(3), destroy_draft(4)},
                        key);
  CertificateEvidence evidence = evidence_of(last_of(forked, key), {pem(1)});
  evidence.checkpoint = NamedText{"outside", vector_file("base/checkpoint.3")};
  evidence.consistency = NamedText{"body", body};
  CHECK(says(refusal(evidence), "body: expected the newer of the two checkpoints"));
}

TEST_CASE("A fork of the log does not pass with a proof of its own") {
  const SigningKey key = vector_key(1);
  const auto lines = lines_of(vector_file("base/log.jsonl"));
  auto fork = written({vector_draft(0).draft, destroy_draft(1), destroy_draft(2), destroy_draft(3),
                       destroy_draft(4), destroy_draft(5), destroy_draft(6)},
                      key);
  const LogOnDisk log(joined(fork), parse_certificate(last_of(fork, key))->checkpoint, 1);
  fork.resize(5);
  const auto older = parse_checkpoint(parse_certificate(last_of(fork, key))->checkpoint).value();
  const std::string body =
      prove_consistency(base::real_sys(), log.place(), older, log.checkpoint(), 1);
  CertificateEvidence evidence = evidence_of(certificates_of(log, {2}).front(), {pem(1)});
  evidence.checkpoint = NamedText{"outside", vector_file("base/checkpoint.5")};
  evidence.consistency = NamedText{"body", body};
  CHECK(says(refusal(evidence), "body: expected a path from the root over 5 entries"));
}
