#include "audit/key_entries.h"

#include <utility>

#include "audit/members.h"
#include "audit/note.h"
#include "base/text.h"

namespace expunge::audit {
namespace {

Opening faulty_opening(const char* fault) {
  Opening opening;
  opening.fault = fault;
  return opening;
}

/// nullopt when `vkey` is none, or another log's.
std::optional<VerifierKey> key_of(const LineParts& parts, std::string_view vkey) {
  auto key = VerifierKey::from_vkey(vkey);
  if (key && key->origin() != parts.origin) key.reset();
  return key;
}

}  // namespace

Opening read_opening(const LineParts& parts) {
  Opening opening;
  opening.key = key_of(parts, text_member(parts.members, "vkey"));
  if (!opening.key) {
    return faulty_opening("expected a verifier key of this log as \"vkey\", found something else");
  }
  OpenedWith with = opened_with(parts.members);
  if (with.checkpoint_vkey) {
    opening.checkpoint_key = key_of(parts, *with.checkpoint_vkey);
    if (!opening.checkpoint_key || opening.checkpoint_key->id() == opening.key->id()) {
      return faulty_opening(
          "expected another verifier key of this log as \"checkpoint_vkey\", found something else");
    }
  }
  opening.predecessor = std::move(with.predecessor);
  if (opening.predecessor &&
      (!is_origin(opening.predecessor->origin) || opening.predecessor->origin == parts.origin)) {
    return faulty_opening("expected another log's origin in \"predecessor\", found something else");
  }
  return opening;
}

Rotation read_rotation(const LineParts& parts) {
  auto next = key_of(parts, text_member(parts.members, "vkey"));
  if (!next || next->id_hex() == parts.key) {
    return {"expected a new verifier key of this log as \"vkey\", found something else", {}};
  }
  const auto proof = parse_signature(text_member(parts.members, "pop"));
  const std::string message =
      possession_message(std::string(parts.origin), parts.seq, parts.key, next->vkey());
  if (!proof || !next->verifies(message, *proof)) {
    return {
        "expected as \"pop\" the new key's signature over this rotation, found one that does "
        "not verify",
        {}};
  }
  return {{}, std::move(next)};
}

std::optional<std::string> find_key_entry_fault(const LineParts& parts) {
  const bool is_open = parts.type == "log.open";
  if (parts.seq == 0 && !is_open) {
    return "expected log.open as the first entry, found " + base::printable(parts.type);
  }
  if (is_open) {
    if (parts.seq > 0) return "expected log.open only as the first entry";
    return read_opening(parts).fault;
  }
  if (parts.type == "key.rotate") return read_rotation(parts).fault;
  return std::nullopt;
}

}  // namespace expunge::audit
