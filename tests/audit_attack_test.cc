// What somebody could do to a log, and that it is noticed.
#include <array>

#include "audit/line.h"
#include "audit/note.h"
#include "support/audit_vectors.h"
#include "support/catch.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;

namespace {

using Outcome = Verdict::Outcome;

const std::string& rotated() {
  static const std::string text = vector_file("rotate/log.jsonl");
  return text;
}

LogOnDisk log_of(const std::string& text) {
  return {text, vector_file("rotate/checkpoint.8"), 2};
}

Verdict verify_text(const LogOnDisk& log, const std::string& text, bool with_checkpoint = true) {
  spill(log.file("log.jsonl"), text);
  return log.verify(with_checkpoint);
}

std::string complaint(const LogOnDisk& log) {
  try {
    static_cast<void>(log.read());
  } catch (const base::Failure& failure) {
    return failure.what();
  }
  return {};
}

/// Chains and signs these entries anew, as a forger with that key would.
std::string forged(const std::vector<Draft>& drafts, const SigningKey& key,
                   const std::string& origin = kVectorOrigin) {
  std::string text;
  base::Digest prev{};
  const std::string key_id = key.verifier().id_hex();
  std::uint64_t seq = 0;
  for (const Draft& draft : drafts) {
    const std::string bytes =
        to_signed_bytes({origin, seq, at("2026-01-02T02:00:00.000Z"), key_id, prev}, draft);
    text += to_line(bytes, key.sign(bytes)) + "\n";
    prev = base::sha256(bytes);
    ++seq;
  }
  return text;
}

}  // namespace

TEST_CASE("The vectors' logs verify and name what they hold") {
  const LogOnDisk log = log_of(rotated());
  const Verdict verdict = log.verify();
  CHECK(verdict.outcome == Outcome::verified);
  CHECK(verdict.entries == 8);
  CHECK(verdict.origin == kVectorOrigin);
  CHECK(verdict.first_key_id == "900eecdc");
  CHECK(verdict.last_key_id == "90e1c859");
  CHECK(verdict.first_time == "2026-01-02T02:00:00.000Z");
  CHECK(verdict.last_time == "2026-01-03T02:00:00.001Z");
  CHECK(verdict.root == parse_checkpoint(vector_file("rotate/checkpoint.8"))->checkpoint.root);
  const LogState state = log.read();
  CHECK(state.position.size == 8);
  CHECK(state.checkpoint_size == 8);
  CHECK(state.torn_bytes == 0);
  CHECK(state.facts.destroyed == 2);
  CHECK(state.facts.last_run_start->run == "20260103T020000Z-a91d");
  CHECK(state.facts.last_run_start->host == "rec1");
  CHECK(state.facts.last_run_end->outcome == "complete");
  CHECK(state.facts.last_run_end->held == 1);
  CHECK(state.facts.last_entry == at("2026-01-03T02:00:00.001Z"));
}

TEST_CASE("Every changed byte of a log is noticed and in the right line") {
  const LogOnDisk log = log_of(rotated());
  const std::string& whole = rotated();
  std::uint64_t line = 1;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    // The lowest bit always, and by turns another bit, to a zero byte, to a line's end.
    const std::array<int, 4> more = {0x20, 0x80, whole[i], whole[i] ^ '\n'};
    for (const int flip : {0x01, more[i % 4]}) {
      if (flip == 0) continue;
      std::string text = whole;
      text[i] = static_cast<char>(text[i] ^ flip);
      const Verdict verdict = verify_text(log, text);
      INFO("byte " << i << " of line " << line << " flipped by " << flip);
      REQUIRE(verdict.outcome == Outcome::does_not_verify);
      const bool last_lf = i + 1 == whole.size();
      REQUIRE(verdict.fault->line == (last_lf ? 0 : line));
      if (flip == 1) REQUIRE(failure_of([&] { static_cast<void>(log.read()); }) == 4);
    }
    if (whole[i] == '\n') ++line;
  }
}

TEST_CASE("Every cut of a log is noticed by its checkpoint and a cut line is torn without one") {
  const LogOnDisk log = log_of(rotated());
  const std::string& whole = rotated();
  const std::size_t first_line = whole.find('\n') + 1;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string text = whole.substr(0, size);
    INFO("cut to " << size);
    const Verdict strict = verify_text(log, text);
    REQUIRE(strict.outcome == Outcome::does_not_verify);
    REQUIRE(failure_of([&] { static_cast<void>(log.read()); }) == 4);
    const Verdict alone = log.verify(false);
    if (size < first_line) {
      REQUIRE(alone.outcome == Outcome::does_not_verify);
    } else if (text.ends_with('\n')) {
      REQUIRE(alone.outcome == Outcome::verified);
    } else {
      REQUIRE(alone.outcome == Outcome::torn_tail);
      REQUIRE(alone.torn_bytes == size - text.rfind('\n') - 1);
    }
  }
}

TEST_CASE("Lines moved dropped doubled glued or added are noticed") {
  const LogOnDisk log = log_of(rotated());
  const auto lines = lines_of(rotated());
  const auto refused_at = [&](const std::string& text) -> std::uint64_t {
    const Verdict verdict = verify_text(log, text);
    REQUIRE(verdict.outcome == Outcome::does_not_verify);
    REQUIRE(failure_of([&] { static_cast<void>(log.read()); }) == 4);
    REQUIRE(verify_text(log, text, false).outcome == Outcome::does_not_verify);
    return verdict.fault->line;
  };
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    auto swapped = lines;
    std::swap(swapped[i], swapped[i + 1]);
    CHECK(refused_at(joined(swapped)) == i + 1);
    auto dropped = lines;
    dropped.erase(dropped.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK(refused_at(joined(dropped)) == i + 1);
    auto doubled = lines;
    doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    CHECK(refused_at(joined(doubled)) == i + 2);
    auto glued = lines;
    glued[i] += glued[i + 1];
    glued.erase(glued.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    CHECK(refused_at(joined(glued)) == i + 1);
    auto spaced = lines;
    spaced.insert(spaced.begin() + static_cast<std::ptrdiff_t>(i), "");
    CHECK(refused_at(joined(spaced)) == i + 1);
    auto windows = lines;
    windows[i] += "\r";
    CHECK(refused_at(joined(windows)) == i + 1);
    auto with_more = lines;
    with_more.insert(with_more.begin() + static_cast<std::ptrdiff_t>(i) + 1, "{}");
    CHECK(refused_at(joined(with_more)) == i + 2);
  }
  CHECK(refused_at("\xef\xbb\xbf" + rotated()) == 1);
  CHECK(refused_at(rotated() + "\n") == 9);
  CHECK(refused_at(rotated() + std::string(20000, 'x') + "\n") == 9);
  CHECK(refused_at(rotated() + std::string(std::size_t{9} << 20, 'x') + "\n") == 9);
  const Verdict exact = verify_text(log, joined({lines[0], lines[1], lines[3]}));
  CHECK(exact.fault->offset_bytes == lines[0].size() + lines[1].size() + 2);
  CHECK(exact.entries == 2);
}

TEST_CASE("An entry signed by another key than the one in force is refused") {
  const auto open = vector_draft(0).draft;
  const auto other_open = to_draft(LogOpen{vector_key(2).verifier().vkey(), "expunge 1.0.0"});
  const LogOnDisk log = log_of(rotated());
  // Another key all through: it is consistent in itself, but not the log that is trusted.
  const std::string other = forged({other_open, destroy_draft(1)}, vector_key(2));
  CHECK(verify_text(log, other, false).fault->line == 1);
  Evidence no_key;
  no_key.log_path = log.file("log.jsonl");
  CHECK(verify_log(base::real_sys(), no_key).outcome == Outcome::verified);
  // Entry 0 names one key and is signed by another.
  CHECK(verify_text(log, forged({open, destroy_draft(1)}, vector_key(2)), false).fault->line == 1);
  // The key before a rotation goes on signing after it.
  auto lines = lines_of(rotated());
  const base::Time time = vector_draft(6).time;
  base::Sha256 sha;
  const auto prev = hash_signed_bytes(sha, lines[5]);
  const std::string bytes =
      to_signed_bytes({kVectorOrigin, 6, time, "900eecdc", prev}, destroy_draft(1));
  lines[6] = to_line(bytes, vector_key(1).sign(bytes));
  CHECK(verify_text(log, joined(lines), false).fault->line == 7);
  // It names the old key, but the new one signed.
  lines[6] = to_line(bytes, vector_key(2).sign(bytes));
  CHECK(verify_text(log, joined(lines), false).fault->line == 7);
  // It names the new key, but the old one signed.
  const std::string lie =
      to_signed_bytes({kVectorOrigin, 6, time, "90e1c859", prev}, vector_draft(6).draft);
  lines[6] = to_line(lie, vector_key(1).sign(lie));
  CHECK(verify_text(log, joined(lines), false).fault->line == 7);
}

TEST_CASE("A well signed line that is not of the format is refused") {
  const auto key = vector_key(1);
  const auto open = vector_draft(0).draft;
  const LogOnDisk log = log_of(rotated());
  const auto line_refused = [&](const Draft& draft) {
    const Verdict verdict = verify_text(log, forged({open, draft, destroy_draft(2)}, key), false);
    return verdict.outcome == Outcome::does_not_verify ? verdict.fault->line : 0;
  };
  CHECK(line_refused(destroy_draft(1)) == 0);
  CHECK(line_refused({"destroy.all", R"("run":"r")"}) == 2);
  CHECK(line_refused({"destroy.failed", R"("run":"a","recording":"b","reason": "c")"}) == 2);
  CHECK(line_refused({"destroy.failed", R"("run":"a","recording":"b","reason":"c","sig":"d")"}) ==
        2);
  CHECK(line_refused({"destroy.failed", R"("run":"a","recording":"b")"}) == 2);
  CHECK(line_refused({"destroy.failed", "\"run\":\"a\",\"recording\":\"b\",\"reason\":\"" +
                                            std::string(17000, 'c') + "\""}) == 2);
  CHECK(line_refused(open) == 2);
  CHECK(line_refused(to_draft(KeyRotate{vector_key(2).verifier().vkey(), "no proof", "x"})) == 2);
  const std::string other_log = "other.example.org/log";
  CHECK(verify_text(log, forged({open, destroy_draft(1)}, key, other_log), false).fault->line == 1);
  CHECK(verify_text(log, forged({destroy_draft(1)}, key), false).fault->line == 1);
  // The proof of possession is of one place: moved, it proves nothing.
  const std::string message =
      possession_message(kVectorOrigin, 2, "900eecdc", vector_key(2).verifier().vkey());
  const auto proof = vector_key(2).sign(message);
  const std::string pop = to_line("}", proof).substr(8, 88);
  CHECK(line_refused(to_draft(KeyRotate{vector_key(2).verifier().vkey(), pop, "x"})) == 2);
}

TEST_CASE("A well signed line is refused when it says another place than it has") {
  const LogOnDisk log = log_of(rotated());
  base::Sha256 sha;
  const base::Time time = at("2026-01-04T02:00:00.000Z");
  const Place good{kVectorOrigin, 8, time, "90e1c859",
                   hash_signed_bytes(sha, lines_of(rotated()).back())};
  const auto refused = [&](const Place& place) {
    const std::string bytes = to_signed_bytes(place, destroy_draft(1));
    const std::string line = to_line(bytes, vector_key(2).sign(bytes)) + "\n";
    const Verdict verdict = verify_text(log, rotated() + line);
    const bool reading = failure_of([&] { static_cast<void>(log.read()); }) == 4;
    CHECK(reading == (verdict.outcome == Verdict::Outcome::does_not_verify));
    return reading && verdict.fault->line == 9;
  };
  CHECK_FALSE(refused(good));
  Place place = good;
  place.prev[0] ^= 1;
  CHECK(refused(place));
  place = good;
  place.seq = 9;
  CHECK(refused(place));
  place = good;
  place.key_id_hex = "900eecdc";
  CHECK(refused(place));
  place = good;
  place.origin = "other.example.org/log";
  CHECK(refused(place));
  // Below a checkpoint too, where signatures are not looked at: chained and named as they must be.
  auto lines = lines_of(rotated());
  const auto at_seven = take_apart(lines[7]).parts.value();
  lines[7].replace(static_cast<std::size_t>(at_seven.key.data() - lines[7].data()), 8, "900eecdc");
  spill(log.file("log.jsonl"), joined(lines));
  CHECK(complaint(log).find("line 8, at byte") != std::string::npos);
  CHECK(complaint(log).find("key in force") != std::string::npos);
  lines = lines_of(rotated());
  lines[2][lines[2].find("rec-000017")] = 'R';
  spill(log.file("log.jsonl"), joined(lines));
  CHECK(complaint(log).find("line 4, at byte") != std::string::npos);
  CHECK(complaint(log).find("expected prev") != std::string::npos);
}

TEST_CASE("A line that was never signed is caught even at the end of the log") {
  const LogOnDisk log = log_of(rotated());
  base::Sha256 sha;
  const auto prev = hash_signed_bytes(sha, lines_of(rotated()).back());
  const std::string bytes = to_signed_bytes(
      {kVectorOrigin, 8, at("2026-01-04T02:00:00.000Z"), "90e1c859", prev}, destroy_draft(1));
  const std::string honest = to_line(bytes, vector_key(2).sign(bytes)) + "\n";
  CHECK(verify_text(log, rotated() + honest).outcome == Outcome::verified);
  CHECK(log.read().position.size == 9);
  const std::string unsigned_line = to_line(bytes, vector_key(1).sign(bytes)) + "\n";
  CHECK(verify_text(log, rotated() + unsigned_line).fault->line == 9);
  CHECK(failure_of([&] { static_cast<void>(log.read()); }) == 4);
  CHECK(failure_of([&] { static_cast<void>(log.writer(base::real_sys())); }) == 4);
  CHECK(log.text() == rotated() + unsigned_line);  // nothing was written
}

TEST_CASE("A checkpoint that is missing malformed foreign or of another size is refused") {
  const LogOnDisk log = log_of(rotated());
  const auto refused = [&] {
    return failure_of([&] { static_cast<void>(log.read()); }) == 4 &&
           failure_of([&] { static_cast<void>(log.writer(base::real_sys())); }) == 4;
  };
  const std::string good = slurp(log.file("checkpoint"));
  std::filesystem::remove(log.file("checkpoint"));
  CHECK(refused());
  const auto key = vector_key(2);
  const auto old_key = vector_key(1);
  const SigningKey* const keys[] = {&key};
  const SigningKey* const old_keys[] = {&old_key};
  const auto put = [&](const Checkpoint& checkpoint, std::span<const SigningKey* const> signers) {
    spill(log.file("checkpoint"), sign_checkpoint(checkpoint, signers));
  };
  Checkpoint newest = parse_checkpoint(good)->checkpoint;
  for (const std::uint64_t size : {0U, 1U, 7U, 9U, 1000U}) {
    put({kVectorOrigin, size, newest.root}, keys);
    INFO("size " << size);
    CHECK(refused());
  }
  put(newest, old_keys);
  CHECK(refused());
  put({"other.example.org/log", 8, newest.root}, keys);
  CHECK(refused());
  spill(log.file("checkpoint"), vector_file("rotate/checkpoint.8").substr(0, 150));
  CHECK(refused());
  spill(log.file("checkpoint"), std::string(100000, 'x'));
  CHECK(refused());
  spill(log.file("checkpoint"), vector_file("rotate/checkpoint.5"));
  CHECK_FALSE(refused());  // an older one of this log: the rest is signed
  // At the rotation both keys must have signed.
  auto one_of_two = lines_of(vector_file("rotate/checkpoint.6"));
  one_of_two.erase(one_of_two.begin() + 4);
  spill(log.file("checkpoint"), joined(one_of_two));
  CHECK(refused());
  Evidence evidence;
  evidence.log_path = log.file("log.jsonl");
  evidence.checkpoints = {{"a", vector_file("base/checkpoint.0")},
                          {"b", vector_file("rotate/checkpoint.6")},
                          {"c", vector_file("base/checkpoint.3")},
                          {"d", good}};
  CHECK(verify_log(base::real_sys(), evidence).outcome == Outcome::verified);
  evidence.checkpoints.push_back({"the auditor's", joined(one_of_two)});
  const Verdict verdict = verify_log(base::real_sys(), evidence);
  CHECK(verdict.outcome == Outcome::does_not_verify);
  CHECK(verdict.fault->line == 0);
  CHECK(verdict.fault->message.find("the auditor's") != std::string::npos);
}

TEST_CASE("Every changed byte of the checkpoint file is noticed by a reader") {
  const LogOnDisk log(lines_of(rotated()).size() == 8 ? rotated() : "",
                      vector_file("rotate/checkpoint.6"), 2);
  const std::string good = slurp(log.file("checkpoint"));
  REQUIRE(failure_of([&] { static_cast<void>(log.read()); }) == -1);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string text = good;
    text[i] = static_cast<char>(text[i] ^ 1);
    spill(log.file("checkpoint"), text);
    INFO("byte " << i);
    REQUIRE(failure_of([&] { static_cast<void>(log.read()); }) == 4);
  }
}

TEST_CASE("What the index remembers must lie on the log") {
  const LogOnDisk log = log_of(rotated());
  base::Sha256 sha;
  const auto lines = lines_of(rotated());
  const auto status = [&](const Position& position) {
    const int reading = failure_of([&] { static_cast<void>(log.read(position)); });
    const int writing =
        failure_of([&] { static_cast<void>(log.writer(base::real_sys(), position)); });
    CHECK(reading == writing);
    return reading;
  };
  CHECK(status({0, {}}) == -1);
  for (std::size_t size = 1; size <= lines.size(); ++size) {
    const auto hash = hash_signed_bytes(sha, lines[size - 1]);
    CHECK(status({size, hash}) == -1);
    CHECK(status({size, base::sha256("another")}) == 4);
    CHECK(status({size + 1, hash}) == 4);
  }
  // Also past an older checkpoint, where the lines are only signed.
  spill(log.file("checkpoint"), vector_file("rotate/checkpoint.5"));
  CHECK(status({7, hash_signed_bytes(sha, lines[6])}) == -1);
  spill(log.file("checkpoint"), vector_file("rotate/checkpoint.5"));
  CHECK(status({7, base::sha256("another")}) == 4);
}

TEST_CASE("The key that opened the log must be the one published beside it") {
  const LogOnDisk log = log_of(rotated());
  spill(log.file("keys/900eecdc.pub.pem"), vector_key(2).verifier().to_pem());
  CHECK(failure_of([&] { static_cast<void>(log.read()); }) == 4);
  std::filesystem::remove(log.file("keys/900eecdc.pub.pem"));
  CHECK(failure_of([&] { static_cast<void>(log.read()); }) == 4);
}

TEST_CASE("No log is a usage error unless one is remembered") {
  const LogOnDisk log;
  const LogPlace nowhere{log.scratch("nowhere"), kVectorOrigin};
  auto& sys = base::real_sys();
  CHECK(failure_of([&] { static_cast<void>(read_log(sys, nowhere, std::nullopt)); }) == 2);
  CHECK(failure_of([&] { static_cast<void>(read_log(sys, nowhere, Position{1, {}})); }) == 4);
  std::filesystem::remove(log.file("log.jsonl"));
  CHECK(failure_of([&] { static_cast<void>(log.read()); }) == 4);
  CHECK(failure_of([&] { static_cast<void>(log.verify()); }) == 2);
}
