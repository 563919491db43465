#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "support/scratch.h"

namespace expunge::test {

/// Puts the same questions to our verifier, in this process, and to the second one, which was
/// written from expunge-log(5) alone (tests/second_verifier), and compares the answers: whether
/// something is accepted, torn or refused, the size and root, and the first faulty line where both
/// name one.
class SecondVerifier {
 public:
  SecondVerifier();

  /// Why it cannot run here; empty when it can.
  [[nodiscard]] static std::string missing();

  /// Most of what follows is a changed copy of this text: only the change is handed over.
  void set_base(const std::string& text);

  struct Known {
    std::vector<std::string> keys;           ///< PEM; of a log one, its first or its checkpoints'
    std::vector<std::string> checkpoints{};  ///< that a log must continue
  };
  /// Ours answers at once, the second one in compare(). Returns whether ours refused.
  bool log(const std::string& name, const std::string& text, const Known& known);
  /// The first key must have signed the checkpoint.
  bool certificate(const std::string& name, const std::string& text,
                   const std::vector<std::string>& keys);
  /// The first key signed the older checkpoint, the last one the newer.
  bool consistency(const std::string& name, const std::string& text, const std::string& older,
                   const std::vector<std::string>& keys);

  /// How many questions were answered so, by both, once they were compared.
  struct Counts {
    std::size_t ok = 0, torn = 0, refused = 0;
  };
  /// Asks the second verifier all that was asked since the last time. Adds to `counts`; returns
  /// what the two do not agree on, the first few questions, or an empty text.
  [[nodiscard]] std::string compare(Counts& counts);

 private:
  struct Question {
    std::string name, ours;
  };
  [[nodiscard]] std::string named(const std::string& text);
  [[nodiscard]] std::string path_of(const std::string& text);
  bool ask(const std::string& name, const std::string& ours, std::string question);

  Scratch scratch_;
  std::string base_, base_path_, empty_path_;
  std::size_t files_ = 0;
  std::vector<std::pair<std::string, std::string>> paths_;  ///< of keys and checkpoints, by content
  std::vector<Question> questions_;
  std::string cases_;
};

/// "ok SIZE ROOT", "torn SIZE ROOT" or "refused LINE REASON", as the second verifier has it.
[[nodiscard]] std::string our_answer(const std::string& log_path,
                                     const SecondVerifier::Known& known);

/// The key, in PEM, that the first line of a log names as its first.
[[nodiscard]] std::string pem_of_first_key(const std::string& log);

/// The second verifier's answer to the command line `words`.
[[nodiscard]] std::string second_answer(std::vector<std::string> words);

}  // namespace expunge::test

/// Skips a test that calls for it where it cannot run. For tests that include "support/catch.h".
#define NEEDS_SECOND_VERIFIER()                                                   \
  if (const std::string missing_means = expunge::test::SecondVerifier::missing(); \
      !missing_means.empty())                                                     \
  SKIP_TEST(missing_means)
