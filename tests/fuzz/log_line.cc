// One line of a log: our own taking apart, without a JSON parser, against one.

#include <nlohmann/json.hpp>

#include "audit/line.h"
#include "audit/log.h"
#include "audit/members.h"
#include "base/error.h"
#include "base/text.h"
#include "fuzz/support/input.h"

using namespace expunge;
using Json = nlohmann::ordered_json;

namespace {

/// The line as a JSON parser sees it, when the form and the members have no fault.
void check_against_parser(std::string_view line, const audit::LineParts& parts) {
  const Json json = Json::parse(line, nullptr, false);
  // Origin, time and the tail are checked for more than their form elsewhere (Trail).
  for (const std::string_view part :
       {parts.origin, parts.time, parts.key, parts.prev, parts.signature}) {
    if (part.find_first_of("\\\"") != std::string_view::npos || !base::is_utf8(part)) return;
    for (const char c : part) {
      if (static_cast<unsigned char>(c) < 0x20) return;
    }
  }
  EXPUNGE_ASSERT(!json.is_discarded() && json.is_object());
  EXPUNGE_ASSERT(json.dump() == line);
  EXPUNGE_ASSERT(json.at("log") == parts.origin && json.at("seq") == parts.seq);
  EXPUNGE_ASSERT(json.at("time") == parts.time && json.at("type") == parts.type);
  EXPUNGE_ASSERT(json.at("key") == parts.key && json.at("prev") == parts.prev);
  EXPUNGE_ASSERT(json.at("sig") == parts.signature);
  if (parts.type == "destroy") {
    const audit::EntryView entry{parts.seq, parts.time, parts.type, line};
    const auto recording = audit::recording_of(entry);
    // As written; an escape in it makes another text of it.
    if (recording.find('\\') == std::string_view::npos) {
      EXPUNGE_ASSERT(json.at("recording") == recording);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const audit::TakenApart taken = audit::take_apart(line);
  if (!taken.parts) {
    EXPUNGE_ASSERT(!taken.expected.empty());
    // The members alone: their checks must stand on their own.
    const auto comma = line.find('\n');
    if (comma == std::string_view::npos) return 0;
    const std::string_view type = line.substr(0, comma);
    const std::string_view members = line.substr(comma + 1);
    if (audit::find_member_fault(type, members)) return 0;
    const Json json = Json::parse("{" + std::string(members) + "}");
    EXPUNGE_ASSERT(json.dump() == "{" + std::string(members) + "}");
    audit::LogFacts facts;
    if (audit::bears_facts(type)) {
      audit::fold(facts, {"origin", 0, "2026-01-02T02:00:00.000Z", type, members, {}, {}, {}});
    }
    return 0;
  }
  const audit::LineParts& parts = *taken.parts;
  EXPUNGE_ASSERT(parts.key.size() == 8 && parts.prev.size() == 64 && parts.signature.size() == 88);
  EXPUNGE_ASSERT(parts.time.size() == 24 && !parts.members.empty());
  const std::string covered = audit::signed_bytes(line);
  EXPUNGE_ASSERT(covered.size() + 97 == line.size());
  base::Sha256 sha;
  base::Sha256 again;
  EXPUNGE_ASSERT(audit::hash_signed_bytes(sha, line) == again.update(covered).finish());
  if (const auto signature = audit::parse_signature(parts.signature)) {
    EXPUNGE_ASSERT(audit::to_line(covered, *signature) == line);
  }
  if (!audit::find_member_fault(parts.type, parts.members)) check_against_parser(line, parts);
  return 0;
}
