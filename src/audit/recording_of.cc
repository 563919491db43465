#include "audit/line.h"
#include "audit/log.h"
#include "audit/members.h"
#include "base/error.h"

namespace expunge::audit {

std::string_view recording_of(const EntryView& entry) {
  // Canonical JSON: a quote within a string is escaped, so this can only be a member's name; and
  // the ids of recordings hold neither quotes nor backslashes.
  constexpr std::string_view kName = "\"recording\":\"";
  const auto at = entry.line.find(kName);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = entry.line.substr(at + kName.size());
  return rest.substr(0, rest.find('"'));
}

std::string text_of(const EntryView& entry, const char* member) {
  const auto parts = take_apart(entry.line).parts;
  EXPUNGE_ASSERT(parts.has_value());
  return text_member(parts->members, member);
}

}  // namespace expunge::audit
