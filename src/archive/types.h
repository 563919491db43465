#pragma once

#include <array>
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
  returned,   ///< destroyed once, and one of its files is back on disk
  destroyed,  ///< overwritten and removed; a `destroy` entry says so
  removed,    ///< removed without overwriting; a `remove` entry says so
  partial,    ///< stopped part way because a hold came; a `destroy.partial` entry says so
};

/// An order to destroy one recording ahead of the schedule.
struct Order {
  std::string ground;     ///< one of kGrounds
  std::string authority;  ///< letters, digits, `-`, `/`, `.`; 1 to 64; goes into the log
  base::CivilDate ordered_on;
  std::string user;
  /// Set by the index: it is contradicted whose call it is, which a hold may depend on; or a run
  /// found another file in its place, and what lies there now is not what was recorded.
  bool is_barred = false;
  /// Set by the index: what an import contradicts, which a hold may depend on too.
  bool is_date_contradicted = false, is_department_contradicted = false;

  bool operator==(const Order&) const = default;
};

/// An erasure request, a payment recorded by mistake, a destroyed recording that came back, an
/// order of a court or an authority.
inline constexpr std::array<std::string_view, 4> kGrounds = {"erasure", "payment-data", "returned",
                                                             "order"};

/// A recording as the plan sees it.
struct Recording {
  std::int64_t key = 0;  ///< of the row; grows with every import, never used again, not in the log
  std::string id;        ///< opaque; goes into the log
  std::string call_id;   ///< ties the segments of one call; may be empty
  std::string department;
  std::optional<std::chrono::sys_seconds> recorded_at;  ///< nullopt: no date
  /// The subject as subject_key() writes it, or several with a space between them (is_among()
  /// tells); empty: no subject.
  std::string subject_key;
  std::string agent_key{};  ///< the agent, or several, written in the same way; empty: no agent
  State state = State::kept;
  std::string contradiction;  ///< what a later import, or the log, said otherwise, in words; or ""
  std::optional<std::uint64_t> missing_seq;  ///< the log entry that said that a file is missing
  /// The civil day on which the index first had it, as stored; or the later one on which a person
  /// stood by its date; empty: nobody knows.
  std::string indexed_on{};
  std::vector<File> files;  ///< of more than kMaxFiles, one more than that
  /// What of it no import writes, in words (`its id may not go into the log`); nullptr: nothing.
  /// It was written past this program, and nobody knows what it means.
  const char* odd = nullptr;
  std::optional<Order> order{};  ///< to destroy it ahead of the schedule
  /// Of one that returned without an instant: the civil date that was left of it.
  std::optional<base::CivilDate> left_date{};
};

/// Whether a hold may depend on this fact of a recording, one of LostWord::fact: on all but what an
/// order and its files are.
[[nodiscard]] constexpr bool may_matter_to_holds(std::string_view fact) {
  return fact != "order" && fact != "file";
}

/// What the log says of a recording that the index, put back from a backup, has not got.
struct LostWord {
  std::string recording;  ///< its id
  std::string fact;       ///< `department`, `recorded_at`, `subject`, `agent`, `call_id`, `file`
                          ///< or `order`
  std::string words;      ///< what the log says, for a person
  std::string says;       ///< the same, as Index::said_otherwise(); empty: that is not known
  bool awaited = true;    ///< nobody has said that no import will bring it
};

/// What an import, or the log, said of a recording against the index.
struct SaidAgainst {
  std::int64_t recording_key = 0;
  std::string fact;
  /// As Index::said_otherwise(); of a subject, an agent or a call what Index::secret_of() makes of
  /// it; empty: that is not known.
  std::string says;
  bool by_log = false;
};

/// Whose call a recording is, as it was imported or put right; empty: the index has none.
struct Whose {
  std::string subject, agent, call_id;
};

/// One that was destroyed or removed, of which the recorder's database is to be told.
struct Untold {
  std::int64_t number = 0;  ///< in the order in which they are told
  std::string recording;
  std::string source;  ///< the recorder's own key
  State state = State::destroyed;
  base::Time destroyed_at;
  std::uint64_t log_seq = 0;
};

/// Whether what is recorded as destroyed or removed is to be told of.
enum class Tell { no, yes };

/// Of all its files, as far as the index knows.
[[nodiscard]] std::uint64_t known_bytes(const Recording& recording);

/// A file, and what the index has of the recording that it belongs to.
struct IndexedFile {
  File file;
  std::int64_t recording_key = 0;
  std::string recording_id;
  std::string department;
  State state = State::kept;
  bool dated = false;
  std::optional<std::uint64_t> missing_seq;  ///< as Recording has it
  std::string source_id;                     ///< the recorder's key, where the id is opaque
};

/// What is left of a recording once destroyed, and what `explain` shows of one that is not.
struct RecordingHistory {
  std::int64_t key = 0;
  std::string id;
  std::string department;
  State state = State::kept;
  std::optional<base::CivilDate> recorded_on;  ///< destroyed: its civil date
  std::optional<base::Time> destroyed_at;
  std::optional<std::uint64_t> log_seq;
  std::string past_log{};  ///< the origin of the log that log_seq is of; empty: the one in use
};

/// One conjunction: a recording is covered when every member that is set fits it; one with none set
/// covers all.
struct HoldScope {
  std::string recording_id;
  std::string subject_key;  ///< as subject_key() writes it
  std::string department;
  std::optional<base::CivilDate> from, to;  ///< civil dates of recording, both included
  std::string agent_key{};                  ///< as subject_key() writes it
  bool everything = false;                  ///< every recording there is, whatever else is set

  bool operator==(const HoldScope&) const = default;
};

/// One look at whether a hold is still needed.
struct HoldReview {
  base::CivilDate until;  ///< the next one's day
  base::Time at;
  std::string user;
  std::string reason;

  bool operator==(const HoldReview&) const = default;
};

/// An order to keep. Covers what any of its scopes covers, what is imported later included, and
/// the other segments of a call of which it covers one. In force until a release takes effect, and
/// never ended by time alone.
struct Hold {
  std::string reference;  ///< letters, digits, `-`, `/`, `.`; 1 to 64; goes into the log
  std::string kind;       ///< a name of policy::hold_kinds()
  std::string reason;
  std::string user;
  base::Time placed_at;
  std::optional<base::Time> released_at;  ///< when the release was asked for
  std::string release_user;
  std::string release_reason;
  std::vector<HoldScope> scopes;  ///< empty once erased
  /// The civil date on which somebody should look again, as it was placed; unset: placed before
  /// there were any.
  std::optional<base::CivilDate> review_on{};
  /// The first civil day on which the release counts; unset: no release, or one that is to be
  /// confirmed. A day and not an instant, so that the plan for a day and that day's run agree.
  std::optional<base::CivilDate> effective_on{};
  std::optional<base::Time> confirmed_at{};  ///< with two persons
  std::string confirm_user{};
  /// The release has taken effect, and what it says of anybody is erased: reference, kind, dates
  /// and logins are left.
  bool erased = false;
  std::vector<HoldReview> reviews{};  ///< oldest first

  [[nodiscard]] bool in_force_on(base::CivilDate day) const {
    return !erased && (!effective_on || day < *effective_on);
  }
  /// A release was asked for, and a second person has not confirmed it.
  [[nodiscard]] bool awaits_confirmation() const { return released_at && !effective_on; }
};

/// The end of a hold as it is asked for.
struct HoldRelease {
  std::string reason;
  std::string user;
  base::Time at;
  std::optional<base::CivilDate> effective_on;  ///< unset: once another login confirms it
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
  bool two_person = false;  ///< given under that rule, by a login that could be told
};

/// That a person knows of a recording's attention, and need not be told again until a day.
struct Acknowledgement {
  std::int64_t recording_key = 0;
  std::string recording;  ///< its id; set by the index
  std::string cause;      ///< of the attention that this is about, and of no other
  base::CivilDate until;  ///< the last day
  std::string reason;
  std::string user;
  base::Time acknowledged_at;
};

/// A subject written in one way only, so that a hold finds a person's calls however the number was
/// typed: letters and digits, lower case, without spaces and punctuation; `+44…`, `0044…` and
/// `44(0)…` become `0…`, as do 12 digits that begin with 44; other numbers lose `+` or `00`. Of a
/// number in a `tel:` or `sip:` URI (RFC 3966, RFC 3261), with a host, a name or an extension, the
/// number is left. Empty for an empty subject. The key of a key is that key.
[[nodiscard]] std::string subject_key(std::string_view subject);

/// The keys by which the same number may stand in an index: itself; and with or without its first
/// zero, which a spreadsheet takes from a number. They may be of another too: for finding what to
/// keep.
[[nodiscard]] std::vector<std::string> subject_forms(const std::string& key);

/// Whether `keys`, those of a recording, have `key` among them. Empty keys have the empty one
/// alone.
[[nodiscard]] bool is_among(std::string_view keys, std::string_view key);

/// The key now of what subject_key() of the versions before 4 of the index wrote, as far as it can
/// be told from that alone.
[[nodiscard]] std::string renewed_key(std::string_view old_key);

/// Whether `id` holds the subject's number (its key without the leading zero, when that is five
/// characters or longer), punctuation left aside: such an id may not go into the log. Of several
/// subjects, that of any.
[[nodiscard]] bool contains_subject(std::string_view id, std::string_view subject_key);

}  // namespace expunge::archive
