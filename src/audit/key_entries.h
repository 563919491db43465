#pragma once

#include <optional>
#include <string>

#include "audit/entry.h"
#include "audit/keys.h"
#include "audit/line.h"

// What log.open and key.rotate say of keys, as far as the entry shows it by itself. All require
// members in which no fault was found, and an origin that is one.
namespace expunge::audit {

/// What a `log.open` names; of a faulty one only the fault.
struct Opening {
  std::optional<std::string> fault{};
  std::optional<VerifierKey> key{};             ///< the first; always, if there is no fault
  std::optional<VerifierKey> checkpoint_key{};  ///< unset: the keys in force sign checkpoints
  std::optional<Predecessor> predecessor{};
};
[[nodiscard]] Opening read_opening(const LineParts& parts);

/// The key that a `key.rotate` puts in the place of the one that signed it; of a faulty one only
/// the fault.
struct Rotation {
  std::optional<std::string> fault{};
  std::optional<VerifierKey> next{};
};
[[nodiscard]] Rotation read_rotation(const LineParts& parts);

/// What is wrong with where a `log.open` stands, or with what it or a `key.rotate` says; nullopt
/// for all other entries.
[[nodiscard]] std::optional<std::string> find_key_entry_fault(const LineParts& parts);

}  // namespace expunge::audit
