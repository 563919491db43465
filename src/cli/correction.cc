#include "cli/correction.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "plan/decision.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;
using std::chrono::sys_seconds;

/// Whether nothing but a person's word can make this date of its one that may be true.
bool needs_word(const archive::Recording& recording, const std::optional<sys_seconds>& recorded_at,
                const policy::TimeZone& zone) {
  return recording.state != archive::State::returned && recorded_at &&
         plan::is_after_indexing(zone.civil_date(*recorded_at), recording.indexed_on);
}

/// What differs from the index, or stands against it, an entry for each fact.
std::vector<audit::Draft> entries_of_right(const Right& right, const archive::Recording& recording,
                                           const archive::Index& index,
                                           const policy::TimeZone& zone,
                                           const std::string& authority) {
  std::vector<audit::Draft> drafts;
  audit::Correct entry{recording.id, "", authority, login_name()};
  if (right.department != nullptr && (recording.department != right.department->name ||
                                      index.is_contradicted(recording.key, "department"))) {
    entry.fact = "department";
    entry.department = right.department->name;
    drafts.push_back(audit::to_draft(entry));
    entry.department.clear();
  }
  if (right.recorded_at && (recording.recorded_at != right.recorded_at ||
                            needs_word(recording, right.recorded_at, zone) ||
                            index.is_contradicted(recording.key, "recorded_at"))) {
    entry.fact = "recorded_at";
    entry.recorded = zone.civil_date(*right.recorded_at);
    drafts.push_back(audit::to_draft(entry));
  }
  // Whose call it is goes into no entry.
  const auto add = [&](const char* fact, const std::optional<std::string>& is,
                       const std::string& key, const std::string& was) {
    if (!is || (key == was && !index.is_contradicted(recording.key, fact))) return;
    drafts.push_back(audit::to_draft(audit::Correct{recording.id, fact, authority, login_name()}));
  };
  add("subject", right.subject, archive::subject_key(right.subject.value_or("")),
      recording.subject_key);
  add("agent", right.agent, archive::subject_key(right.agent.value_or("")), recording.agent_key);
  add("call_id", right.call, right.call.value_or(""), recording.call_id);
  return drafts;
}

/// Whether --as-indexed says that its date is right although the index had it before; not where
/// what it settles is something else, of which alone the plan has told.
bool confirms_date(const archive::Recording& recording, const archive::Index& index,
                   const policy::TimeZone& zone, base::CivilDate today) {
  if (!needs_word(recording, recording.recorded_at, zone)) return false;
  const bool is_of_date =
      recording.contradiction.empty() || index.is_contradicted(recording.key, "recorded_at");
  return is_of_date && zone.civil_date(*recording.recorded_at) <= today;
}

/// An entry for each fact that imports contradict, and for a date that is right all the same. A
/// path goes into no entry.
std::vector<audit::Draft> entries_of_settling(const archive::Recording& recording,
                                              const archive::Index& index,
                                              const policy::TimeZone& zone, base::CivilDate today,
                                              const std::string& authority) {
  std::set<std::string> facts;
  for (const std::string& fact : index.contradicted_facts(recording.key)) {
    facts.insert(fact.substr(0, fact.find(' ')));
  }
  if (confirms_date(recording, index, zone, today)) facts.insert("recorded_at");
  std::vector<audit::Draft> drafts;
  for (const std::string& fact : facts) {
    audit::Correct entry{recording.id, fact, authority, login_name()};
    if (fact == "department") entry.department = recording.department;
    if (fact == "recorded_at" && recording.recorded_at) {
      entry.recorded = zone.civil_date(*recording.recorded_at);
    }
    drafts.push_back(audit::to_draft(entry));
  }
  return drafts;
}

bool are_same(const std::vector<archive::File>& found, const std::vector<archive::File>& indexed) {
  return std::equal(found.begin(), found.end(), indexed.begin(), indexed.end(),
                    [](const archive::File& x, const archive::File& y) {
                      return x.path == y.path && x.bytes == y.bytes && x.sha256 == y.sha256;
                    });
}

/// One entry for all its files: what they were found to be goes into none.
std::vector<audit::Draft> entries_of_found(const std::vector<archive::File>& found,
                                           const archive::Recording& recording,
                                           const archive::Index& index,
                                           const std::string& authority) {
  const bool are_its =
      std::equal(found.begin(), found.end(), recording.files.begin(), recording.files.end(),
                 [](const archive::File& x, const archive::File& y) { return x.path == y.path; });
  if (!are_its) {
    throw Failure(ExitStatus::usage,
                  fmt::format("recording {}: the index got other files of its meanwhile; nothing "
                              "was changed; call this again",
                              base::printable(recording.id)));
  }
  if (are_same(found, recording.files) && !index.are_files_contradicted(recording.key) &&
      !recording.missing_seq) {
    return {};
  }
  return {audit::to_draft(audit::Correct{recording.id, "file", authority, login_name()})};
}

/// Of one that the log says was ordered to be destroyed, and the index does not know to be.
constexpr const char* kOrderAlone =
    "an order to destroy it stands in the log alone: give it again (expunge destroy), or withdraw "
    "it (expunge destroy --withdraw)";

std::string why_nothing(const Right& right, const archive::Recording& recording,
                        const archive::Index& index, const policy::TimeZone& zone,
                        base::CivilDate today) {
  if (right.as_found) return "the index has its files as they are, and nothing stands against them";
  if (index.is_contradicted(recording.key, "order")) return kOrderAlone;
  if (!right.as_indexed) return "that is what the index says, and nothing stands against it";
  if (recording.recorded_at && zone.civil_date(*recording.recorded_at) > today) {
    return "its date is yet to come, and so cannot be right: give the true one (--recorded-at)";
  }
  return "no import says anything against the index";
}

[[noreturn]] void refuse(const archive::Recording& recording, const std::string& why) {
  throw Failure(ExitStatus::usage, fmt::format("recording {}: {}; nothing was changed",
                                               base::printable(recording.id), why));
}

}  // namespace

std::string fault_of_date(sys_seconds recorded_at, const policy::RetentionSchedule& schedule,
                          base::Time now) {
  if (recorded_at > now) return "is in the future: " + base::to_text(recorded_at);
  if (schedule.time_zone.civil_date(recorded_at) >= schedule.earliest) return "";
  return "is before retention.earliest, " + base::to_text(schedule.earliest) + ": " +
         base::to_text(recorded_at);
}

void take_what_imports_say(Correction& correction, const archive::Recording& recording,
                           const Desk& desk) {
  const policy::RetentionSchedule& schedule = desk.config().schedule;
  const auto said = [&](const char* fact) {
    auto value = desk.index().said_otherwise(recording.key, fact);
    return value == "" ? std::nullopt : std::move(value);
  };
  const auto department = said("department");
  const auto date = said("recorded_at");
  if (!department && !date) {
    const auto facts = desk.index().contradicted_facts(recording.key);
    if (facts.empty() && desk.index().is_contradicted(recording.key, "order")) {
      refuse(recording, kOrderAlone);
    }
    refuse(recording, recording.contradiction.empty()
                          ? "no import says anything against it"
                          : "no import says anything against its date or department; whose call it "
                            "is goes by --subject, --agent or --call, and its files by --as-found");
  }
  Right& right = correction.right;
  if (department) {
    right.department = schedule.find(*department);
    if (right.department == nullptr) {
      refuse(recording, "what is said against it is that it is of '" +
                            base::printable(*department) +
                            "', which the retention schedule does not name; say which department "
                            "that is: --department");
    }
  }
  if (!date) return;
  right.recorded_at = base::parse_instant(*date);
  if (!right.recorded_at) {
    refuse(recording, "what is said against it is that its date is '" + base::printable(*date) +
                          "', which is no time; say which it is: --recorded-at");
  }
  const std::string fault = fault_of_date(*right.recorded_at, schedule, desk.now());
  if (!fault.empty()) {
    refuse(recording,
           "the date that is said against it " + fault + "; say which it is: --recorded-at");
  }
}

std::vector<audit::Draft> entries_of(const Correction& correction,
                                     const archive::Recording& recording, const Desk& desk) {
  const Right& right = correction.right;
  const policy::TimeZone& zone = desk.config().schedule.time_zone;
  auto drafts =
      right.as_found
          ? entries_of_found(correction.found, recording, desk.index(), correction.authority)
      : right.as_indexed
          ? entries_of_settling(recording, desk.index(), zone, desk.today(), correction.authority)
          : entries_of_right(right, recording, desk.index(), zone, correction.authority);
  if (drafts.empty()) {
    refuse(recording, why_nothing(right, recording, desk.index(), zone, desk.today()));
  }
  return drafts;
}

bool is_awaited(const archive::Index& index, const std::string& id) {
  const auto words = index.lost_words(id);
  return std::any_of(words.begin(), words.end(), [&](const archive::LostWord& word) {
    return word.awaited && word.fact != "order";
  });
}

std::vector<audit::Draft> await_no_more(const archive::Index& index,
                                        archive::Index::Writing& writing,
                                        const Correction& correction) {
  std::vector<audit::Draft> drafts;
  for (const archive::LostWord& word : index.lost_words(correction.id)) {
    if (!word.awaited || word.fact == "order") continue;
    drafts.push_back(audit::to_draft(
        audit::Correct{correction.id, word.fact, correction.authority, login_name()}));
    writing.await_no_more(word.recording, word.fact);
  }
  return drafts;
}

void put_right(archive::Index::Writing& writing, const Correction& correction,
               const archive::Recording& recording, const Desk& desk) {
  const Right& right = correction.right;
  const policy::TimeZone& zone = desk.config().schedule.time_zone;
  if (right.department != nullptr) {
    writing.correct_department(recording.key, right.department->name);
  }
  auto recorded_at = right.recorded_at;
  if (right.as_indexed) {
    if (confirms_date(recording, desk.index(), zone, desk.today())) {
      recorded_at = recording.recorded_at;
    }
    writing.settle_contradictions(recording.key);
  }
  if (recorded_at) {
    writing.correct_recorded_at(recording.key, *recorded_at);
    if (needs_word(recording, recorded_at, zone)) {
      writing.raise_indexed_on(recording.key, desk.today());
    }
  }
  if (right.subject) writing.correct_subject(recording.key, *right.subject);
  if (right.agent) writing.correct_agent(recording.key, *right.agent);
  if (right.call) writing.correct_call(recording.key, *right.call);
  if (right.as_found) writing.correct_files(recording.key, correction.found);
}

}  // namespace expunge::cli
