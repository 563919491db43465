#include "support/second_verifier.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "audit/base64.h"
#include "audit/certificate_check.h"
#include "audit/verify.h"
#include "base/error.h"
#include "base/text.h"
#include "support/audit_vectors.h"
#include "support/places.h"
#include "support/program.h"

namespace expunge::test {

using namespace expunge::audit;
using nlohmann::json;

namespace {

constexpr std::size_t kMostShown = 10;

/// Debian's own, which python3-cryptography is for, before any other on PATH.
std::string python() {
  return std::filesystem::exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
}

std::string verifier() {
  return kSourceDir + "/tests/second_verifier/verify.py";
}

std::string to_base64_text(std::string_view text) {
  return to_base64({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::string accepted(const char* how, std::uint64_t size, const base::Digest& root) {
  return std::string(how) + " " + std::to_string(size) + " " + base::to_hex(root);
}

std::string refused(std::uint64_t line, const std::string& reason) {
  return "refused " + (line == 0 ? "-" : std::to_string(line)) + " " + reason;
}

/// What `answer` answers, or the refusal that it throws.
template <typename Answer>
std::string or_refused(const Answer& answer) {
  try {
    return answer();
  } catch (const base::Failure& failure) {
    return refused(0, failure.what());
  }
}

std::string word(const std::string& answer, std::size_t nth) {
  std::size_t begin = 0;
  for (; nth > 0; --nth) begin = answer.find(' ', begin) + 1;
  return answer.substr(begin, answer.find(' ', begin) - begin);
}

bool agree(const std::string& ours, const std::string& theirs) {
  if (word(ours, 0) != "refused") return ours == theirs;
  if (word(theirs, 0) != "refused") return false;
  const std::string our_line = word(ours, 1);
  const std::string their_line = word(theirs, 1);
  return our_line == their_line || our_line == "-" || their_line == "-";
}

std::string our_consistency(const std::string& text, const std::string& older_text,
                            const std::vector<std::string>& keys) {
  const auto proof = parse_consistency(text);
  const auto older = parse_checkpoint(older_text);
  if (!proof || !older) return refused(0, "malformed");
  const auto newer = parse_checkpoint(proof->checkpoint).value();
  const std::string& origin = older->checkpoint.origin;
  if (!is_signed_by(*older, VerifierKey::from_pem(origin, keys.front()).value()) ||
      !is_signed_by(newer, VerifierKey::from_pem(origin, keys.back()).value())) {
    return refused(0, "a checkpoint is not signed as it must be");
  }
  if (const auto fault = find_consistency_fault(*proof, older->checkpoint)) {
    return refused(0, *fault);
  }
  return accepted("ok", newer.checkpoint.size, newer.checkpoint.root);
}

}  // namespace

std::string our_answer(const std::string& log_path, const SecondVerifier::Known& known) {
  Evidence evidence;
  evidence.log_path = log_path;
  for (const std::string& pem : known.keys) evidence.public_keys.push_back({"key", pem});
  for (const std::string& each : known.checkpoints) evidence.checkpoints.push_back({"c", each});
  return or_refused([&] {
    const Verdict verdict = verify_log(base::real_sys(), evidence);
    if (verdict.fault) return refused(verdict.fault->line, verdict.fault->message);
    const bool is_torn = verdict.outcome == Verdict::Outcome::torn_tail;
    return accepted(is_torn ? "torn" : "ok", verdict.entries, verdict.root);
  });
}

std::string pem_of_first_key(const std::string& log) {
  const auto begin = log.find(R"("vkey":")") + 8;
  return VerifierKey::from_vkey(log.substr(begin, log.find('"', begin) - begin)).value().to_pem();
}

std::string second_answer(std::vector<std::string> words) {
  const std::string command[] = {python(), "-B", verifier()};
  words.insert(words.begin(), std::begin(command), std::end(command));
  const Ended ended = run_program(words);
  if (ended.status > 1) throw std::runtime_error(ended.err);
  return ended.out.substr(0, ended.out.find('\n'));
}

SecondVerifier::SecondVerifier() : base_path_(scratch_ / "base"), empty_path_(scratch_ / "empty") {
  spill(base_path_, "");
  spill(empty_path_, "");
}

std::string SecondVerifier::missing() {
  if (!has_program(python())) return "python3 is not installed";
  const Ended ended = run_program(
      {python(), "-c", "from cryptography.hazmat.primitives.asymmetric import ed25519"});
  return ended.status == 0 ? "" : "python3-cryptography is not installed";
}

void SecondVerifier::set_base(const std::string& text) {
  base_ = text;
  base_path_ = scratch_ / ("base-" + std::to_string(++files_));
  spill(base_path_, text);
}

/// A small file, written once.
std::string SecondVerifier::path_of(const std::string& text) {
  const auto known = std::find_if(paths_.begin(), paths_.end(),
                                  [&](const auto& each) { return each.second == text; });
  if (known != paths_.end()) return known->first;
  paths_.emplace_back(scratch_ / ("file-" + std::to_string(++files_)), text);
  spill(paths_.back().first, text);
  return paths_.back().first;
}

/// The text as a file with one part replaced.
std::string SecondVerifier::named(const std::string& text) {
  const auto parted = std::mismatch(text.begin(), text.end(), base_.begin(), base_.end());
  const auto at = static_cast<std::size_t>(parted.first - text.begin());
  const auto ended = std::mismatch(text.rbegin(), text.rend() - static_cast<std::ptrdiff_t>(at),
                                   base_.rbegin(), base_.rend() - static_cast<std::ptrdiff_t>(at));
  const auto same = static_cast<std::size_t>(ended.first - text.rbegin());
  return json{{"path", base_path_},
              {"at", at},
              {"drop", base_.size() - at - same},
              {"put", to_base64_text(std::string_view(text).substr(at, text.size() - at - same))}}
      .dump();
}

bool SecondVerifier::ask(const std::string& name, const std::string& ours, std::string question) {
  questions_.push_back({name, ours});
  cases_.append(question).append("\n");
  return word(ours, 0) == "refused";
}

bool SecondVerifier::log(const std::string& name, const std::string& text, const Known& known) {
  const std::string path = scratch_ / "log.jsonl";
  spill(path, text);
  json keys = json::array();
  for (const std::string& pem : known.keys) keys.push_back(path_of(pem));
  json checkpoints = json::array();
  for (const std::string& each : known.checkpoints) {
    checkpoints.push_back(
        {{"path", empty_path_}, {"at", 0}, {"drop", 0}, {"put", to_base64_text(each)}});
  }
  return ask(name, our_answer(path, known),
             R"({"check":"log","file":)" + named(text) + R"(,"keys":)" + keys.dump() +
                 R"(,"checkpoints":)" + checkpoints.dump() + "}");
}

bool SecondVerifier::certificate(const std::string& name, const std::string& text,
                                 const std::vector<std::string>& keys) {
  CertificateEvidence evidence;
  evidence.certificate = {"certificate", text};
  json paths = json::array();
  for (const std::string& pem : keys) {
    evidence.keys.push_back({"key", pem});
    paths.push_back(path_of(pem));
  }
  const std::string ours = or_refused([&] {
    const Checkpoint checkpoint = check_certificate(evidence).checkpoint;
    return accepted("ok", checkpoint.size, checkpoint.root);
  });
  return ask(
      name, ours,
      R"({"check":"certificate","file":)" + named(text) + R"(,"keys":)" + paths.dump() + "}");
}

bool SecondVerifier::consistency(const std::string& name, const std::string& text,
                                 const std::string& older, const std::vector<std::string>& keys) {
  json paths = json::array();
  for (const std::string& pem : keys) paths.push_back(path_of(pem));
  const json older_file{
      {"path", empty_path_}, {"at", 0}, {"drop", 0}, {"put", to_base64_text(older)}};
  return ask(name, our_consistency(text, older, keys),
             R"({"check":"consistency","file":)" + named(text) + R"(,"keys":)" + paths.dump() +
                 R"(,"older":)" + older_file.dump() + "}");
}

std::string SecondVerifier::compare(Counts& counts) {
  const Ended ended = run_program({python(), "-B", verifier(), "batch"}, cases_);
  const auto answers = lines_of(ended.out);
  if (ended.status != 0 || answers.size() != questions_.size()) {
    return "the second verifier ended early: " + ended.err;
  }
  std::string differences;
  std::size_t shown = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto& [name, ours] = questions_[i];
    if (!agree(ours, answers[i])) {
      if (++shown <= kMostShown) {
        differences += name + "\n  ours:   " + ours + "\n  second: " + answers[i] + "\n";
      }
      continue;
    }
    const std::string verdict = word(ours, 0);
    ++(verdict == "ok" ? counts.ok : verdict == "torn" ? counts.torn : counts.refused);
  }
  if (shown > kMostShown) differences += "and " + std::to_string(shown - kMostShown) + " more\n";
  questions_.clear();
  cases_.clear();
  return differences;
}

}  // namespace expunge::test
