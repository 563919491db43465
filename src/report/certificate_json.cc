#include "report/certificate_json.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "certify/file_name.h"

namespace expunge::report {
namespace {

using Json = nlohmann::ordered_json;

/// An entry's place in front of what it says.
template <typename T>
Json placed(const certify::Logged<T>& logged) {
  return {{"seq", logged.seq}, {"time", base::to_text(logged.time)}, {"key", logged.key_id}};
}

Json run_json(const std::string& run, const certify::RunFacts& facts) {
  Json json = {{"id", run}};
  if (facts.start) {
    json["start"] = placed(*facts.start);
    json["start"].update(Json{{"host", facts.start->says.host},
                              {"user", facts.start->says.user},
                              {"restricted", facts.start->says.restricted}});
  }
  if (facts.end) {
    json["end"] = placed(*facts.end);
    json["end"]["outcome"] = facts.end->says.outcome;
  }
  if (facts.approval) {
    json["approval"] = placed(*facts.approval);
    json["approval"].update(Json{{"plan", facts.approval->says.plan},
                                 {"user", facts.approval->says.user},
                                 {"two_person", facts.approval->says.two_person}});
  }
  if (facts.policy) {
    json["policy"] = placed(*facts.policy);
    json["policy"].update(Json{{"policy", audit::policy_digest(facts.policy->says)},
                               {"schedule", facts.policy->says.schedule}});
  }
  return json;
}

Json checkpoint_json(const certify::Chosen& by) {
  Json json = {{"name", by.name},
               {"size", by.file.note.checkpoint.size},
               {"root", base::to_hex(by.file.note.checkpoint.root)},
               {"key", by.key_id}};
  if (by.stamp) {
    json["time_stamp"] = by.stamp->name;
    json["time_stamp_says"] = base::to_text(by.stamp->time);
  }
  return json;
}

Json files_json(const audit::Destroyed& says) {
  Json files = Json::array();
  for (const audit::FileDestroyed& file : says.files) {
    Json json = {{"role", file.role}, {"bytes", file.bytes}};
    if (file.sha256) json["sha256"] = base::to_hex(*file.sha256);
    json.update(Json{{"method", file.method},
                     {"passes", file.passes},
                     {"verified", file.verified},
                     {"filesystem", file.filesystem}});
    files.push_back(std::move(json));
  }
  return files;
}

Json delay_json(const certify::Delay& delay) {
  Json holds = Json::array();
  for (const auto& hold : delay.holds) {
    holds.push_back({{"placed", hold.placed}, {"released", hold.released}});
  }
  Json json = {
      {"days", delay.days}, {"holds_ended", std::move(holds)}, {"other_policies", delay.policies}};
  for (const auto& correction : delay.corrections) {
    json["corrected"].push_back({{"seq", correction.entry}, {"fact", correction.fact}});
  }
  if (!delay.names_added.empty()) json["names_added"] = delay.names_added;
  if (delay.approved) json["approved"] = delay.approved->entry;
  if (delay.log_began) json["log_began"] = base::to_text(*delay.log_began);
  return json;
}

Json recording_json(const certify::RecordingFacts& facts, const Issue& issue) {
  const audit::Destroyed& says = facts.entry.says;
  Json json = {{"recording", says.recording},
               {"became", certify::is_removal(says) ? "removed" : "destroyed"},
               {"department", says.department},
               {"recorded", base::to_text(says.recorded)},
               {"due", base::to_text(says.due)},
               {"period", says.period}};
  if (facts.done_on) json["on"] = base::to_text(*facts.done_on);
  json["files"] = files_json(says);
  json["claim"] = says.claim;
  const auto add = [&](const char* name, const std::string& text) {
    if (!text.empty()) json[name] = text;
  };
  add("authority", says.authority);
  add("note", says.note);
  add("medium", says.medium);
  add("ground", says.ground);
  if (auto roles = certify::missing_roles(says.note); !roles.empty()) {
    json["missing"] = std::move(roles);
  }
  if (const plan::Doubt doubt = certify::doubt_of(says); doubt.date || doubt.department) {
    json["in_doubt"] = Json::array();
    if (doubt.date) json["in_doubt"].push_back("recorded");
    if (doubt.department) json["in_doubt"].push_back("department");
  }
  if (facts.is_back) json["returned"] = true;
  if (facts.delay) json["late"] = delay_json(*facts.delay);
  if (facts.past_schedule && !has_impossible_date(says, issue, facts.done_on))
    json["late_by_schedule"] = delay_json(*facts.past_schedule);
  json["entry"] = placed(facts.entry);
  json["run"] = run_json(says.run, *facts.run);
  json["others"] = Json::array();
  for (const certify::Mention& other : facts.others) {
    Json mention = {{"seq", other.seq}, {"time", base::to_text(other.time)}, {"type", other.type}};
    if (!other.reason.empty()) mention["reason"] = other.reason;
    json["others"].push_back(std::move(mention));
  }
  json["log"] = facts.by.file.note.checkpoint.origin;
  json["checkpoint"] = checkpoint_json(facts.by);
  json["proof"] = certify::file_name_of(says.recording) + ".tlog-proof";
  return json;
}

}  // namespace

std::string certificates_json(std::span<const certify::RecordingFacts> recordings,
                              const Issue& issue) {
  Json json = {{"format", "expunge-certificates/1"},
               {"controller", issue.controller},
               {"contact", issue.contact},
               {"made", base::to_text(issue.at)},
               {"recordings", Json::array()}};
  for (const certify::RecordingFacts& facts : recordings) {
    json["recordings"].push_back(recording_json(facts, issue));
  }
  return base::printable_json(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace expunge::report
