// Ours and the second verifier agree on checkpoints and consistency proofs in any writing.
#include "audit/base64.h"
#include "audit/note.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/log_holder.h"
#include "support/second_verifier.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;

namespace {

using Counts = SecondVerifier::Counts;
using Keys = std::vector<const SigningKey*>;

const SigningKey& signer_of(const Holder& holder) {
  return holder.has_checkpoint_key ? holder.checkpoints : holder.entries;
}

std::string by(const Checkpoint& said, const Keys& keys) {
  return sign_checkpoint(said, keys);
}

/// A checkpoint with the root of all lines, well signed, whose size is written so.
std::string with_size(const Holder& holder, const std::string& size) {
  const SigningKey& signer = signer_of(holder);
  const std::string body =
      holder.origin + "\n" + size + "\n" + lines_of(holder.checkpoint())[2] + "\n";
  const Signature signature = signer.sign(body);
  std::vector<std::uint8_t> blob(signer.verifier().id().begin(), signer.verifier().id().end());
  blob.insert(blob.end(), signature.begin(), signature.end());
  return body + "\n\u2014 " + holder.origin + " " + to_base64(blob) + "\n";
}

/// Up to 99 lines of a witness's may stand beside the one that counts.
std::string with_witnesses(const Holder& holder, int count) {
  const SigningKey witness = SigningKey::generate("witness.example.org");
  const std::string theirs =
      lines_of(by({witness.verifier().origin(), 1, base::sha256("x")}, {&witness}))[4] + "\n";
  std::string text = holder.checkpoint();
  for (int i = 0; i < count; ++i) text += theirs;
  return text;
}

std::vector<std::string> bad_checkpoints(const Holder& holder) {
  const std::string good = holder.checkpoint();
  const auto lines = lines_of(good);
  const SigningKey& signer = signer_of(holder);
  const SigningKey stranger = SigningKey::generate(holder.origin);
  const base::Digest root = parse_checkpoint(good)->checkpoint.root;
  std::vector<std::string> all = {with_witnesses(holder, 100),
                                  good + "\n",
                                  good + good,
                                  good + lines[4] + "\n",
                                  "\xef\xbb\xbf" + good,
                                  replaced(good, "\n\n", "\n\n\n"),
                                  replaced(good, "\n\n", "\nmore\n\n"),
                                  replaced(good, "\u2014 ", "\u2014\u00a0"),
                                  good.substr(0, good.find("\u2014")),
                                  std::string(),
                                  by({"other.example.org/log", 6, root}, {&signer}),
                                  by({holder.origin, 6, base::sha256("x")}, {&signer}),
                                  by({holder.origin, 6, root}, {&stranger}),
                                  by({holder.origin, 6, root}, {}),
                                  by({holder.origin, 6, root}, {&signer, &signer})};
  for (const char* const size :
       {"06", "+6", " 6", "6 ", "0x6", "6.0", "", "-6", "18446744073709551615",
        "18446744073709551616", "18446744073709551622", "6\r", "5", "7", "0"}) {
    all.push_back(with_size(holder, size));
  }
  for (const char* const line :
       {"\u2014 a+b AAAAAAA=", "\u2014 a AAAAAA==", "\u2014 a AAAAAAB=", "\u2014  AAAAAAA=",
        "\u2014 a  AAAAAAA=", "- a AAAAAAA=", "\u2014 \u00e9 AAAAAAA=", "\u2014 a",
        "\u2014 a AAAAAAA= ", "\u2014 a AAAAAAA=\r", "\u2014 a AAAA AAA="}) {
    all.push_back(good + line + "\n");
  }
  return all;
}

}  // namespace

TEST_CASE("A second verifier judges checkpoints in any writing as ours does") {
  NEEDS_SECOND_VERIFIER();
  SecondVerifier second;
  Counts counts;
  for (const bool has_checkpoint_key : {true, false}) {
    Holder holder = two_nights(has_checkpoint_key);
    const std::string log = holder.log();
    const std::string first = pem_of_first_key(log);
    const std::string good = holder.checkpoint();
    const std::string pem = signer_of(holder).verifier().to_pem();
    second.set_base(log);
    for (const std::string& fine :
         {good, with_witnesses(holder, 99), replaced(good, "\n\n", "\n\n\u2014 a AAAAAAA=\n")}) {
      CHECK_FALSE(second.log("fine: " + fine, log, {{first}, {fine}}));
    }
    for (const std::string& bad : bad_checkpoints(holder)) {
      CHECK(second.log("bad: " + bad, log, {{first}, {bad}}));
      CHECK(second.log("bad beside a good one: " + bad, log, {{first}, {good, bad}}));
      second.certificate("in a certificate: " + bad, holder.certificate(2, bad), {pem});
    }
    const base::Digest root = parse_checkpoint(good)->checkpoint.root;
    CHECK_FALSE(second.log(
        "by both keys", log,
        {{first}, {by({holder.origin, 6, root}, {&holder.entries, &holder.checkpoints})}}));
    holder.add(destroy_draft(5));
    CHECK(second.log("rolled back", log, {{first}, {good, holder.checkpoint()}}));
    CHECK_FALSE(second.log("gone on", holder.log(), {{first}, {good, holder.checkpoint()}}));
  }
  CHECK(second.compare(counts) == "");
}

TEST_CASE("A second verifier judges proofs between any two sizes as ours does") {
  NEEDS_SECOND_VERIFIER();
  SecondVerifier second;
  Counts counts;
  const Holder holder = two_nights();
  const std::string pem = holder.checkpoints.verifier().to_pem();
  const std::string hash = lines_of(holder.checkpoint())[2] + "\n";
  for (const std::string size :
       {"0", "1", "5", "6", "8", "1234567890123456789", "18446744073709551615"}) {
    const std::string newer = with_size(holder, size);
    for (const std::string old :
         {"0", "1", "4", "6", "8", "1234567890123456789", "06", "18446744073709551616"}) {
      for (const int hashes : {0, 1, 3, 63, 64}) {
        std::string proof = "old " + old + "\n";
        for (int i = 0; i < hashes; ++i) proof += hash;
        second.consistency("from " + old + " to " + size + " by " + std::to_string(hashes),
                           proof + "\n" + newer, with_size(holder, old), {pem});
      }
    }
  }
  CHECK(second.compare(counts) == "");
  CHECK(counts.ok > 0);
  CHECK(counts.refused > 250);
}
