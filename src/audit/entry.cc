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

Json to_json(const std::vector<PolicyAlias>& aliases) {
  Json list = Json::array();
  for (const PolicyAlias& alias : aliases) {
    list.push_back({{"name", alias.name}, {"department", alias.department}});
  }
  return list;
}

Json to_json(const Predecessor& predecessor) {
  return {{"origin", predecessor.origin},
          {"size", predecessor.size},
          {"root", base::to_hex(predecessor.root)},
          {"reason", predecessor.reason},
          {"authority", predecessor.authority}};
}

Json policy_json(const Policy& policy) {
  Json json = {{"timezone", policy.timezone},
               {"departments", to_json(policy.departments)},
               {"schedule", policy.schedule}};
  if (!policy.aliases.empty()) json["aliases"] = to_json(policy.aliases);
  return json;
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
  if (!entry.ground.empty()) json["ground"] = entry.ground;
}

const char* type_of(HoldChange::Kind change) {
  switch (change) {
    case HoldChange::Kind::place:
      return "hold.place";
    case HoldChange::Kind::release:
      return "hold.release";
    case HoldChange::Kind::confirm:
      return "hold.confirm";
    case HoldChange::Kind::keep:
      break;
  }
  return "hold.keep";
}

}  // namespace

std::string policy_digest(const Policy& policy) {
  return base::to_hex(base::sha256(dump(policy_json(policy))));
}

Draft to_draft(const LogOpen& entry) {
  Json json = {{"vkey", entry.vkey}, {"tool", entry.tool}};
  if (!entry.checkpoint_vkey.empty()) json["checkpoint_vkey"] = entry.checkpoint_vkey;
  if (entry.predecessor) json["predecessor"] = to_json(*entry.predecessor);
  return draft("log.open", json);
}

Draft to_draft(const Policy& entry) {
  Json json = {{"policy", policy_digest(entry)}};
  json.update(policy_json(entry));
  return draft("policy", json);
}

Draft to_draft(const Import& entry) {
  Json json = {{"source", entry.source},
               {"rows", entry.rows},
               {"added", entry.added},
               {"changed", entry.changed},
               {"rejected", entry.rejected}};
  if (!entry.user.empty()) json["user"] = entry.user;
  return draft("import", json);
}

Draft to_draft(const HoldChange& entry) {
  Json json = {{"reference", entry.reference}, {"kind", entry.kind}, {"user", entry.user}};
  if (entry.effective) json["effective"] = base::to_text(*entry.effective);
  if (entry.unconfirmed) json["unconfirmed"] = true;
  return draft(type_of(entry.change), json);
}

Draft to_draft(const Acknowledge& entry) {
  Json json = {{"recordings", entry.recordings},
               {"cause", entry.cause},
               {"until", base::to_text(entry.until)},
               {"user", entry.user}};
  if (!entry.recording.empty()) json["recording"] = entry.recording;
  return draft("acknowledge", json);
}

Draft to_draft(const Withdraw& entry) {
  return draft("acknowledge.withdraw",
               {{"recording", entry.recording}, {"cause", entry.cause}, {"user", entry.user}});
}

Draft to_draft(const Correct& entry) {
  Json json = {{"recording", entry.recording},
               {"fact", entry.fact},
               {"authority", entry.authority},
               {"user", entry.user}};
  if (!entry.department.empty()) json["department"] = entry.department;
  if (entry.recorded) json["recorded"] = base::to_text(*entry.recorded);
  return draft("correct", json);
}

Draft to_draft(const OrderChange& entry) {
  return draft(entry.withdrawn ? "order.withdraw" : "order", {{"recording", entry.recording},
                                                              {"ground", entry.ground},
                                                              {"authority", entry.authority},
                                                              {"user", entry.user}});
}

Draft to_draft(const PlanApprove& entry) {
  Json json = {{"plan", entry.plan},
               {"today", base::to_text(entry.today)},
               {"due", entry.due},
               {"bytes", entry.bytes},
               {"user", entry.user}};
  if (entry.two_person) json["two_person"] = true;
  return draft("plan.approve", json);
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
  if (!entry.tool.empty()) json["tool"] = entry.tool;
  if (entry.restricted) json["restricted"] = true;
  if (entry.two_person) json["two_person"] = true;
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
  if (entry.acknowledged > 0) json["acknowledged"] = entry.acknowledged;
  if (entry.without_file > 0) json["without_file"] = entry.without_file;
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
