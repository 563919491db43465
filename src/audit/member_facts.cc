// What entries in which no fault was found say.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "audit/members.h"
#include "base/text.h"
#include "base/time.h"

namespace expunge::audit {
namespace {

using Json = nlohmann::ordered_json;

/// Whether a run went on although its clock was odd, because a person said that it is right.
bool has_accepted_clock(const Json& run_start) {
  const auto accepted = run_start.find("accepted");
  return accepted != run_start.end() &&
         std::find(accepted->begin(), accepted->end(), "clock") != accepted->end();
}

void fold_hold(LogFacts& facts, std::string_view type, const Json& json) {
  const std::string reference = json.at("reference");
  const auto effective = json.find("effective");
  const bool ends_at_once =
      type == "hold.release" && effective == json.end() && !json.contains("unconfirmed");
  facts.ending_holds.erase(reference);
  if (ends_at_once) {  // as all releases were before they could be taken back
    facts.open_holds.erase(reference);
    return;
  }
  facts.open_holds[reference] = json.at("kind");
  if (type != "hold.release" && type != "hold.confirm") return;
  auto& ending = facts.ending_holds[reference];
  if (effective != json.end()) {
    ending = base::parse_date(effective->get_ref<const std::string&>()).value();
  }
}

Json parse(std::string_view members) {
  return Json::parse(as_object(members), nullptr, false);
}

}  // namespace

std::string as_object(std::string_view members) {
  std::string object = "{";
  object.append(members).append("}");
  return object;
}

Policy policy_of(std::string_view members) {
  const Json json = parse(members);
  Policy policy{json.at("timezone"), {}, json.at("schedule")};
  for (const Json& department : json.at("departments")) {
    policy.departments.push_back({department.at("name"), department.at("period")});
  }
  if (const auto found = json.find("aliases"); found != json.end()) {
    for (const Json& alias : *found) {
      policy.aliases.push_back({alias.at("name"), alias.at("department")});
    }
  }
  return policy;
}

bool bears_facts(std::string_view type) {
  return type == "run.start" || type == "run.end" || type == "run.braked" || type == "policy" ||
         type == "import" || type == "correct" || type == "destroy.partial" ||
         type.starts_with("hold.") || type.starts_with("order");
}

void fold(LogFacts& facts, const LineParts& entry) {
  const Json json = parse(entry.members);
  const base::Time time = base::parse_log_time(entry.time).value();
  if (entry.type == "run.start") {
    const auto today = base::parse_date(json.at("today").get_ref<const std::string&>()).value();
    const RunStarted run{json.at("run"), json.at("host"), today,
                         time,           entry.seq,       json.value("restricted", false)};
    const bool is_newest = !facts.newest_run_start || time >= facts.newest_run_start->time;
    if (is_newest || has_accepted_clock(json)) facts.newest_run_start = run;
    facts.last_run_start = run;
    facts.last_partial = 0;
    facts.more_tried_in_run.reset();
    facts.last_braked.reset();
    // A run that went ahead on that day has taken these for ended.
    std::erase_if(facts.ending_holds, [&](const auto& ending) {
      if (!ending.second || *ending.second > run.today) return false;
      facts.open_holds.erase(ending.first);
      return true;
    });
  } else if (entry.type == "run.end") {
    facts.last_run_end = RunEnded{json.at("run"),
                                  json.at("outcome"),
                                  time,
                                  json.at("destroyed"),
                                  json.at("failed"),
                                  json.at("held"),
                                  json.at("attention"),
                                  json.at("bytes"),
                                  json.value("removed", std::uint64_t{0}),
                                  json.value("acknowledged", std::uint64_t{0}),
                                  json.value("without_file", std::uint64_t{0})};
    const bool is_of_last =
        facts.last_run_start && facts.last_run_start->run == facts.last_run_end->run;
    if (is_of_last) {
      facts.last_run_end->first_seq = facts.last_run_start->seq;
      facts.last_run_end->last_seq = entry.seq;
    }
    // One of what was ordered says nothing about whether the nightly one is alive.
    const bool is_nightly = !is_of_last || !facts.last_run_start->restricted;
    if (facts.last_run_end->outcome == "complete" && is_nightly) {
      facts.last_complete_end = facts.last_run_end;
      // It has tried all that is due: what it did not name is not among them any more.
      facts.more_tried_from = facts.more_tried_in_run;
    }
    // One that failed may have done so before it compared index and log.
    if (is_of_last && json.at("outcome") != "failed") {
      facts.settled_size = facts.last_run_start->seq + 1;
    }
  } else if (entry.type == "run.braked") {
    const std::string run = json.at("run");
    if (!facts.last_braked || facts.last_braked->run != run) {
      facts.last_braked = RunStopped{run, time, {}};
    }
    facts.last_braked->brakes.push_back(json.at("brake"));
  } else if (entry.type == "destroy.partial") {
    ++facts.last_partial;
  } else if (entry.type == "import") {
    ++facts.imports;
    if (const auto user = json.find("user"); user != json.end()) facts.importers.insert(*user);
  } else if (entry.type == "correct" || entry.type.starts_with("order")) {
    // Changes the index as an import does: it is missed as one, and whoever corrects has decided
    // what is due. Whoever orders may approve what else there is.
    ++facts.imports;
    if (entry.type == "correct") facts.importers.insert(json.at("user"));
  } else if (entry.type == "policy") {
    facts.policy = policy_of(entry.members);
    facts.policy_digest = json.at("policy");
  } else if (entry.type.starts_with("hold.")) {
    fold_hold(facts, entry.type, json);
  }
}

OpenedWith opened_with(std::string_view members) {
  const Json json = parse(members);
  OpenedWith opened;
  if (const auto found = json.find("checkpoint_vkey"); found != json.end()) {
    opened.checkpoint_vkey = found->get<std::string>();
  }
  if (const auto found = json.find("predecessor"); found != json.end()) {
    Predecessor predecessor{
        found->at("origin"), found->at("size"), {}, found->at("reason"), found->at("authority")};
    const auto root = base::from_hex(found->at("root").get_ref<const std::string&>()).value();
    std::copy(root.begin(), root.end(), predecessor.root.begin());
    opened.predecessor = std::move(predecessor);
  }
  return opened;
}

std::string text_member(std::string_view members, const char* name) {
  return parse(members).value(name, std::string());
}

}  // namespace expunge::audit
