#include "support/scripts.h"

#include <stdexcept>

#include "audit/line.h"
#include "audit/merkle.h"
#include "audit/note.h"
#include "audit/proof.h"
#include "support/audit_vectors.h"
#include "support/places.h"

namespace expunge::test {

using namespace expunge::audit;

std::vector<Shell> shells() {
  std::vector<Shell> found;
  for (const Shell& shell : {Shell{"dash"}, Shell{"bash"}, Shell{"busybox", "sh"}}) {
    if (has_program(shell.front())) found.push_back(shell);
  }
  return found;
}

Ended run_script(const Shell& shell, const std::string& name, const std::vector<std::string>& words,
                 const std::string& input) {
  std::vector<std::string> all = shell;
  all.push_back(kSourceDir + "/scripts/" + name + ".sh");
  all.insert(all.end(), words.begin(), words.end());
  return run_program(all, input);
}

std::string vector_path(const std::string& name) {
  return kTestData + "/vectors/" + name;
}

std::string certificate_of_second(const Draft& draft, const SigningKey& key) {
  const std::string origin = key.verifier().origin();
  const std::string key_id = key.verifier().id_hex();
  const auto time = at("2026-01-02T02:00:00.000Z");
  base::Sha256 sha;
  base::Digest prev{};
  std::vector<std::string> lines;
  std::vector<base::Digest> leaves;
  const Draft open = to_draft(LogOpen{key.verifier().vkey(), "expunge 1.0.0"});
  for (const Draft& each : {open, draft}) {
    const std::string bytes = to_signed_bytes({origin, lines.size(), time, key_id, prev}, each);
    lines.push_back(to_line(bytes, key.sign(bytes)));
    leaves.push_back(leaf_hash(sha, lines.back()));
    prev = hash_signed_bytes(sha, lines.back());
  }
  const SigningKey* const keys[] = {&key};
  return format_certificate(
      {lines.back(), 1, {leaves.front()}, sign_checkpoint({origin, 2, merkle_root(leaves)}, keys)});
}

std::string with_unused_bit(std::string text, std::size_t pad) {
  static const std::string kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.at(pad) != '=') throw std::logic_error("no padding there");
  char& last = text.at(pad - 1);
  last = kAlphabet.at(kAlphabet.find(last) + 1);
  return text;
}

}  // namespace expunge::test
