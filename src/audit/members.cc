#include "audit/members.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

namespace expunge::audit {
namespace {

using Json = nlohmann::ordered_json;

enum class Kind {
  text,
  count,
  flag,
  date,
  digest,
  texts,
  files,
  departments,
  aliases,
  predecessor
};

struct Member {
  std::string_view name;
  Kind kind;
};
using Members = std::span<const Member>;

// clang-format off
constexpr Member kLogOpen[] = {{"vkey", Kind::text}, {"tool", Kind::text}};
constexpr Member kLogOpenOptional[] = {{"checkpoint_vkey", Kind::text},
                                       {"predecessor", Kind::predecessor}};
constexpr Member kPolicy[] = {{"policy", Kind::digest}, {"timezone", Kind::text},
                              {"departments", Kind::departments}, {"schedule", Kind::text}};
constexpr Member kPolicyOptional[] = {{"aliases", Kind::aliases}};
constexpr Member kImport[] = {{"source", Kind::text}, {"rows", Kind::count}, {"added", Kind::count},
                              {"changed", Kind::count}, {"rejected", Kind::count}};
constexpr Member kImportOptional[] = {{"user", Kind::text}};
constexpr Member kHold[] = {{"reference", Kind::text}, {"kind", Kind::text}, {"user", Kind::text}};
constexpr Member kHoldConfirm[] = {{"reference", Kind::text}, {"kind", Kind::text},
                                   {"user", Kind::text}, {"effective", Kind::date}};
constexpr Member kHoldReleaseOptional[] = {{"effective", Kind::date}, {"unconfirmed", Kind::flag}};
constexpr Member kAcknowledge[] = {{"recordings", Kind::count}, {"cause", Kind::text},
                                   {"until", Kind::date}, {"user", Kind::text}};
constexpr Member kAcknowledgeOptional[] = {{"recording", Kind::text}};
constexpr Member kWithdraw[] = {{"recording", Kind::text}, {"cause", Kind::text},
                                {"user", Kind::text}};
constexpr Member kCorrect[] = {{"recording", Kind::text}, {"fact", Kind::text},
                               {"authority", Kind::text}, {"user", Kind::text}};
constexpr Member kCorrectOptional[] = {{"department", Kind::text}, {"recorded", Kind::date}};
constexpr Member kOrder[] = {{"recording", Kind::text}, {"ground", Kind::text},
                             {"authority", Kind::text}, {"user", Kind::text}};
constexpr Member kPlanApprove[] = {{"plan", Kind::digest}, {"today", Kind::date},
                                   {"due", Kind::count}, {"bytes", Kind::count},
                                   {"user", Kind::text}};
constexpr Member kPlanApproveOptional[] = {{"two_person", Kind::flag}};
constexpr Member kRunStart[] = {{"run", Kind::text}, {"host", Kind::text}, {"user", Kind::text},
                                {"today", Kind::date}, {"timezone", Kind::text},
                                {"policy", Kind::digest}, {"due", Kind::count},
                                {"held", Kind::count}, {"bytes", Kind::count},
                                {"plan", Kind::digest}};
constexpr Member kRunStartOptional[] = {{"accepted", Kind::texts}, {"approval", Kind::digest},
                                        {"accept", Kind::text}, {"tool", Kind::text},
                                        {"restricted", Kind::flag}, {"two_person", Kind::flag}};
constexpr Member kRunBraked[] = {{"run", Kind::text}, {"host", Kind::text}, {"user", Kind::text},
                                 {"today", Kind::date}, {"brake", Kind::text},
                                 {"found", Kind::text}, {"allowed", Kind::text}};
constexpr Member kDestroy[] = {{"run", Kind::text}, {"recording", Kind::text},
                               {"department", Kind::text}, {"recorded", Kind::date},
                               {"due", Kind::date}, {"period", Kind::text},
                               {"files", Kind::files}, {"claim", Kind::text}};
constexpr Member kDestroyPartial[] = {{"run", Kind::text}, {"recording", Kind::text},
                                      {"department", Kind::text}, {"recorded", Kind::date},
                                      {"due", Kind::date}, {"period", Kind::text},
                                      {"files", Kind::files}, {"claim", Kind::text},
                                      {"overwritten", Kind::count}, {"kept", Kind::count}};
constexpr Member kDestroyOptional[] = {{"authority", Kind::text}, {"note", Kind::text},
                                       {"medium", Kind::text}, {"ground", Kind::text}};
constexpr Member kDestroyFailed[] = {{"run", Kind::text}, {"recording", Kind::text},
                                     {"reason", Kind::text}};
constexpr Member kRunEnd[] = {{"run", Kind::text}, {"outcome", Kind::text},
                              {"destroyed", Kind::count}, {"failed", Kind::count},
                              {"held", Kind::count}, {"attention", Kind::count},
                              {"bytes", Kind::count}};
constexpr Member kRunEndOptional[] = {{"cleaned", Kind::texts}, {"removed", Kind::count},
                                      {"acknowledged", Kind::count},
                                      {"without_file", Kind::count}};
constexpr Member kKeyRotate[] = {{"vkey", Kind::text}, {"pop", Kind::text}, {"reason", Kind::text}};
constexpr Member kLogRecovered[] = {{"bytes", Kind::count}, {"sha256", Kind::digest},
                                    {"reason", Kind::text}};
constexpr Member kFile[] = {{"role", Kind::text}, {"bytes", Kind::count}, {"sha256", Kind::digest},
                            {"method", Kind::text}, {"passes", Kind::count},
                            {"verified", Kind::flag}, {"filesystem", Kind::text}};
constexpr Member kDepartment[] = {{"name", Kind::text}, {"period", Kind::text}};
constexpr Member kAlias[] = {{"name", Kind::text}, {"department", Kind::text}};
constexpr Member kPredecessor[] = {{"origin", Kind::text}, {"size", Kind::count},
                                   {"root", Kind::digest}, {"reason", Kind::text},
                                   {"authority", Kind::text}};
// clang-format on

struct Type {
  std::string_view name;
  Members required;
  Members optional = {};
};

constexpr auto kTypes = std::to_array<Type>({
    {"destroy", kDestroy, kDestroyOptional},
    {"log.open", kLogOpen, kLogOpenOptional},
    {"policy", kPolicy, kPolicyOptional},
    {"import", kImport, kImportOptional},
    {"hold.place", kHold},
    {"hold.release", kHold, kHoldReleaseOptional},
    {"hold.confirm", kHoldConfirm},
    {"hold.keep", kHold},
    {"acknowledge", kAcknowledge, kAcknowledgeOptional},
    {"acknowledge.withdraw", kWithdraw},
    {"correct", kCorrect, kCorrectOptional},
    {"order", kOrder},
    {"order.withdraw", kOrder},
    {"plan.approve", kPlanApprove, kPlanApproveOptional},
    {"run.start", kRunStart, kRunStartOptional},
    {"run.braked", kRunBraked},
    {"remove", kDestroy, kDestroyOptional},
    {"destroy.failed", kDestroyFailed},
    {"destroy.partial", kDestroyPartial, kDestroyOptional},
    {"run.end", kRunEnd, kRunEndOptional},
    {"key.rotate", kKeyRotate},
    {"log.recovered", kLogRecovered},
});

constexpr auto kEnvelope =
    std::to_array<std::string_view>({"v", "log", "seq", "time", "type", "key", "prev", "sig"});

bool is_text(const Json& value) {
  return value.is_string();
}

bool is_digest(const Json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return text.size() == 64 && base::from_hex(text).has_value();
}

bool is_date(const Json& value) {
  return value.is_string() && base::parse_date(value.get_ref<const std::string&>()).has_value();
}

bool is_kind(const Json& value, Kind kind);

/// Whether `value` is an object of exactly these members, but that `sha256` may be missing.
bool is_object_of(const Json& value, Members members) {
  if (!value.is_object()) return false;
  auto at = value.begin();
  for (const Member& member : members) {
    if (at != value.end() && at.key() == member.name) {
      if (!is_kind(*at, member.kind)) return false;
      ++at;
    } else if (member.name != "sha256") {
      return false;
    }
  }
  return at == value.end();
}

bool is_list_of(const Json& value, Members members) {
  return value.is_array() && std::all_of(value.begin(), value.end(), [&](const Json& item) {
           return is_object_of(item, members);
         });
}

bool is_kind(const Json& value, Kind kind) {
  switch (kind) {
    case Kind::text:
      return is_text(value);
    case Kind::count:
      return value.is_number_unsigned();
    case Kind::flag:
      return value.is_boolean();
    case Kind::date:
      return is_date(value);
    case Kind::digest:
      return is_digest(value);
    case Kind::texts:
      return value.is_array() && std::all_of(value.begin(), value.end(), is_text);
    case Kind::files:
      return is_list_of(value, kFile);
    case Kind::departments:
      return is_list_of(value, kDepartment);
    case Kind::aliases:
      return is_list_of(value, kAlias);
    case Kind::predecessor:
      return is_object_of(value, kPredecessor);
  }
  return false;
}

const char* kind_name(Kind kind) {
  switch (kind) {
    case Kind::text:
      return "a string";
    case Kind::count:
      return "a number, not negative";
    case Kind::flag:
      return "true or false";
    case Kind::date:
      return "a date";
    case Kind::digest:
      return "64 hexadecimal digits";
    case Kind::texts:
      return "a list of strings";
    case Kind::files:
      return "a list of files";
    case Kind::departments:
      return "a list of departments";
    case Kind::aliases:
      return "a list of aliases";
    case Kind::predecessor:
      return "a predecessor";
  }
  return "";
}

/// Integers only, none negative, and no null, at any depth.
bool is_plain(const Json& value) {
  if (value.is_null() || (value.is_number() && !value.is_number_unsigned())) return false;
  return !value.is_structured() || std::all_of(value.begin(), value.end(), is_plain);
}

const Member* find(Members members, std::string_view name) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const Member& member) { return member.name == name; });
  return found == members.end() ? nullptr : &*found;
}

std::string wrong_kind(const Member& member) {
  return "expected " + std::string(kind_name(member.kind)) + " as \"" + std::string(member.name) +
         "\", found something else";
}

std::optional<std::string> find_fault(const Json& json, const Type& type) {
  auto at = json.begin();
  for (const Member& member : type.required) {
    if (at == json.end() || at.key() != member.name) {
      const std::string found = at == json.end() ? "the end" : base::printable(at.key());
      return "expected the member \"" + std::string(member.name) + "\" in its place, found " +
             found;
    }
    if (!is_kind(*at, member.kind)) return wrong_kind(member);
    ++at;
  }
  for (const Member& member : type.optional) {
    if (at == json.end() || at.key() != member.name) continue;
    if (!is_kind(*at, member.kind)) return wrong_kind(member);
    ++at;
  }
  for (; at != json.end(); ++at) {
    if (std::find(kEnvelope.begin(), kEnvelope.end(), at.key()) != kEnvelope.end() ||
        find(type.required, at.key()) != nullptr || find(type.optional, at.key()) != nullptr) {
      return "expected each member once and in order, found \"" + base::printable(at.key()) +
             "\" again or out of place";
    }
  }
  return std::nullopt;
}

/// Whether brackets nest deeper than any entry's do; the JSON library recurses on them.
bool is_too_deep(std::string_view members) {
  constexpr int kMaxDepth = 16;
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < members.size() && depth <= kMaxDepth; ++i) {
    const char c = members[i];
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '[' || c == '{')) {
      ++depth;
    } else if (!in_string && (c == ']' || c == '}')) {
      --depth;
    }
  }
  return depth > kMaxDepth;
}

}  // namespace

std::optional<std::string> find_member_fault(std::string_view type, std::string_view members) {
  const auto known = std::find_if(kTypes.begin(), kTypes.end(),
                                  [&](const Type& candidate) { return candidate.name == type; });
  if (known == kTypes.end()) {
    return "expected a known type, found \"" + base::printable(type) + "\"";
  }
  if (is_too_deep(members)) return "expected members nested a few levels deep, found more";
  const Json json = Json::parse(as_object(members), nullptr, false);
  if (json.is_discarded()) return "expected members in JSON, found text that is not";
  const std::string canonical = json.dump();
  if (std::string_view(canonical).substr(1, canonical.size() - 2) != members) {
    return "expected members in canonical JSON, each once, found another writing";
  }
  if (!is_plain(json)) return "expected integers from 0 on and no null, found another value";
  if (auto fault = find_fault(json, *known)) return fault;
  if (type == "policy" && json.at("policy") != policy_digest(policy_of(members))) {
    return "expected the digest of the policy's members as \"policy\", found another";
  }
  return std::nullopt;
}

std::optional<std::string> find_form_fault(const LineParts& parts) {
  if (!base::parse_log_time(parts.time)) {
    return "expected a time such as 2026-01-02T02:00:00.000Z, found " + base::printable(parts.time);
  }
  if (!parse_signature(parts.signature)) {
    return "expected 64 bytes in canonical base64 as \"sig\", found another writing";
  }
  return find_member_fault(parts.type, parts.members);
}

}  // namespace expunge::audit
