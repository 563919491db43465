#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/course.h"
#include "audit/entry.h"
#include "base/sha256.h"
#include "base/sys.h"

namespace expunge::audit {

/// How much of a log is verified by signature. Every line is always read, and its place, its chain
/// and the tree over all of them are always checked.
enum class Depth {
  every_signature,
  since,      ///< of lines past one checkpoint; those below it by its root
  root_only,  ///< of lines past the newest checkpoint given; those below it by its root
};

/// What to verify a log against.
struct Evidence {
  /// A file's content, and the name that it is spoken of by.
  struct Named {
    std::string name, text;
  };
  std::string log_path;              ///< log.jsonl
  std::vector<Named> public_keys{};  ///< PEM, from outside: the log's first or checkpoint key
  std::vector<Named> checkpoints{};  ///< that the log must continue
  std::vector<Named> stamped{};      ///< so must it these: frozen ones that have a time stamp
  Depth depth = Depth::every_signature;
  std::optional<Named> since{};  ///< for Depth::since: one more checkpoint
  unsigned workers = 1;
};

struct Verdict {
  enum class Outcome { verified, torn_tail, does_not_verify } outcome;
  std::optional<Fault> fault;    ///< for does_not_verify
  std::uint64_t entries = 0;     ///< complete lines that verified
  std::uint64_t by_root = 0;     ///< of these, those taken by a checkpoint's root
  std::uint64_t torn_bytes = 0;  ///< past the last complete line
  base::Digest root{};           ///< over `entries`
  std::string origin, first_key_id, last_key_id;
  std::string checkpoint_key_id;  ///< empty: the keys in force sign checkpoints
  std::string first_time, last_time;
  std::optional<Predecessor> predecessor;
  bool continues_predecessor = false;  ///< one of the checkpoints is the predecessor's last
};

/// Verifies every line: canonical form, seq, chain, signature by the key in force, rotations with
/// their proof of possession; then each checkpoint's signature, and its root against the lines. A
/// checkpoint of the predecessor's must be the very one that the log was opened with. A torn tail
/// is what lies past the last LF, or a line with a zero byte and what lies past it, and only past
/// every checkpoint. Never throws for what the log holds; throws Failure(usage) when it cannot be
/// read, when a public key is none, when `since` or root_only has no checkpoint to go by, and when
/// the only keys that are trusted sign checkpoints and there is none of this log's entries.
[[nodiscard]] Verdict verify_log(base::Sys& sys, const Evidence& evidence);

}  // namespace expunge::audit
