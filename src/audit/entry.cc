#include "audit/entry.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"

namespace expunge::audit {
namespace {

using Json = nlohmann::ordered_json;

/// Canonical: members in the order of insertion, no spaces, raw UTF-8. Throws Failure(usage) for
/// text that is not UTF-8: it came from the configuration or the index.
std::string dump(const Json& json) {
  try {
    return json.dump();
  } catch (const Json::type_error&) {
    throw base::Failure(base::ExitStatus::usage,
                        "an entry of the log would hold text that is not UTF-8; correct the "
                        "configuration or the index");
  }
}

Draft draft(const char* type, const Json& members) {
  std::string text = dump(members);
  return {type, text.substr(1, text.size() - 2)};
}

Json to_json(const std::vector<PolicyDepartment>& departments) {
  Json list = Json::array();
  for (const PolicyDepartment& department : departments) {
    list.push_back({{"name", department.name}, {"period", department.period}});
  }
  return list;
}

Json policy_json(const Policy& policy) {
  return {{"timezone", policy.timezone},
          {"departments", to_json(policy.departments)},
          {"schedule", policy.schedule}};
}

Json to_json(const FileDestroyed& file) {
  Json json = {{"role", file.role}, {"bytes", file.bytes}};
  if (file.sha256) json["sha256"] = base::to_hex(*file.sha256);
  json["method"] = file.method;
  json["passes"] = file.passes;
  json["verified"] = file.verified;
  json["filesystem"] = file.filesystem;
  return json;
}

Json required_members(const Destroyed& entry) {
  Json files = Json::array();
  for (const FileDestroyed& file : entry.files) files.push_back(to_json(file));
  return {{"run", entry.run},
          {"recording", entry.recording},
          {"department", entry.department},
          {"recorded", base::to_text(entry.recorded)},
          {"due", base::to_text(entry.due)},
          {"period", entry.period},
          {"files", std::move(files)},
          {"claim", entry.claim}};
}

void add_optional_members(const Destroyed& entry, Json& json) {
  if (!entry.authority.empty()) json["authority"] = entry.authority;
  if (!entry.note.empty()) json["note"] = entry.note;
  if (!entry.medium.empty()) json["medium"] = entry.medium;
}

}  // namespace

std::string policy_digest(const Policy& policy) {
  return base::to_hex(base::sha256(dump(policy_json(policy))));
}

Draft to_draft(const LogOpen& entry) {
  return draft("log.open", {{"vkey", entry.vkey}, {"tool", entry.tool}});
}

Draft to_draft(const Policy& entry) {
  Json json = {{"policy", policy_digest(entry)}};
  json.update(policy_json(entry));
  return draft("policy", json);
}

Draft to_draft(const Import& entry) {
  return draft("import", {{"source", entry.source},
                          {"rows", entry.rows},
                          {"added", entry.added},
                          {"changed", entry.changed},
                          {"rejected", entry.rejected}});
}

Draft to_draft(const HoldChange& entry) {
  const bool placed = entry.change == HoldChange::Kind::place;
  return draft(placed ? "hold.place" : "hold.release",
               {{"reference", entry.reference}, {"kind", entry.kind}, {"user", entry.user}});
}

Draft to_draft(const PlanApprove& entry) {
  return draft("plan.approve", {{"plan", entry.plan},
                                {"today", base::to_text(entry.today)},
                                {"due", entry.due},
                                {"bytes", entry.bytes},
                                {"user", entry.user}});
}

Draft to_draft(const RunStart& entry) {
  Json json = {{"run", entry.run},           {"host", entry.host},
               {"user", entry.user},         {"today", base::to_text(entry.today)},
               {"timezone", entry.timezone}, {"policy", entry.policy},
               {"due", entry.due},           {"held", entry.held},
               {"bytes", entry.bytes},       {"plan", entry.plan}};
  if (!entry.accepted.empty()) json["accepted"] = entry.accepted;
  if (!entry.approval.empty()) json["approval"] = entry.approval;
  if (!entry.accept.empty()) json["accept"] = entry.accept;
  return draft("run.start", json);
}

Draft to_draft(const RunBraked& entry) {
  return draft("run.braked", {{"run", entry.run},
                              {"host", entry.host},
                              {"user", entry.user},
                              {"today", base::to_text(entry.today)},
                              {"brake", entry.brake},
                              {"found", entry.found},
                              {"allowed", entry.allowed}});
}

Draft to_draft(const Destroyed& entry) {
  Json json = required_members(entry);
  add_optional_members(entry, json);
  return draft(entry.type == Destroyed::Type::destroy ? "destroy" : "remove", json);
}

Draft to_draft(const DestroyPartial& entry) {
  Json json = required_members(entry.destroyed);
  json["overwritten"] = entry.overwritten_bytes;
  json["kept"] = entry.kept_bytes;
  add_optional_members(entry.destroyed, json);
  return draft("destroy.partial", json);
}

Draft to_draft(const DestroyFailed& entry) {
  return draft("destroy.failed",
               {{"run", entry.run}, {"recording", entry.recording}, {"reason", entry.reason}});
}

Draft to_draft(const RunEnd& entry) {
  Json json = {{"run", entry.run},       {"outcome", entry.outcome}, {"destroyed", entry.destroyed},
               {"failed", entry.failed}, {"held", entry.held},       {"attention", entry.attention},
               {"bytes", entry.bytes}};
  if (!entry.cleaned.empty()) json["cleaned"] = entry.cleaned;
  if (entry.removed > 0) json["removed"] = entry.removed;
  return draft("run.end", json);
}

Draft to_draft(const KeyRotate& entry) {
  return draft("key.rotate", {{"vkey", entry.vkey}, {"pop", entry.pop}, {"reason", entry.reason}});
}

Draft to_draft(const LogRecovered& entry) {
  return draft("log.recovered",
               {{"bytes", entry.bytes}, {"sha256", entry.sha256}, {"reason", entry.reason}});
}

}  // namespace expunge::audit
