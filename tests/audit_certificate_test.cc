// What somebody could do to a certificate, and that it is noticed without the log.

#include <functional>

#include "audit/base64.h"
#include "audit/certificate_check.h"
#include "audit/line.h"
#include "report/proof_report.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/certificate_evidence.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;
using namespace expunge::test::certificate_evidence;

namespace {

bool holds(const std::string& text, const std::vector<NamedText>& keys) {
  return refusal(evidence_of(text, keys)).empty();
}

std::string with(const std::string& text, const std::function<void(Certificate&)>& change) {
  Certificate certificate = parse_certificate(text).value();
  change(certificate);
  return format_certificate(certificate);
}

struct Sample {
  std::string text;
  int key;
};

std::vector<Sample> samples() {
  return {{vector_file("base/cert-2.tlog-proof"), 1},
          {vector_file("base/cert-4.tlog-proof"), 1},
          {vector_file("rotate/cert-7.tlog-proof"), 2}};
}

}  // namespace

TEST_CASE("Every flipped bit and every cut of a certificate is refused") {
  for (const Sample& sample : samples()) {
    const std::vector<NamedText> keys{pem(sample.key)};
    REQUIRE(holds(sample.text, keys));
    for (std::size_t i = 0; i < sample.text.size(); ++i) {
      INFO("byte " << i);
      for (unsigned bit = 0; bit < 8; ++bit) {
        if (sample.key == 2 && bit % 5 != 0) continue;  // a sample of them is quicker
        std::string changed = sample.text;
        changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ (1U << bit));
        REQUIRE_FALSE(holds(changed, keys));
      }
      REQUIRE_FALSE(holds(sample.text.substr(0, i), keys));
    }
  }
}

TEST_CASE("What a flip in another key's signature line changes is nothing that is relied on") {
  const LogOnDisk log(vector_file("rotate/log.jsonl"), vector_file("rotate/checkpoint.6"), 2);
  const std::string text = certificates_of(log, {2}).front();
  const std::size_t own = text.find("\u2014 ");
  const std::size_t other = text.find("\u2014 ", own + 1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    INFO("byte " << i);
    if (i < other) {
      REQUIRE_FALSE(holds(changed, {pem(1)}));
    } else if (holds(changed, {pem(1)})) {
      // That line is nobody's for whoever has the first key alone, as a witness's is.
      const auto findings = check_certificate(evidence_of(changed, {pem(1)}));
      REQUIRE(findings.checkpoint_keys.size() == 1);
      REQUIRE(findings.certificate.line == parse_certificate(text)->line);
    }
  }
}

TEST_CASE("A bad signature by a key that was given is refused beside a good one") {
  const LogOnDisk log(vector_file("rotate/log.jsonl"), vector_file("rotate/checkpoint.6"), 2);
  std::string text = certificates_of(log, {2}).front();
  REQUIRE(check_certificate(evidence_of(text, {pem(1), pem(2)})).checkpoint_keys.size() == 2);
  const std::size_t inside = text.size() - 20;
  text[inside] = text[inside] == 'A' ? 'B' : 'A';
  CHECK(
      says(refusal(evidence_of(text, {pem(1), pem(2)})), "key 90e1c859, found one that does not"));
  CHECK(holds(text, {pem(1)}));
}

TEST_CASE("A certificate that was moved or lengthened or glued is refused") {
  for (const Sample& sample : samples()) {
    const std::string& text = sample.text;
    const std::vector<NamedText> keys{pem(sample.key)};
    for (const std::uint64_t index : {0U, 1U, 3U, 5U, 6U, 8U, 1U << 31U}) {
      CHECK_FALSE(holds(with(text, [&](Certificate& each) { each.index = index; }), keys));
    }
    CHECK_FALSE(holds(with(text, [](Certificate& each) { each.path.push_back({}); }), keys));
    CHECK_FALSE(holds(with(text, [](Certificate& each) { each.path.pop_back(); }), keys));
    CHECK_FALSE(holds(
        with(text, [](Certificate& each) { each.path.insert(each.path.begin(), base::Digest{}); }),
        keys));
    CHECK_FALSE(holds(text + text, keys));
    for (const Sample& second : samples()) CHECK_FALSE(holds(text + second.text, keys));
    for (const char* const tail : {"\n", " ", "x", "x\n", "\r\n"}) {
      CHECK_FALSE(holds(text + tail, keys));
      CHECK_FALSE(holds(tail + text, keys));
    }
    CHECK_FALSE(holds(text + std::string(1, '\0'), keys));
    std::string crlf;
    for (const std::string& line : lines_of(text)) crlf += line + "\r\n";
    CHECK_FALSE(holds(crlf, keys));
  }
}

TEST_CASE("A certificate with the checkpoint of another size of the log is refused") {
  for (const Sample& sample : samples()) {
    const std::vector<NamedText> keys{pem(sample.key), pem(3 - sample.key)};
    const std::string own = parse_certificate(sample.text)->checkpoint;
    for (const char* const name : {"base/checkpoint.0", "base/checkpoint.3", "base/checkpoint.5",
                                   "rotate/checkpoint.6", "rotate/checkpoint.8"}) {
      const std::string other = vector_file(name);
      INFO(name);
      CHECK(holds(with(sample.text, [&](Certificate& each) { each.checkpoint = other; }), keys) ==
            (other == own));
    }
  }
}

TEST_CASE("A certificate by a key that was not given is refused and says which were") {
  const std::string text = vector_file("base/cert-2.tlog-proof");
  CHECK(says(refusal(evidence_of(text, {pem(2)})), "signed by key 90e1c859, found no such"));
  const auto stranger = SigningKey::generate(kVectorOrigin);
  CHECK_FALSE(holds(text, {pem_of(stranger), pem(2)}));
  CHECK(says(refusal(evidence_of(text, {{"k", "no key"}}), 2), "k: is not an Ed25519 public key"));
}

TEST_CASE("Only the first key that is given may have signed a certificate's checkpoint") {
  // Whoever stole a key for entries signs a checkpoint of their own with it.
  const std::string text = vector_file("base/cert-2.tlog-proof");
  CHECK(holds(text, {pem(1), pem(2)}));
  CHECK(says(refusal(evidence_of(text, {pem(2), pem(1)})),
             "signed by key 90e1c859, found one by key"));
  CHECK(says(refusal(evidence_of(text, {pem(2), pem(1)})), "give it as the first"));
}

TEST_CASE("A checkpoint by a retired key is refused by whoever has only the key in force") {
  const SigningKey retired = vector_key(1);
  const auto lines = lines_of(vector_file("rotate/log.jsonl"));
  const std::string text = last_of(lines, retired);
  CHECK(says(refusal(evidence_of(text, {pem(2)})), "found no such signature"));
  // Nor does its owner get away with a forged line under the new key's id.
  auto forged = lines;
  forged.back() = to_line(signed_bytes(lines.back()), retired.sign(signed_bytes(lines.back())));
  CHECK(says(refusal(evidence_of(last_of(forged, retired), {pem(1), pem(2)})),
             "its entry: expected a signature by key 90e1c859"));
}

TEST_CASE("An entry of another log is refused below this log's checkpoint") {
  const SigningKey key = vector_key(1);
  const std::vector<NamedText> keys{pem(1)};
  const std::vector<Draft> drafts{vector_draft(0).draft, destroy_draft(1)};
  const auto other = written(drafts, key, "other/log");
  CHECK(says(refusal(evidence_of(last_of(other, key), keys)), "found one of other/log"));
  // Its own certificate needs a key under its own name, whose id is another one.
  CHECK_FALSE(holds(last_of(other, key, "other/log"), keys));
  CHECK_FALSE(holds(with(vector_file("base/cert-2.tlog-proof"),
                         [&](Certificate& each) { each.line = other.back(); }),
                    keys));
}

TEST_CASE("A line that no writer would have written is refused though it was signed") {
  const std::string good = destroy_draft(1).members;
  REQUIRE(holds(last_of({"destroy", good}), {pem(1)}));
  for (const Draft& draft :
       {Draft{"destroyed", good}, Draft{"destroy", "\"run\":\"x\""}, Draft{"destroy", " " + good},
        Draft{"destroy", good + ",\"more\":null"}, Draft{"destroy", good + ",\"more\":1.5"},
        Draft{"destroy", good.substr(0, good.size() - 1)}}) {
    INFO(draft.members);
    CHECK_FALSE(holds(last_of(draft), {pem(1)}));
  }
  CHECK(holds(last_of({"destroy", good + ",\"more\":1"}), {pem(1)}));
}

TEST_CASE("An entry of keys is certified only where and as it may stand in a log") {
  const SigningKey key = vector_key(1);
  const SigningKey next = vector_key(2);
  const auto certified = [&](const std::vector<Draft>& drafts) {
    return holds(last_of(written(drafts, key), key), {pem(1)});
  };
  const Draft open = to_draft(LogOpen{key.verifier().vkey(), "t"});
  const auto rotation = [&](std::uint64_t seq) {
    const auto proof = next.sign(
        possession_message(kVectorOrigin, seq, key.verifier().id_hex(), next.verifier().vkey()));
    return to_draft(KeyRotate{next.verifier().vkey(), to_base64(proof), "every-run"});
  };
  CHECK(certified({open}));
  CHECK(certified({open, rotation(1)}));
  CHECK_FALSE(certified({destroy_draft(1)}));
  CHECK_FALSE(certified({open, open}));
  CHECK_FALSE(certified({open, rotation(2)}));
  CHECK_FALSE(certified({to_draft(LogOpen{"no key", "t"})}));
  CHECK_FALSE(certified({to_draft(LogOpen{key.verifier().vkey(), "t", key.verifier().vkey()})}));
  CHECK_FALSE(certified({to_draft(LogOpen{
      key.verifier().vkey(), "t", "", Predecessor{kVectorOrigin, 1, {}, "key-lost", "DPO/7"}})}));
}

TEST_CASE("A line whose own key was not given is not said to be checked") {
  const LogOnDisk log(vector_file("rotate/log.jsonl"), vector_file("rotate/checkpoint.8"), 2);
  const std::string text = certificates_of(log, {2}).front();
  const auto findings = check_certificate(evidence_of(text, {pem(2)}));
  CHECK_FALSE(findings.entry_key);
  CHECK(findings.entry_key_id == "900eecdc");
  CHECK(says(report::proof_text(findings),
             "NOT CHECKED  the entry's own signature, by key 900eecdc"));
  CHECK(says(report::proof_json(findings),
             R"({"on":"entry-key","checked":false,"needs":"900eecdc"})"));
  const auto both = check_certificate(evidence_of(text, {pem(2), pem(1)}));
  REQUIRE(both.entry_key);
  CHECK(both.entry_key->id_hex == "900eecdc");
  CHECK(says(report::proof_text(both), "checked      the entry itself is signed by key 900"));
}

TEST_CASE("A forged signature in a line is refused when its key was given") {
  const SigningKey key = vector_key(1);
  auto lines = written({vector_draft(0).draft, destroy_draft(1), destroy_draft(2)}, key);
  lines[2].replace(lines[2].size() - 90, 88, lines[1].substr(lines[1].size() - 90, 88));
  CHECK(says(refusal(evidence_of(last_of(lines, key), {pem(1)})),
             "cert: its entry: expected a signature by key 900eecdc"));
}

TEST_CASE("What is no confidential destruction is said to be none") {
  const auto text_of = [](const Draft& draft) {
    const auto findings = check_certificate(evidence_of(last_of(draft), {pem(1)}));
    return report::proof_text(findings) + report::proof_json(findings);
  };
  const std::string destroyed = text_of(destroy_draft(1));
  CHECK(says(destroyed, "says that a recording was destroyed.\n"));
  CHECK(says(destroyed, R"("became":"destroyed")"));
  CHECK(says(destroyed, "every byte of its files was overwritten where it lay"));

  Destroyed entry;
  entry.run = "20260102T020000Z-5f0c";
  entry.recording = "rec-1";
  entry.department = "Customer Services";
  entry.recorded = base::parse_date("2024-12-31").value();
  entry.due = base::parse_date("2026-01-01").value();
  entry.period = "12 months";
  entry.files = {{"audio", 10, std::nullopt, "unlink", 0, false, "btrfs"}};
  entry.claim = "unlinked";
  entry.type = Destroyed::Type::remove;
  const std::string removed = text_of(to_draft(entry));
  CHECK(says(removed, "removed WITHOUT being overwritten.\nThis is no confidential destruction"));
  CHECK(says(removed, "nothing is claimed of what the files held"));
  CHECK(says(removed, R"("became":"removed")"));

  const std::string partial = text_of(to_draft(DestroyPartial{entry, 5, 7}));
  CHECK(says(partial, "a recording was NOT destroyed: that was stopped"));
  CHECK(says(partial, R"("became":"partly")"));
  const std::string failed = text_of(to_draft(DestroyFailed{entry.run, "rec-1", "write-failed"}));
  CHECK(says(failed, "a recording was NOT destroyed: a run tried"));
  CHECK(says(failed, "reason       write-failed"));

  // A destroy entry that claims less than one should.
  entry.type = Destroyed::Type::destroy;
  CHECK(says(text_of(to_draft(entry)), "Do not take it for a confidential destruction"));
  entry.claim = "overwritten";
  const std::string unclear = text_of(to_draft(entry));
  CHECK(says(unclear, R"("became":"unclear")"));
  CHECK(says(unclear, "removed without being overwritten"));
  for (const std::string& text : {removed, partial, failed, unclear}) {
    CHECK_FALSE(says(text, "says that a recording was destroyed.\n"));
    CHECK_FALSE(says(text, "every byte of its files"));
  }
  CHECK(says(text_of(vector_draft(4).draft), "is about no recording's destruction"));
}
