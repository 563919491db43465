#include "audit/facts.h"

#include <nlohmann/json.hpp>

#include "audit/members.h"

namespace expunge::audit {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const RunStarted& run) {
  return {{"run", run.run},
          {"host", run.host},
          {"today", base::to_text(run.today)},
          {"time", base::to_text(run.time)},
          {"seq", run.seq},
          {"restricted", run.restricted}};
}

Json json_of(const RunEnded& run) {
  return {{"run", run.run},
          {"outcome", run.outcome},
          {"time", base::to_text(run.time)},
          {"destroyed", run.destroyed},
          {"failed", run.failed},
          {"held", run.held},
          {"attention", run.attention},
          {"bytes", run.bytes},
          {"removed", run.removed},
          {"acknowledged", run.acknowledged},
          {"without_file", run.without_file},
          {"first_seq", run.first_seq},
          {"last_seq", run.last_seq}};
}

Json json_of(const RunStopped& run) {
  return {{"run", run.run}, {"time", base::to_text(run.time)}, {"brakes", run.brakes}};
}

Json json_of(const Policy& policy) {
  Json departments = Json::array();
  for (const PolicyDepartment& department : policy.departments) {
    departments.push_back({{"name", department.name}, {"period", department.period}});
  }
  Json json = {{"timezone", policy.timezone},
               {"departments", std::move(departments)},
               {"schedule", policy.schedule}};
  if (policy.aliases.empty()) return json;
  Json aliases = Json::array();
  for (const PolicyAlias& alias : policy.aliases) {
    aliases.push_back({{"name", alias.name}, {"department", alias.department}});
  }
  json["aliases"] = std::move(aliases);
  return json;
}

// What follows throws std::bad_optional_access or what the JSON library throws.

base::Time to_time(const Json& json) {
  return base::parse_log_time(json.get_ref<const std::string&>()).value();
}

RunStarted to_started(const Json& json) {
  return {json.at("run"),
          json.at("host"),
          base::parse_date(json.at("today").get_ref<const std::string&>()).value(),
          to_time(json.at("time")),
          json.at("seq"),
          json.at("restricted")};
}

RunEnded to_ended(const Json& json) {
  return {json.at("run"),          json.at("outcome"),      to_time(json.at("time")),
          json.at("destroyed"),    json.at("failed"),       json.at("held"),
          json.at("attention"),    json.at("bytes"),        json.at("removed"),
          json.at("acknowledged"), json.at("without_file"), json.at("first_seq"),
          json.at("last_seq")};
}

Policy to_policy(const Json& json) {
  const std::string object = json.dump();
  return policy_of(std::string_view(object).substr(1, object.size() - 2));
}

LogFacts to_facts(const Json& json) {
  LogFacts facts;
  facts.destroyed = json.at("destroyed");
  facts.removed = json.at("removed");
  facts.imports = json.at("imports");
  facts.settled_size = json.at("settled_size");
  facts.last_partial = json.at("last_partial");
  facts.policy_digest = json.at("policy_digest");
  for (const auto& [reference, kind] : json.at("open_holds").items()) {
    facts.open_holds.emplace(reference, kind.get<std::string>());
  }
  for (const auto& [reference, day] : json.at("ending_holds").items()) {
    auto& ending = facts.ending_holds[reference];
    if (day != "") ending = base::parse_date(day.get_ref<const std::string&>()).value();
  }
  facts.importers = json.at("importers").get<std::set<std::string>>();
  const auto given = [&](const char* name) { return json.contains(name); };
  if (given("policy")) facts.policy = to_policy(json.at("policy"));
  if (given("newest_run_start")) facts.newest_run_start = to_started(json.at("newest_run_start"));
  if (given("last_run_start")) facts.last_run_start = to_started(json.at("last_run_start"));
  if (given("last_run_end")) facts.last_run_end = to_ended(json.at("last_run_end"));
  // Always written, so that a bookmark from before it was known is not taken for one without.
  if (!json.at("last_complete_end").is_null()) {
    facts.last_complete_end = to_ended(json.at("last_complete_end"));
  }
  if (const Json& braked = json.at("last_braked"); !braked.is_null()) {
    facts.last_braked = RunStopped{braked.at("run"), to_time(braked.at("time")),
                                   braked.at("brakes").get<std::vector<std::string>>()};
  }
  if (given("last_entry")) facts.last_entry = to_time(json.at("last_entry"));
  for (const Json& tried : json.at("tried")) {
    facts.tried.emplace(tried.at(0),
                        Tried{tried.at(1), to_time(tried.at(2)), to_time(tried.at(3))});
  }
  if (given("more_tried_from")) facts.more_tried_from = json.at("more_tried_from");
  if (given("more_tried_in_run")) facts.more_tried_in_run = json.at("more_tried_in_run");
  return facts;
}

}  // namespace

bool LogFacts::is_in_force(const std::string& reference, base::CivilDate day) const {
  if (open_holds.count(reference) == 0) return false;
  const auto ending = ending_holds.find(reference);
  return ending == ending_holds.end() || !ending->second || day < *ending->second;
}

std::string to_json(const LogFacts& facts) {
  Json json;
  json["destroyed"] = facts.destroyed;
  json["removed"] = facts.removed;
  json["imports"] = facts.imports;
  json["settled_size"] = facts.settled_size;
  json["last_partial"] = facts.last_partial;
  json["policy_digest"] = facts.policy_digest;
  json["open_holds"] = Json::object();
  for (const auto& [reference, kind] : facts.open_holds) json["open_holds"][reference] = kind;
  json["ending_holds"] = Json::object();
  for (const auto& [reference, day] : facts.ending_holds) {
    json["ending_holds"][reference] = day ? base::to_text(*day) : "";
  }
  json["importers"] = facts.importers;
  if (facts.policy) json["policy"] = json_of(*facts.policy);
  if (facts.newest_run_start) json["newest_run_start"] = json_of(*facts.newest_run_start);
  if (facts.last_run_start) json["last_run_start"] = json_of(*facts.last_run_start);
  if (facts.last_run_end) json["last_run_end"] = json_of(*facts.last_run_end);
  json["last_complete_end"] =
      facts.last_complete_end ? json_of(*facts.last_complete_end) : Json(nullptr);
  json["last_braked"] = facts.last_braked ? json_of(*facts.last_braked) : Json(nullptr);
  if (facts.last_entry) json["last_entry"] = base::to_text(*facts.last_entry);
  json["tried"] = Json::array();
  for (const auto& [recording, tried] : facts.tried) {
    json["tried"].push_back(
        {recording, tried.reason, base::to_text(tried.since), base::to_text(tried.last)});
  }
  if (facts.more_tried_from) json["more_tried_from"] = *facts.more_tried_from;
  if (facts.more_tried_in_run) json["more_tried_in_run"] = *facts.more_tried_in_run;
  return json.dump();
}

std::optional<LogFacts> parse_facts(std::string_view json) {
  try {
    LogFacts facts = to_facts(Json::parse(json));
    // A member that this version does not know would be lost: then the log is read again.
    if (to_json(facts) != json) return std::nullopt;
    return facts;
  } catch (const Json::exception&) {
    return std::nullopt;
  } catch (const std::bad_optional_access&) {
    return std::nullopt;
  }
}

}  // namespace expunge::audit
