#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "archive/types.h"
#include "base/sha256.h"

namespace expunge::archive {

/// A file that a run has begun on and not yet finished.
struct JournalFile {
  std::int64_t recording_key = 0;
  std::string path;
  std::string role;
  std::uint32_t number = 0;  ///< of the file in its batch: the key stream's, unique in the batch
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t birth_ns = 0;  ///< 0 where the file system records none
  std::uint64_t bytes = 0;
  std::uint64_t overwrite_bytes = 0;  ///< to the end of the last block
  std::optional<base::Digest> sha256;
  base::Digest layout{};  ///< of where its blocks lay, so that a move in between is noticed
  std::string method;     ///< `overwrite`, `unlink`
};

/// What a run wrote down, durable, before it touched the first of these files.
struct JournalBatch {
  std::int64_t number = 0;  ///< set by the index
  std::string run;
  std::array<std::uint8_t, 32> stream_key{};  ///< AES-256 key of the batch's key stream
  std::uint64_t log_size = 0;                 ///< entries in the log when the batch began
  base::Digest log_last_hash{};
  std::vector<JournalFile> files;
};

/// What became of one recording of a batch, for the index.
struct Outcome {
  std::int64_t recording_key = 0;
  State state = State::kept;  ///< destroyed, removed, partial, or kept: nothing changes but …
  std::optional<std::uint64_t> missing_seq;  ///< … this, when set
  std::string contradiction;                 ///< … and this, when not empty
  base::CivilDate recorded_on{};             ///< destroyed, removed; perhaps base::kUnknownDate
  /// Destroyed, removed: its department is none of the schedule's, and may be anything.
  bool forget_department = false;
  /// Destroyed, removed: the files that this is about; unset: all that the index lists. When it by
  /// then lists others (an import since), the recording is `returned` instead, and keeps those.
  std::optional<std::vector<std::string>> paths;
  base::Time destroyed_at{};
  std::uint64_t log_seq = 0;
  std::optional<std::uint64_t> log_number{};  ///< of the past log that log_seq is of; unset: none
};

/// What a past log says of a recording that the index still has.
struct PastClaim {
  std::int64_t recording_key = 0;
  State state = State::destroyed;  ///< or removed
  base::CivilDate recorded_on{};
  base::Time destroyed_at{};
  std::uint64_t log_seq = 0;
  std::uint64_t log_number = 0;  ///< set by the index

  bool operator==(const PastClaim&) const = default;
};

/// A log that the index belonged to, as the checkpoint says that its successor was opened with.
struct PastLog {
  std::string origin;
  std::uint64_t size = 0;
  base::Digest root{};

  bool operator==(const PastLog&) const = default;
};

/// Where the log stood when the index last looked: a shorter log, or another hash there, is
/// tampering (or a restored backup).
struct LogPosition {
  std::uint64_t size = 0;
  base::Digest last_hash{};  ///< SHA-256 of the last entry's signed bytes; zeros for an empty log

  bool operator==(const LogPosition&) const = default;
};

}  // namespace expunge::archive
