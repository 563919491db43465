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

enum class Kind { text, count, flag, date, digest, texts, files, departments };

struct Member {
  std::string_view name;
  Kind kind;
};
using Members = std::span<const Member>;

// clang-format off
constexpr Member kLogOpen[] = {{"vkey", Kind::text}, {"tool", Kind::text}};
constexpr Member kPolicy[] = {{"policy", Kind::digest}, {"timezone", Kind::text},
                              {"departments", Kind::departments}, {"schedule", Kind::text}};
constexpr Member kImport[] = {{"source", Kind::text}, {"rows", Kind::count}, {"added", Kind::count},
                              {"changed", Kind::count}, {"rejected", Kind::count}};
constexpr Member kHold[] = {{"reference", Kind::text}, {"kind", Kind::text}, {"user", Kind::text}};
constexpr Member kPlanApprove[] = {{"plan", Kind::digest}, {"today", Kind::date},
                                   {"due", Kind::count}, {"bytes", Kind::count},
                                   {"user", Kind::text}};
constexpr Member kRunStart[] = {{"run", Kind::text}, {"host", Kind::text}, {"user", Kind::text},
                                {"today", Kind::date}, {"timezone", Kind::text},
                                {"policy", Kind::digest}, {"due", Kind::count},
                                {"held", Kind::count}, {"bytes", Kind::count},
                                {"plan", Kind::digest}};
constexpr Member kRunStartOptional[] = {{"accepted", Kind::texts}, {"approval", Kind::digest},
                                        {"accept", Kind::text}};
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
                                       {"medium", Kind::text}};
constexpr Member kDestroyFailed[] = {{"run", Kind::text}, {"recording", Kind::text},
                                     {"reason", Kind::text}};
constexpr Member kRunEnd[] = {{"run", Kind::text}, {"outcome", Kind::text},
                              {"destroyed", Kind::count}, {"failed", Kind::count},
                              {"held", Kind::count}, {"attention", Kind::count},
                              {"bytes", Kind::count}};
constexpr Member kRunEndOptional[] = {{"cleaned", Kind::texts}, {"removed", Kind::count}};
constexpr Member kKeyRotate[] = {{"vkey", Kind::text}, {"pop", Kind::text}, {"reason", Kind::text}};
constexpr Member kLogRecovered[] = {{"bytes", Kind::count}, {"sha256", Kind::digest},
                                    {"reason", Kind::text}};
constexpr Member kFile[] = {{"role", Kind::text}, {"bytes", Kind::count}, {"sha256", Kind::digest},
                            {"method", Kind::text}, {"passes", Kind::count},
                            {"verified", Kind::flag}, {"filesystem", Kind::text}};
constexpr Member kDepartment[] = {{"name", Kind::text}, {"period", Kind::text}};
// clang-format on

struct Type {
  std::string_view name;
  Members required;
  Members optional = {};
};

constexpr auto kTypes = std::to_array<Type>({
    {"destroy", kDestroy, kDestroyOptional},
    {"log.open", kLogOpen},
    {"policy", kPolicy},
    {"import", kImport},
    {"hold.place", kHold},
    {"hold.release", kHold},
    {"plan.approve", kPlanApprove},
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
  }
  return "";
}

/// Integers only, and no null, at any depth.
bool is_plain(const Json& value) {
  if (value.is_number_float() || value.is_null()) return false;
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

Json parse(std::string_view members) {
  std::string object = "{";
  object.append(members).append("}");
  return Json::parse(object, nullptr, false);
}

/// Requires members in which no fault was found.
Policy to_policy(const Json& json) {
  Policy policy{json.at("timezone"), {}, json.at("schedule")};
  for (const Json& department : json.at("departments")) {
    policy.departments.push_back({department.at("name"), department.at("period")});
  }
  return policy;
}

/// Whether a run went on although its clock was odd, because a person said that it is right.
bool has_accepted_clock(const Json& run_start) {
  const auto accepted = run_start.find("accepted");
  return accepted != run_start.end() &&
         std::find(accepted->begin(), accepted->end(), "clock") != accepted->end();
}

}  // namespace

bool bears_facts(std::string_view type) {
  return type == "run.start" || type == "run.end" || type == "policy" || type == "import" ||
         type == "hold.place" || type == "hold.release";
}

std::optional<std::string> find_member_fault(std::string_view type, std::string_view members) {
  const auto known = std::find_if(kTypes.begin(), kTypes.end(),
                                  [&](const Type& candidate) { return candidate.name == type; });
  if (known == kTypes.end()) {
    return "expected a known type, found \"" + base::printable(type) + "\"";
  }
  if (is_too_deep(members)) return "expected members nested a few levels deep, found more";
  const Json json = parse(members);
  if (json.is_discarded()) return "expected members in JSON, found text that is not";
  const std::string canonical = json.dump();
  if (std::string_view(canonical).substr(1, canonical.size() - 2) != members) {
    return "expected members in canonical JSON, each once, found another writing";
  }
  if (!is_plain(json)) return "expected integers only and no null, found another value";
  if (auto fault = find_fault(json, *known)) return fault;
  if (type == "policy" && json.at("policy") != policy_digest(to_policy(json))) {
    return "expected the digest of the policy's members as \"policy\", found another";
  }
  return std::nullopt;
}

void fold(LogFacts& facts, const LineParts& entry) {
  const Json json = parse(entry.members);
  const base::Time time = base::parse_log_time(entry.time).value();
  if (entry.type == "run.start") {
    const RunStarted run{json.at("run"), json.at("host"),
                         base::parse_date(json.at("today").get_ref<const std::string&>()).value(),
                         time, entry.seq};
    const bool is_newest = !facts.newest_run_start || time >= facts.newest_run_start->time;
    if (is_newest || has_accepted_clock(json)) facts.newest_run_start = run;
    facts.last_run_start = run;
  } else if (entry.type == "run.end") {
    facts.last_run_end =
        RunEnded{json.at("run"),       json.at("outcome"), time,
                 json.at("destroyed"), json.at("failed"),  json.at("held"),
                 json.at("attention"), json.at("bytes"),   json.value("removed", std::uint64_t{0})};
    // One that failed may have done so before it compared index and log.
    const bool is_of_last = facts.last_run_start && facts.last_run_start->run == json.at("run");
    if (is_of_last && json.at("outcome") != "failed") {
      facts.settled_size = facts.last_run_start->seq + 1;
    }
  } else if (entry.type == "import") {
    ++facts.imports;
  } else if (entry.type == "policy") {
    facts.policy = to_policy(json);
    facts.policy_digest = json.at("policy");
  } else if (entry.type == "hold.place") {
    facts.open_holds[json.at("reference")] = json.at("kind");
  } else if (entry.type == "hold.release") {
    facts.open_holds.erase(json.at("reference").get<std::string>());
  }
}

std::string text_member(std::string_view members, const char* name) {
  return parse(members).at(name);
}

}  // namespace expunge::audit
