// The scripts for whoever trusts no program of ours, against that program: on every vector, and on
// what somebody could do to each, they come to the same verdict in every shell.
#include <numeric>
#include <random>

#include "audit/log.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/office.h"
#include "support/scripts.h"
#include "support/sweep_points.h"

using namespace expunge;
using namespace expunge::test;

namespace {

struct Attack {
  std::string what, text;
};

std::string replaced(std::string text, const std::string& part, const std::string& by) {
  const std::size_t at = text.find(part);
  if (at == std::string::npos) throw std::logic_error("nothing to replace: " + part);
  return text.replace(at, part.size(), by);
}

/// What can be done to any text file.
std::vector<Attack> attacks_on_text(const std::string& text) {
  std::string with_cr;
  for (const char c : text) {
    if (c == '\n') with_cr += '\r';
    with_cr += c;
  }
  const std::string with_nul = std::string(text).insert(text.size() / 3, 1, '\0');
  return {{"empty", ""},
          {"CR LF", with_cr},
          {"no LF at the end", text.substr(0, text.size() - 1)},
          {"half of it", text.substr(0, text.size() / 2)},
          {"a NUL in it", with_nul},
          {"a NUL in the place of the last LF", text.substr(0, text.size() - 1) + '\0'},
          {"a byte order mark", "\xef\xbb\xbf" + text},
          {"a space in front", " " + text},
          {"a long line", text + std::string(900'000, 'A') + "\n"}};
}

/// What can be done to a checkpoint, or to what ends with one.
std::vector<Attack> attacks_on_note(const std::string& text) {
  const std::string signature = lines_of(text).back();
  return {{"an LF appended", text + "\n"},
          {"bytes appended", text + "x"},
          {"a NUL appended", text + '\0'},
          {"a line appended", text + "x\n"},
          {"twice", text + text},
          {"the signature twice", text + signature + "\n"},
          {"no signature", text.substr(0, text.rfind("\u2014"))},
          {"a hyphen for the dash", replaced(text, "\u2014 ", "- ")},
          {"a space more", replaced(text, "\u2014 ", "\u2014  ")},
          {"another name", replaced(text, "\u2014 e", "\u2014 f")},
          {"an unused bit in the signature", with_unused_bit(text, text.size() - 2)},
          {"an unused bit in the root", with_unused_bit(text, text.find("=\n\n\u2014"))},
          {"a space in the root", replaced(text, "=\n\n\u2014", "= \n\n\u2014")},
          {"a line in the note", replaced(text, "=\n\n\u2014", "=\nextension\n\n\u2014")},
          {"another size", replaced(text, "-log\n5\n", "-log\n4\n")},
          {"a zero before the size", replaced(text, "-log\n5\n", "-log\n05\n")},
          {"a plus before the size", replaced(text, "-log\n5\n", "-log\n+5\n")},
          {"a size beyond 64 bits", replaced(text, "-log\n5\n", "-log\n18446744073709551621\n")},
          {"another origin", replaced(text, "-log\n5\n", "-lag\n5\n")}};
}

void add(std::vector<Attack>& attacks, std::vector<Attack> more) {
  std::move(more.begin(), more.end(), std::back_inserter(attacks));
}

/// A flip in, and a cut at, so many bytes, others each time; at every one with EXPUNGE_SWEEP=all.
std::vector<Attack> sampled(const std::string& text, std::size_t count) {
  std::mt19937 random(sweep_seed());
  std::vector<Attack> attacks;
  if (sweeps_everything()) count = text.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t byte = sweeps_everything() ? i : random() % text.size();
    std::string changed = text;
    changed[byte] = static_cast<char>(static_cast<unsigned>(changed[byte]) ^ (1U << random() % 8));
    attacks.push_back({"a flip in byte " + std::to_string(byte), changed});
    attacks.push_back({"cut at byte " + std::to_string(byte), text.substr(0, byte)});
  }
  return attacks;
}

/// Each attack is refused by `program`, with status 4, and by the script in one shell after the
/// other, with one line that names it.
template <typename Program>
void check_refused(const std::vector<Attack>& attacks, const std::string& script,
                   const std::string& file, const std::vector<std::string>& words,
                   const Program& program) {
  const auto all = shells();
  for (std::size_t i = 0; i < attacks.size(); ++i) {
    spill(file, attacks[i].text);
    const Shell& shell = all[i % all.size()];
    INFO(attacks[i].what << ", in " << shell.front());
    CHECK_ENDED(program(), 4);
    const Ended ended = run_script(shell, script, words);
    CHECK_ENDED(ended, 4);
    CHECK(ended.out.empty());
    CHECK(lines_of(ended.err).size() == 1);
    CHECK(ended.err.starts_with(script + ": "));
  }
}

std::string first_key() {
  return vector_path("base/k1.pub.pem");
}

Ended verify_by_program(const std::string& log, const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"log", "verify", "--log", log, "--public-key", first_key()};
  words.insert(words.end(), more.begin(), more.end());
  return test::expunge(words);
}

}  // namespace

TEST_CASE("Every shell verifies every vector as the program does") {
  struct Given {
    std::string log, checkpoint, key;
  };
  const std::vector<Given> checkpoints = {{"base/log.jsonl", "base/checkpoint.0", "base/k1"},
                                          {"base/log.3.jsonl", "base/checkpoint.3", "base/k1"},
                                          {"base/log.jsonl", "base/checkpoint.3", "base/k1"},
                                          {"base/log.jsonl", "base/checkpoint.5", "base/k1"},
                                          {"rotate/log.jsonl", "rotate/checkpoint.5", "rotate/k1"},
                                          {"rotate/log.jsonl", "rotate/checkpoint.6", "rotate/k1"},
                                          {"rotate/log.jsonl", "rotate/checkpoint.6", "rotate/k2"},
                                          {"rotate/log.jsonl", "rotate/checkpoint.8", "rotate/k2"}};
  for (const Shell& shell : shells()) {
    INFO(shell.front());
    for (const auto& [log, checkpoint, key] : checkpoints) {
      INFO(checkpoint << " by " << key);
      const std::string file = vector_path(checkpoint);
      CHECK_ENDED(verify_by_program(vector_path(log), {"--checkpoint", file}), 0);
      CHECK_ENDED(run_script(shell, "verify-checkpoint",
                             {file, vector_path(key + ".pub.pem"), vector_path(log)}),
                  0);
    }
    const std::string log = vector_path("rotate/log.jsonl");
    for (int line = 1; line <= 8; ++line) {
      INFO("line " << line);
      const std::string key = line <= 6 ? "rotate/k1.pub.pem" : "rotate/k2.pub.pem";
      CHECK_ENDED(run_script(shell, "verify-entry", {std::to_string(line), log, vector_path(key)}),
                  0);
    }
    for (const auto& [name, key] :
         {std::pair{"base/cert-2", "base/k1"}, std::pair{"base/cert-4", "base/k1"},
          std::pair{"rotate/cert-7", "rotate/k2"}}) {
      INFO(name);
      const std::string file = vector_path(name + std::string(".tlog-proof"));
      const std::string pem = vector_path(key + std::string(".pub.pem"));
      CHECK_ENDED(test::expunge({"log", "verify-certificate", file, "--public-key", pem}), 0);
      CHECK_ENDED(run_script(shell, "verify-certificate", {file, pem}), 0);
    }
  }
}

TEST_CASE("The script refuses every certificate that the program refuses") {
  const std::string text = vector_file("base/cert-2.tlog-proof");
  const auto lines = lines_of(text);
  const auto with_line = [&](std::size_t at, const std::string& line) {
    auto changed = lines;
    changed.at(at) = line;
    return joined(changed);
  };
  std::vector<Attack> attacks = attacks_on_text(text);
  add(attacks, attacks_on_note(text));
  add(attacks,
      {{"the next index", replaced(text, "index 2", "index 3")},
       {"a zero before the index", replaced(text, "index 2", "index 02")},
       {"an index beyond 64 bits", replaced(text, "index 2", "index 18446744073709551618")},
       {"no index", replaced(text, "index 2\n", "")},
       {"another version", replaced(text, "@v1", "@v2")},
       {"no extra", with_line(1, "extra ")},
       {"another entry", with_line(1, lines_of(vector_file("base/cert-4.tlog-proof")).at(1))},
       {"an unused bit in the entry", with_unused_bit(text, text.find("=\nindex"))},
       {"an unused bit in a hash", with_unused_bit(text, text.find("=\nMnFd"))},
       {"a space in a hash", replaced(text, "=\nMnFd", " =\nMnFd")},
       {"hashes swapped", joined({lines[0], lines[1], lines[2], lines[4], lines[3], lines[5],
                                  lines[6], lines[7], lines[8], lines[9], lines[10], lines[11]})},
       {"a hash less", replaced(text, lines[5] + "\n", "")},
       {"a hash more", replaced(text, lines[5], lines[5] + "\n" + lines[5])},
       {"sixty-five hashes", [&] {
          std::string many = text;
          for (int i = 0; i < 62; ++i) many = replaced(many, lines[5], lines[5] + "\n" + lines[5]);
          return many;
        }()}});
  add(attacks, sampled(text, 12));
  const Scratch scratch;
  const std::string file = scratch / "changed.tlog-proof";
  check_refused(attacks, "verify-certificate", file, {file, first_key()}, [&] {
    return test::expunge({"log", "verify-certificate", file, "--public-key", first_key()});
  });
}

TEST_CASE("The script refuses every checkpoint that the program refuses") {
  const std::string text = vector_file("base/checkpoint.5");
  std::vector<Attack> attacks = attacks_on_text(text);
  add(attacks, attacks_on_note(text));
  const std::string rotated = vector_file("rotate/checkpoint.6");
  add(attacks, {{"another log's root",
                 replaced(text, lines_of(text)[2], lines_of(vector_file("base/checkpoint.3"))[2])},
                {"a bad signature after the good one", text + lines_of(rotated)[4] + "\n"},
                {"a bad signature before the good one",
                 replaced(text, "\u2014", lines_of(rotated)[4] + "\n\u2014")},
                {"a malformed signature of another key", text + "\u2014 witness.example AAAAA\n"},
                {"a hundred and one signatures", [&] {
                   std::string many = text;
                   for (int i = 0; i < 100; ++i) many += "\u2014 witness.example AAAAAAAA\n";
                   return many;
                 }()}});
  add(attacks, sampled(text, 10));
  const Scratch scratch;
  const std::string file = scratch / "changed checkpoint";
  const std::string log = vector_path("base/log.jsonl");
  check_refused(attacks, "verify-checkpoint", file, {file, first_key(), log}, [&] {
    return verify_by_program(log, {"--checkpoint", file});
  });
  for (const Shell& shell : shells()) {
    spill(file, text + "\u2014 witness.example AAAAAAAA\n" + lines_of(rotated)[5] + "\n");
    CHECK_ENDED(verify_by_program(log, {"--checkpoint", file}), 0);
    CHECK_ENDED(run_script(shell, "verify-checkpoint", {file, first_key(), log}), 0);
  }
}

TEST_CASE("The script refuses every log that is not the one below the checkpoint") {
  const std::string text = vector_file("base/log.jsonl");
  const auto lines = lines_of(text);
  std::vector<Attack> attacks = attacks_on_text(text);
  attacks.pop_back();  // past the checkpoint, where this script does not look
  add(attacks, {{"a line of a megabyte", std::string(1'000'000, 'A') + "\n" + text},
                {"lines swapped", joined({lines[0], lines[1], lines[3], lines[2], lines[4]})},
                {"a line twice", joined({lines[0], lines[1], lines[1], lines[2], lines[3]})},
                {"a line less", joined({lines[0], lines[1], lines[2], lines[3]})},
                {"a space at a line's end", replaced(text, "\n", " \n")}});
  add(attacks, sampled(text, 6));
  const Scratch scratch;
  const std::string log = scratch / "changed.jsonl";
  const std::string checkpoint = vector_path("base/checkpoint.5");
  check_refused(attacks, "verify-checkpoint", log, {checkpoint, first_key(), log}, [&] {
    return verify_by_program(log, {"--checkpoint", checkpoint});
  });
}

TEST_CASE("The script refuses every line that the program refuses") {
  const auto lines = lines_of(vector_file("base/log.jsonl"));
  const std::string& line = lines[2];
  std::vector<Attack> attacks;
  const std::string start = lines[0] + "\n" + lines[1] + "\n";
  const std::string rest = "\n" + lines[3] + "\n" + lines[4] + "\n";
  const auto add_line = [&](const std::string& what, const std::string& text) {
    attacks.push_back({what, start + text + rest});
  };
  add_line("CR LF", line + "\r");
  add_line("a space", line + " ");
  add_line("a NUL", line + '\0');
  add_line("a NUL within", std::string(line).insert(200, 1, '\0'));
  add_line("another sequence number", replaced(line, "\"seq\":2", "\"seq\":3"));
  add_line("another origin", replaced(line, "destruction-log", "destruction-lag"));
  add_line("another key", replaced(line, "\"key\":\"900eecdc", "\"key\":\"90e1c859"));
  add_line("another prev", replaced(line, "\"prev\":\"bff538c7", "\"prev\":\"bff538c8"));
  add_line("another claim", replaced(line, "\"overwritten\"", "\"sanitised\""));
  add_line("the signature of the next line",
           line.substr(0, line.size() - 98) + lines[3].substr(lines[3].size() - 98));
  add_line("a signature more", line.substr(0, line.size() - 1) + line.substr(line.size() - 98));
  add_line("an unused bit in the signature", with_unused_bit(line, line.size() - 4));
  add_line("a line without an end", "");
  add_line("the line before again", lines[1]);
  add_line("the line after", lines[3]);
  add_line("ten megabytes", replaced(line, "Customer", std::string(10'000'000, 'C')));
  attacks.push_back({"torn", start + line});
  for (const Attack& attack : sampled(line, 10)) add_line(attack.what, attack.text);
  const Scratch scratch;
  const std::string log = scratch / "changed.jsonl";
  check_refused(attacks, "verify-entry", log, {"3", log, first_key()}, [&] {
    const Ended ended = verify_by_program(log, {"--checkpoint", vector_path("base/checkpoint.5")});
    return ended;
  });
  spill(log, start + line + rest);
  for (const Shell& shell : shells()) {
    CHECK_ENDED(run_script(shell, "verify-entry", {"3", log, first_key()}), 0);
    CHECK_ENDED(run_script(shell, "verify-entry", {"6", log, first_key()}), 4);
    CHECK_ENDED(run_script(shell, "verify-entry", {"3", log, vector_path("rotate/k2.pub.pem")}), 4);
  }
}

TEST_CASE("The scripts follow the paths of all shapes of tree") {
  const LogOnDisk log;
  auto writer = log.writer(base::real_sys());
  const std::string file = log.scratch("cert");
  const auto all = shells();
  for (std::uint64_t size = 1; size <= 7; ++size) {
    const Shell& shell = all[size % all.size()];
    INFO(size << " entries, in " << shell.front());
    CHECK_ENDED(run_script(shell, "verify-checkpoint",
                           {log.file("checkpoint"), first_key(), log.file("log.jsonl")}),
                0);
    std::vector<std::uint64_t> seqs(size);
    std::iota(seqs.begin(), seqs.end(), 0);
    for (const std::string& certificate : certificates_of(log, seqs)) {
      spill(file, certificate);
      CHECK_ENDED(run_script(shell, "verify-certificate", {file, first_key()}), 0);
    }
    const auto draft = destroy_draft(size);
    static_cast<void>(writer.append({&draft, 1}, at("2026-02-01T02:00:00.000Z")));
  }
}
