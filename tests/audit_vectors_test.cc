// The log's format, byte for byte: tests/data/vectors was made by two independent implementations.
#include <map>
#include <nlohmann/json.hpp>

#include "audit/base64.h"
#include "audit/line.h"
#include "audit/merkle.h"
#include "audit/note.h"
#include "audit/proof.h"
#include "audit/prove.h"
#include "base/text.h"
#include "support/audit_vectors.h"
#include "support/catch.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;
using Json = nlohmann::json;

namespace {

Json vectors() {
  return Json::parse(vector_file("vectors.json"));
}

std::vector<base::Digest> leaves_of(const std::string& name) {
  base::Sha256 sha;
  std::vector<base::Digest> leaves;
  for (const std::string& line : lines_of(vector_file(name))) {
    leaves.push_back(leaf_hash(sha, line));
  }
  return leaves;
}

std::vector<std::string> in_base64(const std::vector<base::Digest>& hashes) {
  std::vector<std::string> texts;
  texts.reserve(hashes.size());
  for (const auto& hash : hashes) texts.push_back(to_base64(hash));
  return texts;
}

Checkpoint checkpoint_of(const std::vector<base::Digest>& leaves, std::size_t size) {
  return {kVectorOrigin, size, merkle_root(std::span(leaves).first(size))};
}

/// The whole rotated log through LogWriter, from seeds and typed entries alone; the checkpoint
/// after each append, by size.
std::map<std::uint64_t, std::string> write_vectors(const LogOnDisk& log) {
  std::map<std::uint64_t, std::string> checkpoints;
  auto writer = log.writer(base::real_sys());
  const auto keep = [&] { checkpoints[writer.position().size] = slurp(log.file("checkpoint")); };
  for (std::uint64_t seq = 1; seq < 8; ++seq) {
    if (seq == 5) {
      writer.rotate_key(vector_key(2), "scheduled", at("2026-01-02T02:00:02.100Z"));
    } else {
      const auto entry = vector_draft(seq);
      CHECK(writer.append({&entry.draft, 1}, entry.time) == seq);
    }
    keep();
  }
  return checkpoints;
}

}  // namespace

TEST_CASE("The vectors' keys come out of their seeds byte for byte") {
  const Json keys = vectors().at("keys");
  for (const int number : {1, 2}) {
    const std::string name = "k" + std::to_string(number);
    const auto key = vector_key(number).verifier();
    CHECK(Json(key.vkey()) == keys.at(name).at("VKey"));
    CHECK(Json(key.id_hex()) == keys.at(name).at("ID"));
    CHECK(key.vkey() == base::trim(lines_of(vector_file("rotate/" + name + ".vkey")).front()));
    CHECK(key.to_pem() == vector_file("rotate/" + name + ".pub.pem"));
    CHECK(VerifierKey::from_pem(kVectorOrigin, key.to_pem())->vkey() == key.vkey());
    CHECK(VerifierKey::from_vkey(key.vkey())->to_pem() == key.to_pem());
  }
}

TEST_CASE("The vectors' entries come out of typed entries byte for byte") {
  const Json json = vectors();
  std::vector<Json> entries = json.at("base").at("entries");
  for (const Json& entry : json.at("rotate").at("entries_5_to_7")) entries.push_back(entry);
  base::Sha256 sha;
  Frontier tree;
  for (const Json& entry : entries) {
    const std::uint64_t seq = entry.at("seq");
    const std::string line = entry.at("line");
    INFO("entry " << seq);
    CHECK(Json(signed_bytes(line)) == entry.at("signed_bytes"));
    CHECK(Json(base::to_hex(hash_signed_bytes(sha, line))) == entry.at("sha256_signed_hex"));
    CHECK(Json(base::to_hex(leaf_hash(sha, line))) == entry.at("leaf_hash_hex"));
    tree.append(sha, leaf_hash(sha, line));
    CHECK(Json(to_base64(tree.root())) == entry.at("root_b64_at_size_seq_plus_1"));
    const TakenApart taken = take_apart(line);
    REQUIRE(taken.parts);
    CHECK(taken.parts->seq == seq);
    CHECK(Json(taken.parts->signature) == entry.at("sig_b64"));
    if (seq == 5) continue;
    const auto key = vector_key(seq < 6 ? 1 : 2);
    const auto draft = vector_draft(seq);
    base::Digest prev{};
    const auto prev_bytes = base::from_hex(taken.parts->prev).value();
    std::copy(prev_bytes.begin(), prev_bytes.end(), prev.begin());
    const std::string key_id = key.verifier().id_hex();
    const std::string bytes =
        to_signed_bytes({kVectorOrigin, seq, draft.time, key_id, prev}, draft.draft);
    CHECK(Json(bytes) == entry.at("signed_bytes"));
    CHECK(to_line(bytes, key.sign(bytes)) == line);
  }
  CHECK(Json(possession_message(kVectorOrigin, 5, "900eecdc", vector_key(2).verifier().vkey())) ==
        json.at("rotate").at("pop_message"));
}

TEST_CASE("A log written through the writer is the vectors' log with the vectors' checkpoints") {
  const LogOnDisk log;
  const auto checkpoints = write_vectors(log);
  CHECK(log.text() == vector_file("rotate/log.jsonl"));
  CHECK(checkpoints.at(3) == vector_file("base/checkpoint.3"));
  CHECK(checkpoints.at(5) == vector_file("rotate/checkpoint.5"));
  CHECK(checkpoints.at(6) == vector_file("rotate/checkpoint.6"));
  CHECK(checkpoints.at(8) == vector_file("rotate/checkpoint.8"));
  CHECK(slurp(log.file("keys/90e1c859.pub.pem")) == vector_file("rotate/k2.pub.pem"));
  CHECK(log.read().facts.destroyed == 2);
  CHECK(log.verify().outcome == Verdict::Outcome::verified);
}

TEST_CASE("The vectors' checkpoints parse and sign to the same bytes") {
  const auto first = vector_key(1);
  const auto second = vector_key(2);
  const auto leaves = leaves_of("rotate/log.jsonl");
  const SigningKey* const old_key[] = {&first};
  const SigningKey* const both[] = {&first, &second};
  const SigningKey* const new_key[] = {&second};
  CHECK(sign_checkpoint(checkpoint_of(leaves, 0), old_key) == vector_file("base/checkpoint.0"));
  CHECK(sign_checkpoint(checkpoint_of(leaves, 3), old_key) == vector_file("base/checkpoint.3"));
  CHECK(sign_checkpoint(checkpoint_of(leaves, 5), old_key) == vector_file("base/checkpoint.5"));
  CHECK(sign_checkpoint(checkpoint_of(leaves, 6), both) == vector_file("rotate/checkpoint.6"));
  CHECK(sign_checkpoint(checkpoint_of(leaves, 8), new_key) == vector_file("rotate/checkpoint.8"));

  const auto note = parse_checkpoint(vector_file("rotate/checkpoint.6"));
  REQUIRE(note);
  CHECK(note->checkpoint.size == 6);
  CHECK(is_signed_by(*note, first.verifier()));
  CHECK(is_signed_by(*note, second.verifier()));
  const auto old_note = parse_checkpoint(vector_file("base/checkpoint.5"));
  CHECK_FALSE(is_signed_by(old_note.value(), second.verifier()));
}

TEST_CASE("The vectors' certificates and consistency bodies come out byte for byte") {
  const Json json = vectors();
  const auto base_leaves = leaves_of("base/log.jsonl");
  const auto leaves = leaves_of("rotate/log.jsonl");
  CHECK(Json(in_base64(inclusion_path(base_leaves, 2))) == json.at("base").at("inclusion_2_in_5"));
  CHECK(Json(in_base64(inclusion_path(base_leaves, 4))) == json.at("base").at("inclusion_4_in_5"));
  CHECK(Json(in_base64(inclusion_path(leaves, 7))) == json.at("rotate").at("inclusion_7_in_8"));
  CHECK(Json(in_base64(consistency_path(base_leaves, 3))) == json.at("base").at("consistency_3_5"));
  CHECK(Json(in_base64(consistency_path(leaves, 5))) == json.at("rotate").at("consistency_5_8"));

  const LogOnDisk base_log(vector_file("base/log.jsonl"), vector_file("base/checkpoint.5"), 1);
  const LogOnDisk log(vector_file("rotate/log.jsonl"), vector_file("rotate/checkpoint.8"), 2);
  auto& sys = base::real_sys();
  CHECK(certificates_of(base_log, {2, 4}) ==
        std::vector{vector_file("base/cert-2.tlog-proof"), vector_file("base/cert-4.tlog-proof")});
  CHECK(certificates_of(log, {7}) == std::vector{vector_file("rotate/cert-7.tlog-proof")});
  CHECK(prove_consistency(sys, base_log.place(), note_of("base/checkpoint.3"),
                          base_log.checkpoint(), 2) == vector_file("base/consistency-3-5"));
  CHECK(prove_consistency(sys, log.place(), note_of("rotate/checkpoint.5"), log.checkpoint(), 2) ==
        vector_file("rotate/consistency-5-8"));
}

TEST_CASE("Any changed byte of a certificate or checkpoint is noticed") {
  const std::string certificate = vector_file("base/cert-2.tlog-proof");
  const auto key = vector_key(1).verifier();
  const auto proves = [&](const std::string& text) {
    const auto parsed = parse_certificate(text);
    return parsed && !find_certificate_fault(*parsed, key);
  };
  REQUIRE(proves(certificate));
  for (std::size_t i = 0; i < certificate.size(); ++i) {
    for (const char flip : {'\x01', '\x20', '\x80'}) {
      std::string changed = certificate;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      INFO("byte " << i);
      CHECK_FALSE(proves(changed));
    }
    CHECK_FALSE(proves(certificate.substr(0, i)));
  }
  CHECK_FALSE(proves(certificate + "\n"));
  CHECK_FALSE(proves(certificate + certificate));

  const std::string checkpoint = vector_file("rotate/checkpoint.6");
  const auto stands = [&](const std::string& text) {
    const auto note = parse_checkpoint(text);
    return note && is_signed_by(*note, key) && is_signed_by(*note, vector_key(2).verifier());
  };
  REQUIRE(stands(checkpoint));
  for (std::size_t i = 0; i < checkpoint.size(); ++i) {
    std::string changed = checkpoint;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    INFO("byte " << i);
    CHECK_FALSE(stands(changed));
    CHECK_FALSE(stands(checkpoint.substr(0, i)));
  }
  CHECK_FALSE(stands(checkpoint + "x"));
  CHECK_FALSE(stands(checkpoint + "\n"));
  const auto signatures = lines_of(checkpoint);
  CHECK_FALSE(stands(checkpoint + signatures.back() + "\n"));  // the same signature twice
}
