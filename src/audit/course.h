#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "audit/lines.h"
#include "audit/note.h"
#include "audit/trail.h"

namespace expunge::audit {

/// The first thing found wrong.
struct Fault {
  std::uint64_t line;          ///< from 1; 0: not in a line (a checkpoint)
  std::uint64_t offset_bytes;  ///< in the file, of that line's first byte
  std::string message;         ///< what was expected and what was found
};

/// What was true of a log at one size.
struct Milestone {
  std::uint64_t size = 0;
  base::Digest root{}, last_hash{};
  std::optional<VerifierKey> key;  ///< in force; unset at size 0: then the first
  std::optional<VerifierKey> handed_over;
};

/// How to follow a log to its end.
struct Course {
  std::uint64_t until_size = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t trusted_size = 0;      ///< lines below are only chained; a checkpoint covers them
  std::vector<std::uint64_t> stops{};  ///< sizes to remember
  unsigned workers = 1;
};

struct Followed {
  std::optional<Fault> fault;
  /// The faulty line holds zero bytes, as no entry ever does. Past the trusted size the trail then
  /// stands right before it.
  bool zeros = false;
  std::vector<Milestone> milestones;  ///< of the stops that were reached
};

/// Follows the lines from where the trail stands.
[[nodiscard]] Followed follow(Trail& trail, LineReader& reader, const Course& course);

/// What is true of the log where the trail stands.
[[nodiscard]] Milestone milestone_of(const Trail& trail);

/// The milestone of that size, if it was reached.
[[nodiscard]] const Milestone* find_milestone(const Followed& followed, std::uint64_t size);

/// What is wrong with a checkpoint at the place that it speaks of, on the way of `trail`: its
/// origin, its signature, its root. It must be signed by the log's checkpoint key; where it has
/// none, by the key in force there, at a rotation also by the key before. nullopt when all is well.
[[nodiscard]] std::optional<std::string> find_checkpoint_fault(const SignedCheckpoint& note,
                                                               const Milestone& at,
                                                               const Trail& trail);

/// The checkpoint file's text and what it says. Throws Failure(log_untrusted) when it is missing,
/// malformed or of another origin.
struct CheckpointFile {
  std::string text;
  SignedCheckpoint note;
};
[[nodiscard]] CheckpointFile read_checkpoint(base::Sys& sys, const std::string& path,
                                             const std::string& origin);

/// Throws Failure(log_untrusted): "`what`; nothing was written: …" with the remedy.
[[noreturn]] void fail_untrusted(
    const std::string& what,
    const std::string& remedy = "keep the log as it is and run: expunge log verify");
/// The same for a fault in the log at `path`.
[[noreturn]] void fail_untrusted(const std::string& path, const Fault& fault);

/// The names of a log's files.
[[nodiscard]] std::string log_path(const std::string& directory);
[[nodiscard]] std::string checkpoint_path(const std::string& directory);
[[nodiscard]] std::string bookmark_path(const std::string& directory);
[[nodiscard]] std::string key_path(const std::string& directory, const VerifierKey& key);

/// The size of an open file. Throws Failure(usage) naming the path.
[[nodiscard]] std::uint64_t file_size(base::Sys& sys, int fd, const std::string& path);

}  // namespace expunge::audit
