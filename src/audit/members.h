#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "audit/entry.h"
#include "audit/facts.h"
#include "audit/line.h"

namespace expunge::audit {

/// Whether deciding needs what entries of this type say; the rest are only counted.
[[nodiscard]] bool bears_facts(std::string_view type);

/// Checks an entry's members against the table of types in expunge-log(5): canonical JSON, names
/// in order, each of its kind; known optional members, then new ones, may follow. Returns what was
/// expected and what was found, or nullopt when all is well.
[[nodiscard]] std::optional<std::string> find_member_fault(std::string_view type,
                                                           std::string_view members);

/// The same for all of an entry's form that take_apart() leaves open: its time, how its signature
/// is written, its members.
[[nodiscard]] std::optional<std::string> find_form_fault(const LineParts& parts);

/// Adds what an entry says to the facts; `last_entry` is left to the caller. Requires a time and
/// members in which no fault was found.
void fold(LogFacts& facts, const LineParts& entry);

/// What a `log.open` says, its `vkey` and `tool` left aside: see LogOpen. Requires members in which
/// no fault was found.
struct OpenedWith {
  std::optional<std::string> checkpoint_vkey;
  std::optional<Predecessor> predecessor;
};
[[nodiscard]] OpenedWith opened_with(std::string_view members);

/// What a `policy` says. Requires members in which no fault was found.
[[nodiscard]] Policy policy_of(std::string_view members);

/// Members of an entry as the text of a JSON object.
[[nodiscard]] std::string as_object(std::string_view members);

/// The value of a string among members in which no fault was found; empty when it is not there, as
/// an optional one may not be.
[[nodiscard]] std::string text_member(std::string_view members, const char* name);

}  // namespace expunge::audit
