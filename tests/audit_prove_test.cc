// What is proved of a log, and of which log nothing is.
#include "audit/prove.h"

#include <functional>

#include "audit/line.h"
#include "audit/merkle.h"
#include "audit/note.h"
#include "support/audit_vectors.h"
#include "support/catch.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;

namespace {

LogOnDisk rotated(const std::string& checkpoint = "rotate/checkpoint.8") {
  return {vector_file("rotate/log.jsonl"), vector_file(checkpoint), 2};
}

/// A checkpoint over the first `size` lines of `text`, signed by these keys.
CheckpointFile signed_over(const std::string& text, std::size_t size,
                           const std::vector<const SigningKey*>& keys,
                           const std::string& origin = kVectorOrigin) {
  base::Sha256 sha;
  Frontier tree;
  const auto lines = lines_of(text);
  for (std::size_t i = 0; i < size; ++i) tree.append(sha, leaf_hash(sha, lines[i]));
  const std::string note = sign_checkpoint({origin, size, tree.root()}, keys);
  return {note, parse_checkpoint(note).value()};
}

/// What a refusal says; empty when there was none. Fails when anything was handed out before it.
std::string refusal(const LogOnDisk& log, const std::vector<std::uint64_t>& seqs,
                    const CheckpointFile& checkpoint, int status = 4) {
  bool handed_out = false;
  try {
    certify(base::real_sys(), log.place(), checkpoint, seqs, 2,
            [&](const Certificate&) { handed_out = true; });
  } catch (const base::Failure& failure) {
    CHECK_FALSE(handed_out);
    CHECK(static_cast<int>(failure.status()) == status);
    return failure.what();
  }
  return {};
}

std::string refusal_of_proof(const LogOnDisk& log, const SignedCheckpoint& older,
                             const CheckpointFile& newer) {
  try {
    static_cast<void>(prove_consistency(base::real_sys(), log.place(), older, newer, 2));
  } catch (const base::Failure& failure) {
    CHECK(static_cast<int>(failure.status()) == 4);
    return failure.what();
  }
  return {};
}

bool says(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Every entry is certified below the newest checkpoint and below a frozen one") {
  const LogOnDisk log = rotated();
  for (const std::string name :
       {"rotate/checkpoint.8", "rotate/checkpoint.6", "base/checkpoint.5", "base/checkpoint.3"}) {
    const CheckpointFile checkpoint{vector_file(name), note_of(name)};
    std::vector<std::uint64_t> all;
    for (std::uint64_t i = 0; i < checkpoint.note.checkpoint.size; ++i) all.push_back(i);
    std::uint64_t next = 0;
    certify(base::real_sys(), log.place(), checkpoint, all, 2, [&](const Certificate& each) {
      CHECK(each.index == next++);
      CHECK(each.checkpoint == checkpoint.text);
      CHECK_FALSE(find_certificate_fault(
          each, vector_key(name == "rotate/checkpoint.8" ? 2 : 1).verifier()));
    });
    CHECK(next == all.size());
  }
  CHECK(certificates_of(log, {}).empty());
}

TEST_CASE("A log of many blocks is certified entry by entry as by the whole tree") {
  const LogOnDisk log;
  constexpr std::uint64_t kEntries = 8'000;  // over 4 MiB
  auto writer = log.writer(base::real_sys());
  std::vector<Draft> drafts;
  for (std::uint64_t i = 1; i < kEntries; ++i) drafts.push_back(destroy_draft(i));
  writer.append(drafts, at("2026-02-01T02:00:00.000Z"));
  const auto lines = lines_of(log.text());
  base::Sha256 sha;
  std::vector<base::Digest> leaves;
  for (const std::string& line : lines) leaves.push_back(leaf_hash(sha, line));
  const std::vector<std::uint64_t> seqs{0, 1, 127, 128, 4'095, 5'999, 6'000, 7'998, 7'999};
  std::size_t next = 0;
  certify(base::real_sys(), log.place(), log.checkpoint(), seqs, 2, [&](const Certificate& each) {
    const std::uint64_t seq = seqs[next++];
    CHECK(each.index == seq);
    CHECK(each.line == lines[seq]);
    CHECK(each.path == inclusion_path(leaves, seq));
  });
  CHECK(next == seqs.size());
}

TEST_CASE("An entry that a checkpoint does not cover is a usage error") {
  const LogOnDisk log = rotated();
  CHECK(says(refusal(log, {2, 8, 9}, log.checkpoint(), 2), "entry 8 is not covered"));
  const CheckpointFile frozen{vector_file("base/checkpoint.5"), note_of("base/checkpoint.5")};
  CHECK(says(refusal(log, {5}, frozen, 2), "the checkpoint of 5 entries"));
}

TEST_CASE("Nothing is certified of a log in which a line was changed") {
  const std::string good = vector_file("rotate/log.jsonl");
  const auto starts = lines_of(good);
  std::size_t begin = 0;
  for (std::size_t line = 0; line < starts.size(); ++line) {
    const LogOnDisk log = rotated();
    std::string changed = good;
    changed[begin + starts[line].find("\"time\":\"2026") + 11] = '7';
    spill(log.file("log.jsonl"), changed);
    INFO("line " << line);
    CHECK_FALSE(refusal(log, {0}, log.checkpoint()).empty());
    CHECK_FALSE(refusal_of_proof(log, note_of("base/checkpoint.3"), log.checkpoint()).empty());
    begin += starts[line].size() + 1;
  }
}

TEST_CASE("An entry with a forged signature is not certified although a checkpoint covers it") {
  auto lines = lines_of(vector_file("base/log.jsonl"));
  // Entry 3 bears the signature of entry 2: the chain, which leaves signatures out, still holds.
  lines[3].replace(lines[3].size() - 90, 88, lines[2].substr(lines[2].size() - 90, 88));
  const LogOnDisk log(joined(lines), vector_file("base/checkpoint.5"), 1);
  const auto key = vector_key(1);
  const auto checkpoint = signed_over(joined(lines), 5, {&key});
  CHECK(certificates_of(log, {2, 4}, checkpoint).size() == 2);
  const std::string text = refusal(log, {2, 3, 4}, checkpoint);
  CHECK(says(text, "line 4, at byte"));
  CHECK(says(text, "expected a signature by key 900eecdc"));
}

TEST_CASE("The first fault is named though a later line breaks the chain") {
  auto lines = lines_of(vector_file("rotate/log.jsonl"));
  lines[2].replace(lines[2].size() - 90, 88, lines[3].substr(lines[3].size() - 90, 88));
  lines[6][lines[6].find("\"time\":\"2026") + 11] = '7';
  const LogOnDisk log(joined(lines), vector_file("rotate/checkpoint.8"), 2);
  CHECK(says(refusal(log, {2}, log.checkpoint()), "line 3, at byte"));
  CHECK(says(refusal(log, {4}, log.checkpoint()), "line 8, at byte"));
}

TEST_CASE("An entry is certified only by the key that was in force for it") {
  // The owner of the retired key signs the last entry anew, under the new key's id.
  auto lines = lines_of(vector_file("rotate/log.jsonl"));
  const Signature forged = vector_key(1).sign(signed_bytes(lines[7]));
  lines[7] = to_line(signed_bytes(lines[7]), forged);
  const LogOnDisk log(joined(lines), vector_file("rotate/checkpoint.8"), 2);
  const auto key = vector_key(2);
  const auto checkpoint = signed_over(joined(lines), 8, {&key});
  CHECK(says(refusal(log, {7}, checkpoint), "expected a signature by key 90e1c859"));
  CHECK(certificates_of(log, {5, 6}, checkpoint).size() == 2);
}

TEST_CASE("Nothing is certified below a checkpoint that is not signed as it must be") {
  const LogOnDisk log = rotated();
  const auto old_key = vector_key(1);
  const auto new_key = vector_key(2);
  CHECK(says(refusal(log, {2}, signed_over(log.text(), 8, {&old_key})),
             "the checkpoint of 8 entries: expected a signature by key 90e1c859"));
  CHECK(says(refusal(log, {2}, signed_over(log.text(), 6, {&new_key})),
             "expected at the rotation also a signature by key 900eecdc"));
  CHECK(says(refusal(log, {2}, signed_over(log.text(), 5, {&new_key})), "900eecdc"));
  CHECK(refusal(log, {2}, signed_over(log.text(), 6, {&old_key, &new_key})).empty());
  CheckpointFile other = log.checkpoint();
  other.note.checkpoint.root[0] ^= 1;
  CHECK(says(refusal(log, {2}, other), "expected the root over the log's first 8 lines"));
}

TEST_CASE("Nothing is certified of a log that ends before its checkpoint") {
  const LogOnDisk log = rotated();
  auto lines = lines_of(log.text());
  lines.pop_back();
  spill(log.file("log.jsonl"), joined(lines));
  CHECK(says(refusal(log, {2}, log.checkpoint()), "lines are missing"));
  spill(log.file("log.jsonl"), "");
  CHECK(says(refusal(log, {2}, log.checkpoint()), "lines are missing"));
}

TEST_CASE("Consistency is proved from every checkpoint of the log") {
  const LogOnDisk log = rotated();
  const auto old_key = vector_key(1);
  const auto new_key = vector_key(2);
  for (std::size_t size = 0; size <= 8; ++size) {
    std::vector<const SigningKey*> keys;
    if (size < 7) keys.push_back(&old_key);
    if (size > 5) keys.push_back(&new_key);
    const CheckpointFile older = signed_over(log.text(), size, keys);
    INFO("size " << size);
    const auto body = parse_consistency(
        prove_consistency(base::real_sys(), log.place(), older.note, log.checkpoint(), 2));
    REQUIRE(body);
    CHECK(body->old_size == size);
    CHECK(body->checkpoint == log.checkpoint().text);
    CHECK_FALSE(find_consistency_fault(*body, older.note.checkpoint));
  }
}

TEST_CASE("Consistency is not proved from a checkpoint that the log does not continue") {
  const LogOnDisk log = rotated();
  const auto newest = log.checkpoint();
  const auto key = vector_key(1);
  const auto new_key = vector_key(2);
  const auto stranger = SigningKey::generate(kVectorOrigin);
  auto lines = lines_of(log.text());
  std::swap(lines[1], lines[2]);
  CHECK(says(refusal_of_proof(log, signed_over(joined(lines), 5, {&key}).note, newest),
             "expected the root over the log's first 5 lines"));
  CHECK(says(refusal_of_proof(log, signed_over(log.text(), 5, {&stranger}).note, newest),
             "the checkpoint of 5 entries: expected a signature by key 900eecdc"));
  CHECK(says(refusal_of_proof(log, signed_over(log.text(), 0, {&stranger}).note, newest),
             "expected a signature by key 900eecdc"));
  CHECK(says(refusal_of_proof(log, signed_over(log.text(), 6, {&new_key}).note, newest),
             "expected at the rotation also a signature"));
  CHECK(says(refusal_of_proof(log, signed_over(log.text(), 5, {&key}, "other/log").note, newest),
             "is of the log other/log"));
  const LogOnDisk shorter(vector_file("base/log.jsonl"), vector_file("base/checkpoint.5"), 1);
  CHECK(says(refusal_of_proof(shorter, note_of("rotate/checkpoint.8"), shorter.checkpoint()),
             "older copy of the log"));
}

TEST_CASE("Any changed byte of a consistency body is noticed") {
  const std::string body = vector_file("rotate/consistency-5-8");
  const Checkpoint older = note_of("rotate/checkpoint.5").checkpoint;
  const auto key = vector_key(2).verifier();
  const auto proves = [&](const std::string& text) {
    const auto parsed = parse_consistency(text);
    if (!parsed) return false;
    // As whoever is given one does: the newer checkpoint's signature belongs to it.
    CHECK(format_consistency(parsed->old_size, parsed->path, parsed->checkpoint) == text);
    return !find_consistency_fault(*parsed, older) &&
           is_signed_by(parse_checkpoint(parsed->checkpoint).value(), key);
  };
  REQUIRE(proves(body));
  for (std::size_t i = 0; i < body.size(); ++i) {
    for (const char flip : {'\x01', '\x20', '\x80'}) {
      std::string changed = body;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      INFO("byte " << i);
      CHECK_FALSE(proves(changed));
    }
    CHECK_FALSE(proves(body.substr(0, i)));
  }
  CHECK_FALSE(proves(body + "\n"));
  CHECK_FALSE(proves(body + body));
  CHECK_FALSE(proves("old 5\n" + body));
  CHECK_FALSE(proves("\n" + body));
  CHECK_FALSE(proves("old 05" + body.substr(5)));
  std::string crlf;
  for (const std::string& line : lines_of(body)) crlf += line + "\r\n";
  CHECK_FALSE(proves(crlf));
}

TEST_CASE("A consistency body may have 63 hashes and no more") {
  const std::string checkpoint = vector_file("rotate/checkpoint.8");
  const std::vector<base::Digest> most(63);
  std::vector<base::Digest> more(64);
  CHECK(parse_consistency(format_consistency(5, most, checkpoint)));
  CHECK_FALSE(parse_consistency(format_consistency(5, more, checkpoint)));
}
