// What a verifier must not let pass, at whatever depth it looks.
#include <algorithm>
#include <array>
#include <map>

#include "audit/base64.h"
#include "audit/line.h"
#include "audit/note.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/log_holder.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;

namespace {

using Outcome = Verdict::Outcome;
constexpr std::array<Depth, 3> kDepths = {Depth::every_signature, Depth::since, Depth::root_only};

struct Texts {
  std::vector<std::string> keys;         // PEM
  std::vector<std::string> checkpoints;  // that the log must continue
  std::string since{};                   // else the last of them
};

Verdict verify(const Scratch& scratch, const std::string& log, const Texts& texts,
               Depth depth = Depth::every_signature) {
  Evidence evidence;
  evidence.log_path = scratch / "log.jsonl";
  spill(evidence.log_path, log);
  for (const std::string& pem : texts.keys) evidence.public_keys.push_back({"key", pem});
  for (const std::string& text : texts.checkpoints) evidence.checkpoints.push_back({"c", text});
  evidence.depth = depth;
  if (depth == Depth::since) {
    evidence.since = {"s", texts.since.empty() ? texts.checkpoints.back() : texts.since};
  }
  evidence.workers = 2;
  return verify_log(base::real_sys(), evidence);
}

bool refuses(const Scratch& scratch, const std::string& log, const Texts& texts,
             Depth depth = Depth::every_signature) {
  return verify(scratch, log, texts, depth).outcome == Outcome::does_not_verify;
}

}  // namespace

TEST_CASE("Every changed byte and every cut is noticed at every depth") {
  const Scratch scratch;
  const std::string whole = vector_file("rotate/log.jsonl");
  for (const Depth depth : kDepths) {
    const Texts texts{{vector_file("rotate/k1.pub.pem")},
                      {vector_file("rotate/checkpoint.5"), vector_file("rotate/checkpoint.8")}};
    REQUIRE(verify(scratch, whole, texts, depth).outcome == Outcome::verified);
    const std::size_t step = depth == Depth::every_signature ? 7 : 1;  // all of it takes long
    for (std::size_t i = 0; i < whole.size(); i += step) {
      const auto here = whole.begin() + static_cast<std::ptrdiff_t>(i);
      const auto line = static_cast<std::uint64_t>(std::count(whole.begin(), here, '\n'));
      std::string text = whole;
      text[i] = static_cast<char>(text[i] ^ (i % 3 == 0 ? 0x20 : 0x01));
      const Verdict verdict = verify(scratch, text, texts, depth);
      INFO("byte " << i << " at depth " << static_cast<int>(depth));
      REQUIRE(verdict.outcome == Outcome::does_not_verify);
      // Below the root that is trusted, what is no fault of form shows in the next line's prev, and
      // a signature in nothing but the root.
      const std::uint64_t found = verdict.fault->line;
      const bool in_place = found == line + 1 || (i + 1 == whole.size() && found == 0);
      const bool by_root = depth != Depth::every_signature && (found == line + 2 || found == 0);
      REQUIRE((in_place || by_root));
      if (i % 5 == 0) REQUIRE(refuses(scratch, whole.substr(0, i), texts, depth));
    }
  }
}

TEST_CASE("Every changed byte of any checkpoint given is noticed at every depth") {
  const Scratch scratch;
  const std::string whole = vector_file("rotate/log.jsonl");
  const std::string good = vector_file("rotate/checkpoint.8");
  for (const Depth depth : kDepths) {
    for (const char* name : {"rotate/checkpoint.5", "rotate/checkpoint.6"}) {
      const std::string checkpoint = vector_file(name);
      for (std::size_t i = 0; i < checkpoint.size(); ++i) {
        std::string text = checkpoint;
        text[i] = static_cast<char>(text[i] ^ 1);
        INFO(name << ", byte " << i << " at depth " << static_cast<int>(depth));
        REQUIRE(refuses(scratch, whole, {{}, {text, good}, text}, depth));
        REQUIRE(refuses(scratch, whole, {{}, {checkpoint.substr(0, i), good}, good}, depth));
      }
    }
  }
}

TEST_CASE("A checkpoint is taken in one writing only") {
  const Scratch scratch;
  const Holder holder = two_nights();
  const std::string good = holder.checkpoint();
  const std::string log = holder.log();
  REQUIRE_FALSE(refuses(scratch, log, {{}, {good}}));
  const auto lines = lines_of(good);
  for (const std::string& bad : {replaced(good, "\n6\n", "\n06\n"),
                                 replaced(good, "\n6\n", "\n+6\n"),
                                 replaced(good, "\n6\n", "\n 6\n"),
                                 replaced(good, "\n6\n", "\n6 \n"),
                                 replaced(good, "\n6\n", "\n0x6\n"),
                                 replaced(good, "\n6\n", "\n6.0\n"),
                                 replaced(good, "\n6\n", "\n18446744073709551622\n"),
                                 replaced(good, "\n6\n", "\n6\r\n"),
                                 replaced(good, lines[2], lines[2].substr(0, lines[2].size() - 1)),
                                 replaced(good, lines[2], lines[2] + "\nextension"),
                                 "\xef\xbb\xbf" + good,
                                 good + "\n",
                                 good.substr(0, good.size() - 1),
                                 good + lines[4] + "\n",
                                 good + good,
                                 replaced(good, "\n\n", "\n\n\n"),
                                 replaced(good, "\u2014 ", "- "),
                                 replaced(good, "\u2014 ", "\u2014  "),
                                 lines[0] + "\n" + lines[1] + "\n" + lines[2] + "\n\n",
                                 std::string()}) {
    INFO(bad);
    CHECK(refuses(scratch, log, {{}, {bad}}));
  }
  // A witness may add its own line.
  const SigningKey witness = SigningKey::generate("witness.example.org");
  const SigningKey* const keys[] = {&witness};
  const std::string theirs = sign_checkpoint({"witness.example.org", 1, base::sha256("x")}, keys);
  CHECK_FALSE(refuses(scratch, log, {{}, {good + lines_of(theirs)[4] + "\n"}}));
}

TEST_CASE("Each key signs only what it is for") {
  const Scratch scratch;
  Holder holder = two_nights();
  const Texts keys{{holder.checkpoints.verifier().to_pem()}, {holder.checkpoint()}};
  REQUIRE_FALSE(refuses(scratch, holder.log(), keys));
  for (const Depth depth : kDepths) {
    // The key of tonight's entries signs a checkpoint.
    CHECK(refuses(scratch, holder.log(), {keys.keys, {holder.checkpoint(holder.entries)}}, depth));
  }
  Holder mixed = two_nights();
  mixed.add(destroy_draft(9), mixed.checkpoints);
  CHECK(refuses(scratch, mixed.log(), {{}, {}}));
  Holder taken_over = two_nights();
  const Signature proof = taken_over.checkpoints.sign(possession_message(
      taken_over.origin, taken_over.lines.size(), taken_over.entries.verifier().id_hex(),
      taken_over.checkpoints.verifier().vkey()));
  taken_over.add(
      to_draft(KeyRotate{taken_over.checkpoints.verifier().vkey(), to_base64(proof), "every-run"}));
  CHECK(refuses(scratch, taken_over.log(), {{}, {}}));
  // The first key for the checkpoints too.
  Holder one_key;
  one_key.lines.clear();
  one_key.add(
      to_draft(LogOpen{one_key.entries.verifier().vkey(), "t", one_key.entries.verifier().vkey()}));
  CHECK(refuses(scratch, one_key.log(), {{}, {}}));
  Holder foreign;
  foreign.lines.clear();
  foreign.add(to_draft(LogOpen{foreign.entries.verifier().vkey(), "t",
                               SigningKey::generate("other.example.org").verifier().vkey()}));
  CHECK(refuses(scratch, foreign.log(), {{}, {}}));
}

TEST_CASE("Another checkpoint key put into the first entry is caught by whoever has the true one") {
  const Scratch scratch;
  const Holder honest = two_nights();
  Holder thief;
  thief.lines.clear();
  thief.add(to_draft(LogOpen{honest.entries.verifier().vkey(), "expunge 1.0.0",
                             thief.checkpoints.verifier().vkey()}),
            honest.entries);
  CHECK(refuses(scratch, thief.log(),
                {{honest.checkpoints.verifier().to_pem()}, {thief.checkpoint()}}));
  CHECK(refuses(scratch, honest.log(),
                {{thief.checkpoints.verifier().to_pem()}, {honest.checkpoint()}}));
  CHECK_FALSE(refuses(scratch, honest.log(),
                      {{honest.checkpoints.verifier().to_pem()}, {honest.checkpoint()}}));
}

TEST_CASE("The checkpoint key vouches for entry 0 only by a checkpoint of entries") {
  const Scratch scratch;
  const Predecessor predecessor{"old.example.org/log", 6, base::sha256("root"), "key-lost",
                                "DPO/7"};
  Holder thief(predecessor);
  const SigningKey true_checkpoints = SigningKey::generate(kVectorOrigin);
  const SigningKey old_key = SigningKey::generate(predecessor.origin);
  // The thief knows the checkpoint key's public half alone, and names it.
  thief.lines.clear();
  thief.add(to_draft(LogOpen{thief.entries.verifier().vkey(), "expunge 1.0.0",
                             true_checkpoints.verifier().vkey(), predecessor}));
  const SigningKey* const old_keys[] = {&old_key};
  const SigningKey* const true_keys[] = {&true_checkpoints};
  const std::string of_old = sign_checkpoint({predecessor.origin, 6, predecessor.root}, old_keys);
  const std::string of_none = thief.checkpoint(0, true_keys);
  for (const auto& kept :
       std::vector<std::vector<std::string>>{{}, {of_old}, {of_none}, {of_old, of_none}}) {
    const Texts texts{{true_checkpoints.verifier().to_pem()}, kept};
    CHECK(failure_of([&] { static_cast<void>(verify(scratch, thief.log(), texts)); }) == 2);
  }
  CHECK(verify(scratch, thief.log(),
               {{true_checkpoints.verifier().to_pem()}, {of_old, thief.checkpoint(1, true_keys)}})
            .outcome == Outcome::verified);
}

TEST_CASE("An empty checkpoint key is none that a log may name") {
  const Scratch scratch;
  Holder holder;
  holder.lines.clear();
  holder.add({"log.open", R"("vkey":")" + holder.entries.verifier().vkey() +
                              R"(","tool":"t","checkpoint_vkey":"")"});
  CHECK(refuses(scratch, holder.log(), {{}, {}}));
}

TEST_CASE("A signature is taken in one writing only and never without its key") {
  const Scratch scratch;
  const Holder holder = two_nights();
  const auto with_signature = [&](const std::string& base64) {
    auto lines = holder.lines;
    const std::string& last = lines.back();
    lines.back() = last.substr(0, last.size() - 90) + base64 + "\"}";
    return joined(lines);
  };
  const std::string good(take_apart(holder.lines.back()).parts->signature);
  const Signature signature = parse_signature(good).value();
  REQUIRE_FALSE(refuses(scratch, with_signature(good), {{}, {}}));
  CHECK(refuses(scratch, with_signature(to_base64(malleated(signature))), {{}, {}}));
  CHECK(refuses(scratch, with_signature(to_base64(Signature{})), {{}, {}}));
  Signature changed = signature;
  changed[31] ^= 0x80;  // the sign of R's x
  CHECK(refuses(scratch, with_signature(to_base64(changed)), {{}, {}}));
  std::string loose = good;  // the same bytes: the last digit's unused bits set
  loose[85] = static_cast<char>(loose[85] + 1);
  CHECK(refuses(scratch, with_signature(loose), {{}, {}}));
  CHECK(refuses(scratch, with_signature(good.substr(0, 86) + "=A"), {{}, {}}));
  std::string url = good;
  std::replace(url.begin(), url.end(), '+', '-');
  std::replace(url.begin(), url.end(), '/', '_');
  if (url != good) CHECK(refuses(scratch, with_signature(url), {{}, {}}));
  // Of the entry before, of a retired key, of a key that is to come.
  CHECK(refuses(scratch, with_signature(std::string(take_apart(holder.lines[4]).parts->signature)),
                {{}, {}}));
  Holder retired = two_nights();
  const SigningKey first = SigningKey::generate(retired.origin);
  retired.add(destroy_draft(7), first);
  CHECK(refuses(scratch, retired.log(), {{}, {}}));
}

TEST_CASE("Whoever has all keys cannot rewrite what an older checkpoint covers") {
  const Scratch scratch;
  constexpr std::uint64_t kLast = 12;
  for (std::size_t from = 1; from <= kLast; ++from) {
    Holder holder;
    std::map<std::size_t, std::string> kept = {{1, holder.checkpoint()}};
    for (std::uint64_t i = 1; i <= kLast; ++i) {
      holder.add(destroy_draft(i));
      kept[holder.lines.size()] = holder.checkpoint();
    }
    // From entry `from` on everything is made anew, and well signed.
    holder.lines.resize(from);
    for (std::uint64_t i = from; i <= kLast; ++i) holder.add(destroy_draft(100 + i));
    const std::string pem = holder.checkpoints.verifier().to_pem();
    INFO("rewritten from entry " << from);
    // By itself it cannot be told: this is why checkpoints are kept elsewhere.
    CHECK_FALSE(refuses(scratch, holder.log(), {{pem}, {holder.checkpoint()}}));
    for (const auto& [size, checkpoint] : kept) {
      for (const Depth depth : kDepths) {
        const Texts texts{{pem}, {checkpoint, holder.checkpoint()}, holder.checkpoint()};
        CHECK(refuses(scratch, holder.log(), texts, depth) == (size > from));
      }
    }
  }
}

TEST_CASE("A log and a checkpoint put back together are caught by a newer checkpoint") {
  const Scratch scratch;
  Holder holder = two_nights();
  const std::string old_log = holder.log();
  const std::string old_checkpoint = holder.checkpoint();
  holder.add(destroy_draft(5));
  CHECK_FALSE(refuses(scratch, old_log, {{}, {old_checkpoint}}));
  for (const Depth depth : kDepths) {
    CHECK(refuses(scratch, old_log, {{}, {old_checkpoint, holder.checkpoint()}}, depth));
    CHECK_FALSE(refuses(scratch, holder.log(), {{}, {old_checkpoint, holder.checkpoint()}}, depth));
  }
}

TEST_CASE("Of a predecessor only the last checkpoint is taken") {
  const Scratch scratch;
  Holder old = two_nights();
  old.origin = kVectorOrigin;
  const std::string origin = "old.example.org/log";
  const SigningKey key = SigningKey::generate(origin);
  const SigningKey* const keys[] = {&key};
  const Predecessor predecessor{origin, 6, base::sha256("root"), "key-lost", "DPO/7"};
  const Holder holder(predecessor);
  const Texts own{{}, {holder.checkpoint()}};
  CHECK_FALSE(verify(scratch, holder.log(), own).continues_predecessor);
  CHECK(verify(scratch, holder.log(), own).predecessor == predecessor);
  const auto with = [&](const Checkpoint& checkpoint) {
    return Texts{{}, {sign_checkpoint(checkpoint, keys), holder.checkpoint()}};
  };
  for (const Depth depth : kDepths) {
    const Verdict good = verify(scratch, holder.log(), with({origin, 6, predecessor.root}), depth);
    CHECK(good.outcome == Outcome::verified);
    CHECK(good.continues_predecessor);
    CHECK(refuses(scratch, holder.log(), with({origin, 5, predecessor.root}), depth));
    CHECK(refuses(scratch, holder.log(), with({origin, 6, base::sha256("other")}), depth));
    CHECK(refuses(scratch, holder.log(), with({"third.example.org", 6, predecessor.root}), depth));
  }
  Predecessor itself = predecessor;
  itself.origin = kVectorOrigin;
  CHECK(refuses(scratch, Holder(itself).log(), {{}, {}}));
  itself.origin = "no origin";
  CHECK(refuses(scratch, Holder(itself).log(), {{}, {}}));
}
