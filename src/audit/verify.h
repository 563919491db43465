#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audit/keys.h"
#include "base/sha256.h"
#include "base/sys.h"

namespace expunge::audit {

/// What to verify a log against.
struct Evidence {
  std::string log_path;  ///< log.jsonl
  /// The key that signed entry 0, trusted from outside the log; unset: the one that entry 0 names.
  std::optional<VerifierKey> first_key;
  /// Texts of checkpoints that the log must continue, with the name each is spoken of by.
  struct Named {
    std::string name, text;
  };
  std::vector<Named> checkpoints;
  unsigned workers = 1;
};

/// The first thing found wrong.
struct Fault {
  std::uint64_t line;          ///< from 1; 0: not in a line (a checkpoint)
  std::uint64_t offset_bytes;  ///< in the file, of that line's first byte
  std::string message;         ///< what was expected and what was found
};

struct Verdict {
  enum class Outcome { verified, torn_tail, does_not_verify } outcome;
  std::optional<Fault> fault;    ///< for does_not_verify
  std::uint64_t entries = 0;     ///< complete lines that verified
  std::uint64_t torn_bytes = 0;  ///< past the last complete line
  base::Digest root{};           ///< over `entries`
  std::string origin, first_key_id, last_key_id;
  std::string first_time, last_time;
};

/// Verifies every line: canonical form, seq, chain, signature by the key in force, rotations with
/// their proof of possession; then each checkpoint's signature, and its root against the lines. A
/// torn tail is what lies past the last LF, and only past every checkpoint. Never throws for what
/// the log holds; throws Failure(usage) when it cannot be read.
[[nodiscard]] Verdict verify_log(base::Sys& sys, const Evidence& evidence);

}  // namespace expunge::audit
