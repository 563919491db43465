#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "base/time.h"

namespace expunge::audit {

/// An entry before it has its place in the log: the type, and the members that are its own, as
/// canonical JSON without the braces (`"run":"…","due":2`).
struct Draft {
  std::string type;
  std::string members;
};

// One struct for each type of entry; the members and their order are those of expunge-log(5).
// Strings are UTF-8. Nothing here may hold personal data.

/// The log that another one was opened in the place of.
struct Predecessor {
  std::string origin;
  std::uint64_t size = 0;
  base::Digest root{};
  std::string reason;     ///< why it is not continued: key-lost, does-not-verify, …
  std::string authority;  ///< a reference to whoever decided it
  bool operator==(const Predecessor&) const = default;
};

struct LogOpen {
  std::string vkey;
  std::string tool;
  std::string checkpoint_vkey{};  ///< of a key that signs checkpoints alone; left out when empty
  std::optional<Predecessor> predecessor{};  ///< left out when there is none
};

struct PolicyDepartment {
  std::string name;
  std::string period;
  bool operator==(const PolicyDepartment&) const = default;
};

/// Another name of a department.
struct PolicyAlias {
  std::string name;
  std::string department;
  bool operator==(const PolicyAlias&) const = default;
};

struct Policy {
  std::string timezone;
  std::vector<PolicyDepartment> departments;
  std::string schedule;
  std::vector<PolicyAlias> aliases{};  ///< left out when empty
  bool operator==(const Policy&) const = default;
};

/// SHA-256, hex, of the canonical JSON object with the members timezone, departments, schedule
/// and, when there are any, aliases.
[[nodiscard]] std::string policy_digest(const Policy& policy);

struct Import {
  std::string source;  ///< csv, json, scan
  std::uint64_t rows = 0, added = 0, changed = 0, rejected = 0;
  std::string user{};  ///< left out when empty
};

struct HoldChange {
  enum class Kind { place, release, confirm, keep } change;
  std::string reference;
  std::string kind;
  std::string user;
  /// release, confirm: the first day on which it keeps nothing any more; left out when unset.
  std::optional<base::CivilDate> effective{};
  bool unconfirmed = false;  ///< release: another login must confirm it; left out when false
};

/// That a person knows of attention, and when it must be said again.
struct Acknowledge {
  std::uint64_t recordings = 0;
  std::string cause;
  base::CivilDate until;
  std::string user;
  std::string recording{};  ///< when it is about one by name; left out when empty
};

struct Withdraw {
  std::string recording, cause, user;
};

/// A person puts a fact of a recording right. What it was is not said: it may be anything.
struct Correct {
  std::string recording;
  std::string fact;       ///< department, recorded_at; or where the index was right, also subject,
                          ///< agent, call_id, bytes, sha256
  std::string authority;  ///< a reference to whoever or whatever says so
  std::string user;
  std::string department{};                   ///< what it is now; left out when another fact
  std::optional<base::CivilDate> recorded{};  ///< the civil date; left out when another fact
};

/// That a recording is to be destroyed whatever the schedule says, or no more.
struct OrderChange {
  bool withdrawn = false;
  std::string recording;
  std::string ground, authority;  ///< of the order
  std::string user;
};

struct PlanApprove {
  std::string plan;
  base::CivilDate today;
  std::uint64_t due = 0, bytes = 0;
  std::string user;
  bool two_person = false;  ///< given under that rule; left out when not
};

struct RunStart {
  std::string run, host, user;
  base::CivilDate today;
  std::string timezone, policy;
  std::uint64_t due = 0, held = 0, bytes = 0;
  std::string plan;
  std::vector<std::string> accepted;  ///< brakes passed by a flag; left out when empty
  std::string approval;               ///< digest of the approved plan; left out when empty
  std::string accept{};               ///< `unlinked`, where that is configured; left out when empty
  std::string tool{};                 ///< the program and its version; left out when empty
  bool restricted = false;            ///< to what was ordered; left out when not
  bool two_person = false;  ///< an approval had to be by the rule of two persons; left out when not
};

struct RunBraked {
  std::string run, host, user;
  base::CivilDate today;
  std::string brake, found, allowed;
};

struct FileDestroyed {
  std::string role;
  std::uint64_t bytes = 0;
  std::optional<base::Digest> sha256;  ///< left out below 4 KiB: it could be guessed
  std::string method;                  ///< overwrite, unlink
  unsigned passes = 1;
  bool verified = false;
  std::string filesystem;
};

struct Destroyed {
  enum class Type { destroy, remove } type = Type::destroy;
  std::string run, recording;
  std::string department;         ///< empty: none of the schedule's
  base::CivilDate recorded, due;  ///< recorded: base::kUnknownDate where it had no date
  std::string period;             ///< empty, too, where the schedule names no department
  std::vector<FileDestroyed> files;
  std::string claim;      ///< overwritten, key-overwritten, unlinked
  std::string authority;  ///< left out when empty, as the next two
  std::string note;
  std::string medium{};  ///< what lies below the file system: terms of a fixed vocabulary
  std::string ground{};  ///< erasure, …, when an order was its cause; left out when empty
};

/// As Destroyed, stopped part way by a hold.
struct DestroyPartial {
  Destroyed destroyed;
  std::uint64_t overwritten_bytes = 0, kept_bytes = 0;
};

struct DestroyFailed {
  std::string run, recording, reason;
};

struct RunEnd {
  std::string run, outcome;  ///< complete, stopped, failed
  std::uint64_t destroyed = 0, failed = 0, held = 0, attention = 0, bytes = 0;
  std::vector<std::string> cleaned;  ///< what residue was erased, what could not be
  std::uint64_t removed = 0;         ///< without overwriting; left out when 0
  std::uint64_t acknowledged = 0;    ///< of `attention`, what a person knows of; left out when 0
  /// Of those destroyed and removed, those of which a file was not in its place; left out when 0.
  std::uint64_t without_file = 0;
};

struct KeyRotate {
  std::string vkey, pop, reason;
};

struct LogRecovered {
  std::uint64_t bytes = 0;
  std::string sha256, reason;
  bool operator==(const LogRecovered&) const = default;
};

[[nodiscard]] Draft to_draft(const LogOpen&);
[[nodiscard]] Draft to_draft(const Policy&);
[[nodiscard]] Draft to_draft(const Import&);
[[nodiscard]] Draft to_draft(const HoldChange&);
[[nodiscard]] Draft to_draft(const Acknowledge&);
[[nodiscard]] Draft to_draft(const Withdraw&);
[[nodiscard]] Draft to_draft(const Correct&);
[[nodiscard]] Draft to_draft(const OrderChange&);
[[nodiscard]] Draft to_draft(const PlanApprove&);
[[nodiscard]] Draft to_draft(const RunStart&);
[[nodiscard]] Draft to_draft(const RunBraked&);
[[nodiscard]] Draft to_draft(const Destroyed&);
[[nodiscard]] Draft to_draft(const DestroyPartial&);
[[nodiscard]] Draft to_draft(const DestroyFailed&);
[[nodiscard]] Draft to_draft(const RunEnd&);
[[nodiscard]] Draft to_draft(const KeyRotate&);
[[nodiscard]] Draft to_draft(const LogRecovered&);

}  // namespace expunge::audit
