#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "base/time.h"

namespace expunge::archive {

/// One file of a recording. `path` is relative to the archive root, `/`-separated, as imported;
/// nothing has checked it against the disk.
struct File {
  std::string path;
  std::string role;  ///< audio, transcript, sidecar, key, …: [a-z0-9-], 1 to 16
  std::optional<std::uint64_t> bytes;
  std::optional<base::Digest> sha256;
};

/// A recording is destroyed whole; more files than this is an import error.
inline constexpr std::size_t kMaxFiles = 64;

/// Rows are numbered from 1; a number beyond this was not given by an import.
inline constexpr std::int64_t kMaxKey = 1'000'000'000;

inline constexpr std::size_t kMaxIdBytes = 128;
inline constexpr std::size_t kMaxRoleBytes = 16;

/// Whether an id may go into the log: 1 to kMaxIdBytes of printable ASCII without space, `"` and
/// `\`.
[[nodiscard]] bool is_id(std::string_view id);

/// 1 to kMaxRoleBytes of a-z, 0-9 and `-`.
[[nodiscard]] bool is_role(std::string_view role);

enum class State {
  kept,       ///< in the archive, as far as the index knows
  returned,   ///< destroyed once, and a file of its is back on disk
  destroyed,  ///< overwritten and removed; a `destroy` entry says so
  removed,    ///< removed without overwriting; a `remove` entry says so
  partial,    ///< stopped part way because a hold came; a `destroy.partial` entry says so
};

/// A recording as the plan sees it.
struct Recording {
  std::int64_t key = 0;  ///< of the row; grows with every import, never used again, not in the log
  std::string id;        ///< opaque; goes into the log
  std::string call_id;   ///< ties the segments of one call; may be empty
  std::string department;
  std::optional<std::chrono::sys_seconds> recorded_at;  ///< nullopt: no date
  std::string subject_key;  ///< the subject as subject_key() writes it; empty: no subject
  State state = State::kept;
  std::string contradiction;  ///< what a later import said otherwise, in words; empty: nothing
  std::optional<std::uint64_t> missing_seq;  ///< the log entry that said that a file is missing
  std::vector<File> files;                   ///< of more than kMaxFiles, one more than that
  /// What of it no import writes, in words (`its id may not go into the log`); nullptr: nothing.
  /// It was written past this program, and nobody knows what it means.
  const char* odd = nullptr;
};

/// Of all its files, as far as the index knows.
[[nodiscard]] std::uint64_t known_bytes(const Recording& recording);

/// What is left of a recording once destroyed, and what `explain` shows of one that is not.
struct RecordingHistory {
  std::int64_t key = 0;
  std::string id;
  std::string department;
  State state = State::kept;
  std::optional<base::CivilDate> recorded_on;  ///< destroyed: its civil date
  std::optional<base::Time> destroyed_at;
  std::optional<std::uint64_t> log_seq;
};

/// One conjunction: a recording is covered when every member that is set fits it.
struct HoldScope {
  std::string recording_id;
  std::string subject_key;  ///< as subject_key() writes it
  std::string department;
  std::optional<base::CivilDate> from, to;  ///< civil dates of recording, both included

  bool operator==(const HoldScope&) const = default;
};

/// An order to keep. Covers what any of its scopes covers, what is imported later included, and
/// the other segments of a call of which it covers one.
struct Hold {
  std::string reference;  ///< letters, digits, `-`, `/`, `.`; 1 to 64; goes into the log
  std::string kind;       ///< sar, foi, eir, complaint, litigation, police, restriction, other
  std::string reason;
  std::string user;
  base::Time placed_at;
  std::optional<base::Time> released_at;
  std::string release_user;
  std::string release_reason;
  std::vector<HoldScope> scopes;
};

/// An officer's yes to one plan.
struct Approval {
  std::int64_t number = 0;  ///< set by the index
  std::string plan;         ///< the plan's digest, hex
  std::string policy;       ///< the policy's digest, hex, under which it was given
  base::CivilDate today;    ///< the day the plan was for
  base::Time approved_at;
  std::string user;
  std::string reason;
  std::uint64_t due = 0;
  std::uint64_t bytes = 0;
};

/// A subject written in one way only, so that a hold finds a person's calls however the number was
/// typed: letters and digits, lower case, without spaces and punctuation; `+44…`, `0044…` and
/// `44(0)…` become `0…`, as do 12 digits that begin with 44; other numbers lose `+` or `00`. Empty
/// for an empty subject.
[[nodiscard]] std::string subject_key(std::string_view subject);

/// Whether `id` holds the subject's number (its key without the leading zero, when that is five
/// characters or longer), punctuation left aside: such an id may not go into the log.
[[nodiscard]] bool contains_subject(std::string_view id, std::string_view subject_key);

}  // namespace expunge::archive
