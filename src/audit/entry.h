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

struct LogOpen {
  std::string vkey;
  std::string tool;
};

struct PolicyDepartment {
  std::string name;
  std::string period;
  bool operator==(const PolicyDepartment&) const = default;
};

struct Policy {
  std::string timezone;
  std::vector<PolicyDepartment> departments;
  std::string schedule;
  bool operator==(const Policy&) const = default;
};

/// SHA-256, hex, of the canonical JSON object with the members timezone, departments, schedule.
[[nodiscard]] std::string policy_digest(const Policy& policy);

struct Import {
  std::string source;  ///< csv, json, scan
  std::uint64_t rows = 0, added = 0, changed = 0, rejected = 0;
};

struct HoldChange {
  enum class Kind { place, release } change;
  std::string reference;
  std::string kind;
  std::string user;
};

struct PlanApprove {
  std::string plan;
  base::CivilDate today;
  std::uint64_t due = 0, bytes = 0;
  std::string user;
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
  std::string run, recording, department;
  base::CivilDate recorded, due;
  std::string period;
  std::vector<FileDestroyed> files;
  std::string claim;      ///< overwritten, key-overwritten, unlinked
  std::string authority;  ///< left out when empty, as the next two
  std::string note;
  std::string medium{};  ///< what lies below the file system: terms of a fixed vocabulary
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
