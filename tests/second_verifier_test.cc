// Ours and the verifier that was written from expunge-log(5) alone agree.
#include "support/second_verifier.h"

#include <algorithm>
#include <array>
#include <functional>

#include "audit/base64.h"
#include "audit/line.h"
#include "audit/note.h"
#include "base/text.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/log_holder.h"
#include "support/succession.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;

namespace {

using Counts = SecondVerifier::Counts;
using Known = SecondVerifier::Known;

std::string pem(int number) {
  return vector_key(number).verifier().to_pem();
}

using Ask = std::function<void(const std::string& name, const std::string& text)>;

/// Every byte of a text changed, in one way or, every eighth, in two.
void for_each_change(const std::string& text, const Ask& ask) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::array<int, 7> flips = {0x01, 0x20, 0x80, text[i], text[i] ^ '\n', 0x04, 0x02};
    for (const int flip : {flips[i % 7], i % 8 == 0 ? 0x01 : 0}) {
      if (flip == 0) continue;
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      ask("byte " + std::to_string(i) + " flipped by " + std::to_string(flip), changed);
    }
  }
}

void for_each_cut(const std::string& text, const Ask& ask) {
  for (std::size_t i = 0; i < text.size(); ++i)
    ask("cut to " + std::to_string(i), text.substr(0, i));
}

void for_each_damage(const std::string& text, const Ask& ask) {
  for_each_change(text, ask);
  for_each_cut(text, ask);
}

const std::vector<std::string>& checkpoints_of_rotate() {
  static const std::vector<std::string> all = {
      vector_file("base/checkpoint.0"), vector_file("base/checkpoint.3"),
      vector_file("rotate/checkpoint.5"), vector_file("rotate/checkpoint.6"),
      vector_file("rotate/checkpoint.8")};
  return all;
}

}  // namespace

TEST_CASE("A second verifier accepts the vectors as ours does") {
  NEEDS_SECOND_VERIFIER();
  SecondVerifier second;
  Counts counts;
  const std::vector<std::string> of_base = {vector_file("base/checkpoint.0"),
                                            vector_file("base/checkpoint.3"),
                                            vector_file("base/checkpoint.5")};
  CHECK_FALSE(second.log("base", vector_file("base/log.jsonl"), {{pem(1)}, of_base}));
  CHECK_FALSE(second.log("three lines", vector_file("base/log.3.jsonl"),
                         {{pem(1)}, {of_base[0], of_base[1]}}));
  CHECK_FALSE(
      second.log("rotate", vector_file("rotate/log.jsonl"), {{pem(1)}, checkpoints_of_rotate()}));
  CHECK_FALSE(second.certificate("cert-2", vector_file("base/cert-2.tlog-proof"), {pem(1)}));
  CHECK_FALSE(second.certificate("cert-4", vector_file("base/cert-4.tlog-proof"), {pem(1)}));
  CHECK_FALSE(second.certificate("cert-7", vector_file("rotate/cert-7.tlog-proof"), {pem(2)}));
  CHECK_FALSE(
      second.consistency("3 to 5", vector_file("base/consistency-3-5"), of_base[1], {pem(1)}));
  CHECK_FALSE(second.consistency("5 to 8", vector_file("rotate/consistency-5-8"),
                                 vector_file("rotate/checkpoint.5"), {pem(1), pem(2)}));
  CHECK(second.compare(counts) == "");
  CHECK(counts.ok == 8);
  // By another key, or another checkpoint, none.
  CHECK(second.log("another key", vector_file("base/log.jsonl"), {{pem(2)}}));
  CHECK(second.log("the second key", vector_file("rotate/log.jsonl"), {{pem(2)}}));
  CHECK(second.log("too short", vector_file("base/log.3.jsonl"), {{pem(1)}, of_base}));
  CHECK(second.certificate("another key", vector_file("base/cert-2.tlog-proof"), {pem(2), pem(1)}));
  CHECK(second.consistency("another older one", vector_file("base/consistency-3-5"), of_base[0],
                           {pem(1)}));
  CHECK(second.compare(counts) == "");
  CHECK(counts.refused == 5);
}

TEST_CASE("A second verifier finds every changed byte of a log as ours does") {
  NEEDS_SECOND_VERIFIER();
  SecondVerifier second;
  Counts counts;
  const std::string log = vector_file("rotate/log.jsonl");
  second.set_base(log);
  std::size_t number = 0;
  for_each_change(log, [&](const std::string& name, const std::string& text) {
    // What is torn without a checkpoint is refused with one.
    const bool is_alone = ++number % 2 == 0;
    const auto kept = is_alone ? std::vector<std::string>() : checkpoints_of_rotate();
    second.log(name, text, {{pem(1)}, kept});
  });
  CHECK(second.compare(counts) == "");
  CHECK(counts.refused > log.size());
}

TEST_CASE("A second verifier finds every cut of a log as ours does") {
  NEEDS_SECOND_VERIFIER();
  SecondVerifier second;
  Counts counts;
  const std::string log = vector_file("rotate/log.jsonl");
  second.set_base(log);
  std::size_t number = 0;
  for_each_cut(log, [&](const std::string& name, const std::string& text) {
    // What is torn without a checkpoint is refused with one.
    const bool is_alone = ++number % 2 == 0;
    const auto kept = is_alone ? std::vector<std::string>() : checkpoints_of_rotate();
    second.log(name, text, {{pem(1)}, kept});
  });
  CHECK(second.compare(counts) == "");
  CHECK(counts.torn > log.size() / 4);
  CHECK(counts.refused >= log.size() / 2);
}

TEST_CASE("A second verifier finds every changed byte and every cut of checkpoints and proofs") {
  NEEDS_SECOND_VERIFIER();
  SecondVerifier second;
  Counts counts;
  for (const auto& [file, log] : {std::pair("base/checkpoint.0", "base/log.3.jsonl"),
                                  std::pair("base/checkpoint.3", "base/log.3.jsonl"),
                                  std::pair("base/checkpoint.5", "base/log.jsonl"),
                                  std::pair("rotate/checkpoint.6", "rotate/log.jsonl"),
                                  std::pair("rotate/checkpoint.8", "rotate/log.jsonl")}) {
    second.set_base(vector_file(log));
    for_each_damage(vector_file(file), [&](const std::string& name, const std::string& text) {
      CHECK(second.log("checkpoint, " + name, vector_file(log), {{pem(1)}, {text}}));
    });
  }
  for (const auto& [file, key] :
       {std::pair("base/cert-2.tlog-proof", 1), std::pair("base/cert-4.tlog-proof", 1),
        std::pair("rotate/cert-7.tlog-proof", 2)}) {
    const std::string certificate = vector_file(file);
    second.set_base(certificate);
    for_each_damage(certificate, [&](const std::string& name, const std::string& text) {
      // By the checkpoint's key alone, or by the entry's too.
      std::vector<std::string> keys = {pem(key)};
      if (text.size() % 2 == 0) keys.push_back(pem(3 - key));
      second.certificate("certificate, " + name, text, keys);
    });
  }
  for (const auto& [file, older, key] :
       {std::tuple("base/consistency-3-5", "base/checkpoint.3", 1),
        std::tuple("rotate/consistency-5-8", "rotate/checkpoint.5", 2)}) {
    const std::string proof = vector_file(file);
    second.set_base(proof);
    for_each_damage(proof, [&](const std::string& name, const std::string& text) {
      CHECK(second.consistency("proof, " + name, text, vector_file(older), {pem(1), pem(key)}));
    });
    for_each_damage(vector_file(older), [&](const std::string& name, const std::string& text) {
      CHECK(second.consistency("older, " + name, proof, text, {pem(1), pem(key)}));
    });
  }
  CHECK(second.compare(counts) == "");
  CHECK(counts.refused > 6000);
}

TEST_CASE("A second verifier judges what the program writes as ours does") {
  NEEDS_SECOND_VERIFIER();
  SecondVerifier second;
  Counts counts;
  const OldOffice old;
  old.lose_key();
  old.name_new_log();
  REQUIRE(old.succeed().status <= 1);
  const std::string old_checkpoint = slurp(old.old_log() + "/checkpoint");
  for (const std::string& directory : {old.old_log(), old.new_log()}) {
    const std::string log = slurp(directory + "/log.jsonl");
    const std::string checkpoint = slurp(directory + "/checkpoint");
    const std::string first = pem_of_first_key(log);
    second.set_base(log);
    CHECK_FALSE(second.log(directory, log, {{first}, {checkpoint, old_checkpoint}}));
    for (const auto& item : std::filesystem::directory_iterator(directory + "/keys")) {
      second.log(item.path(), log, {{slurp(item.path())}, {checkpoint}});
      second.log(item.path().string() + " alone", log, {{slurp(item.path())}});
      second.log(item.path().string() + " by the predecessor", log,
                 {{slurp(item.path())}, {old_checkpoint}});
    }
    for (const std::string& tail :
         {std::string("{\"v\":1"), std::string(4096, '\0'), std::string(100, '\0') + "\n",
          std::string("\0\n{}\n", 5), log.substr(0, log.find('\n')), std::string(20000, 'x'),
          std::string(20000, 'x') + std::string("\0\n", 2), std::string("\n")}) {
      second.log("with a tail", log + tail, {{first}, {checkpoint}});
      second.log("with a tail and no checkpoint", log + tail, {{first}});
      second.log("with a tail in the place of lines",
                 log.substr(0, log.rfind('\n', log.size() - 2) + 1) + tail,
                 {{first}, {checkpoint}});
      second.log("with nothing but a tail", tail, {{first}});
    }
  }
  CHECK(second.compare(counts) == "");
  CHECK(counts.ok > 2);
  CHECK(counts.torn > 10);
  CHECK(counts.refused > 10);
}

TEST_CASE("The second verifier's command line answers as our program's does") {
  NEEDS_SECOND_VERIFIER();
  const Scratch scratch;
  const auto put = [&](const std::string& name, const std::string& text) {
    spill(scratch / name, text);
    return scratch / name;
  };
  const std::string key = put("key", pem(1));
  const std::string checkpoint = put("checkpoint", vector_file("rotate/checkpoint.8"));
  const std::string whole = vector_file("rotate/log.jsonl");
  const std::string root = base::to_hex(note_of("rotate/checkpoint.8").checkpoint.root);
  const auto answers = [&](const std::string& log, int status, const std::string& expected) {
    const std::string path = put("log", log);
    CHECK(test::expunge(
              {"log", "verify", "--log", path, "--public-key", key, "--checkpoint", checkpoint})
              .status == status);
    const std::string second =
        second_answer({"log", path, "--public-key", key, "--checkpoint", checkpoint});
    CHECK(second.substr(0, expected.size()) == expected);
  };
  answers(whole, 0, "ok 8 " + root);
  answers(whole + "{", 1, "torn 8 " + root);
  answers(whole + "{\n", 4, "refused 9 ");
  answers(replaced(whole, "rec-000017", "rec-000016"), 4, "refused 3 ");
  const std::string certificate = put("certificate", vector_file("base/cert-2.tlog-proof"));
  CHECK(test::expunge({"log", "verify-certificate", certificate, "--public-key", key}).status == 0);
  CHECK(second_answer({"certificate", certificate, "--public-key", key}).starts_with("ok 5 "));
  const std::string older = put("older", vector_file("base/checkpoint.3"));
  const std::string proof = put("proof", vector_file("base/consistency-3-5"));
  CHECK(second_answer({"consistency", proof, "--older", older, "--public-key", key})
            .starts_with("ok 5 "));
}
