#include "certify/recorded_days.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "certify/recordings.h"
#include "certify/runs.h"
#include "plan/plan.h"
#include "plan/said.h"

namespace expunge::certify {
namespace {

/// Looks at the log's entries, one after another.
class Asker {
 public:
  Asker(const RecordedDays& days, std::string path, DaysInLog& answer)
      : days_(days), path_(std::move(path)), runs_(path_), answer_(answer) {
    members_.push_back(member(days.department));
    for (const std::string& alias : days.aliases) members_.push_back(member(alias));
    none_ = member("");
  }

  void take(const audit::EntryView& entry) {
    runs_.take(entry);
    if (entry.type == "destroy.failed") {
      Logged<audit::DestroyFailed> failed = read_failed(entry, path_);
      answer_.failed[failed.says.recording] = std::move(failed.says.reason);
    } else if (entry.type == "destroy.partial") {
      take_partial(entry);
    } else if (entry.type == "destroy" || entry.type == "remove") {
      take_gone(entry);
    } else if (entry.type == "policy") {
      take_policy(entry);
    } else if (entry.type == "correct") {
      take_correct(entry);
    }
    answer_.knows_department = answer_.knows_department || may_be_asked_about(entry.line);
  }

  void finish() {
    answer_.gone = std::move(gone_);
    answer_.partly = partly_.size();
    answer_.nothing_left = nothing_left_.size();
  }

 private:
  static std::string member(const std::string& department) {
    return "\"department\":" + nlohmann::ordered_json(department).dump();
  }

  /// Most lines are of another department: they need not be read as JSON.
  [[nodiscard]] bool may_be_asked_about(std::string_view line) const {
    return std::any_of(members_.begin(), members_.end(), [&](const std::string& member) {
      return line.find(member) != std::string_view::npos;
    });
  }

  [[nodiscard]] bool is_of_days(const audit::Destroyed& says) const {
    return says.recorded >= days_.from && says.recorded <= days_.to;
  }

  [[nodiscard]] bool is_asked_about(const audit::Destroyed& says) const {
    return days_.has_department(says.department) && is_of_days(says);
  }

  void take_policy(const audit::EntryView& entry) {
    const Logged<audit::Policy> policy = read_policy(entry, path_);
    for (const audit::PolicyDepartment& each : policy.says.departments) {
      if (days_.has_department(each.name)) answer_.knows_department = true;
      answer_.departments.insert(each.name);
    }
    for (const audit::PolicyAlias& alias : policy.says.aliases) {
      const bool is_name = days_.has_department(alias.name);
      if (is_name) answer_.knows_department = true;
      if (is_name == days_.has_department(alias.department)) continue;
      const std::string& other = is_name ? alias.department : alias.name;
      if (is_name) answer_.other_name_of.insert(other);
      answer_.has_other_names = true;
      if (others_.insert(other).second) other_members_.push_back(member(other));
    }
  }

  [[nodiscard]] bool may_be_by_other_name(std::string_view line) const {
    return std::any_of(other_members_.begin(), other_members_.end(),
                       [&](const auto& each) { return line.find(each) != std::string_view::npos; });
  }

  void take_correct(const audit::EntryView& entry) {
    if (answer_.failed.empty()) return;
    const Logged<audit::Correct> correct = read_correct(entry, path_);
    // A person has said that its file is right as it is: no run refuses it for that any more.
    if (correct.says.fact == "file") answer_.failed.erase(correct.says.recording);
  }

  void take_partial(const audit::EntryView& entry) {
    if (!may_be_asked_about(entry.line)) return;
    const auto partial = read_partial(entry, path_);
    const std::string& recording = partial.says.destroyed.recording;
    if (!is_asked_about(partial.says.destroyed)) return;
    partly_.insert(recording);
    if (left_by(partial.says) == Left::nothing) nothing_left_.insert(recording);
  }

  void take_gone(const audit::EntryView& entry) {
    const std::string recording(audit::recording_of(entry));
    answer_.failed.erase(recording);
    partly_.erase(recording);
    nothing_left_.erase(recording);
    const bool may_be_unsure = entry.line.find(none_) != std::string_view::npos ||
                               entry.line.find("in doubt: ") != std::string_view::npos;
    if (!may_be_asked_about(entry.line) && !may_be_unsure && !may_be_by_other_name(entry.line)) {
      return;
    }
    const Logged<audit::Destroyed> gone = read_destroyed(entry, path_);
    plan::Doubt doubt = doubt_of(gone.says);
    doubt.date = doubt.date || is_impossible(gone);
    // A copy that came back is of the day and the department that it was of at first.
    const bool is_again = gone_.contains(recording) || by_order_.contains(recording);
    if (!is_again && (!is_asked_about(gone.says) || doubt.date || doubt.department)) {
      return take_other(gone, doubt);
    }
    // What claims less than a destruction is none, whatever its type.
    const bool destroyed = !is_removal(gone.says) && claims_destruction(gone.says);
    if (is_again || !gone_.insert(recording).second) {
      ++(destroyed ? answer_.destroyed_again : answer_.removed_again);
      return;
    }
    ++(destroyed ? answer_.destroyed : answer_.removed)[day_of(gone)];
    answer_.without_file += missing_roles(gone.says.note).empty() ? 0 : 1;
  }

  /// One that is not of the department and the days for sure.
  void take_other(const Logged<audit::Destroyed>& gone, plan::Doubt doubt) {
    const audit::Destroyed& says = gone.says;
    if ((others_.contains(says.department) && is_of_days(says)) || is_asked_about(says)) {
      answer_.gone_apart.insert(says.recording);
    }
    const bool is_unsure = says.department.empty() || doubt.department;
    if (says.ground.empty() || (!is_unsure && !days_.has_department(says.department))) return;
    if (!doubt.date && !is_of_days(says)) return;
    if (gone_.contains(says.recording) || !by_order_.insert(says.recording).second) return;
    DaysInLog::ByOrder& count = doubt.date ? answer_.undated : answer_.department_unsure;
    ++count.recordings;
    count.removed += is_removal(says) || !claims_destruction(says) ? 1 : 0;
  }

  /// Of one that an order had destroyed: whether it had no date that can be true.
  bool is_impossible(const Logged<audit::Destroyed>& gone) {
    const audit::Destroyed& says = gone.says;
    if (says.ground.empty()) return false;
    return says.recorded == base::kUnknownDate ||
           (days_.earliest && says.recorded < *days_.earliest) || says.recorded > day_of(gone);
  }

  base::CivilDate day_of(const Logged<audit::Destroyed>& gone) {
    const auto run = runs_.run(gone.says.run);
    const std::string name = run->start ? run->start->says.timezone : "UTC";
    if (name != zone_name_) {
      zone_ = policy::TimeZone::find(name);
      zone_name_ = name;
    }
    const auto second = std::chrono::floor<std::chrono::seconds>(gone.time);
    return zone_ ? zone_->civil_date(second)
                 : base::CivilDate{std::chrono::floor<std::chrono::days>(second)};
  }

  const RecordedDays& days_;
  std::vector<std::string> members_;
  std::string path_;
  RunTrail runs_;
  DaysInLog& answer_;
  std::string none_;                        // the member of no department
  std::set<std::string> others_;            // names that a policy joined with those asked about
  std::vector<std::string> other_members_;  // of these
  std::unordered_set<std::string> gone_, partly_, nothing_left_, by_order_;  // ids
  std::string zone_name_;
  std::optional<policy::TimeZone> zone_;
};

}  // namespace

bool RecordedDays::has_department(const std::string& name) const {
  return name == department || std::find(aliases.begin(), aliases.end(), name) != aliases.end();
}

DaysInLog ask_log(base::Sys& sys, const audit::LogPlace& place, const RecordedDays& days,
                  unsigned workers) {
  DaysInLog answer;
  Asker asker(days, audit::log_path(place.directory), answer);
  const Walked walked = walk(sys, place, [&](const audit::EntryView& entry) { asker.take(entry); });
  asker.finish();
  verify_up_to(sys, place, walked.newest, workers);
  answer.opening = walked.opening;
  answer.by = choose_checkpoint(sys, place, walked, walked.newest.note.checkpoint.size - 1);
  return answer;
}

namespace {

/// Whether one that by the index is not of the department and the days may be, each for itself: by
/// what an import said against it, or because nobody can say what is so.
struct MayBe {
  bool of_days, of_department;
};
MayBe may_be(const archive::Index& index, const policy::RetentionSchedule& schedule,
             const plan::Decider& decider, const RecordedDays& days,
             const archive::Recording& recording) {
  const plan::Decision decision = decider.decide(recording);
  plan::Doubt doubt = decider.doubt(decision, plan::contradicted_in(index, recording));
  // What came back keeps the day that was certified.
  if (!recording.recorded_at && recording.left_date) doubt.date = false;
  const plan::SaidElse said = plan::said_else(index, schedule, decision, recording);
  return {doubt.date && (!said.day || (*said.day >= days.from && *said.day <= days.to)),
          doubt.department && (!said.department || days.has_department(*said.department))};
}

/// What the log has in doubt, or by a name that a policy of it joined with the one asked about and
/// the index by the other.
void settle_apart(const archive::Index& index, const RecordedDays& days, const DaysInLog& log,
                  DaysInIndex& answer) {
  const auto is_gone = [](const archive::RecordingHistory& history) {
    return history.state == archive::State::destroyed || history.state == archive::State::removed;
  };
  for (const std::string& id : log.gone_apart) {
    const auto history = index.history(id);
    if (!history || !is_gone(*history) || !days.has_department(history->department)) continue;
    const auto& day = history->recorded_on;
    if (day && *day >= days.from && *day <= days.to && answer.gone > 0) --answer.gone;
  }
  if (!log.has_other_names) return;
  for (const std::string& id : log.gone) {
    const auto history = index.history(id);
    if (!history || days.has_department(history->department)) continue;
    if (is_gone(*history)) ++answer.gone;
    if (history->state == archive::State::returned) ++answer.returned_unsure;
  }
}

}  // namespace

DaysInIndex ask_index(const archive::Index& index, const policy::RetentionSchedule& schedule,
                      base::CivilDate today, const RecordedDays& days, const DaysInLog& log) {
  const archive::Index::Snapshot snapshot(index);
  const plan::HoldMatcher holds = plan::holds_of_day(index, schedule, today);
  const plan::Decider decider(schedule, holds, today);
  DaysInIndex answer;
  // All of them: a date that cannot be true stands anywhere.
  index.scan([&](const archive::Recording& recording) {
    const auto day = recording.recorded_at
                         ? std::optional(schedule.time_zone.civil_date(*recording.recorded_at))
                         : recording.left_date;
    const bool is_of_days = day && *day >= days.from && *day <= days.to;
    if (!is_of_days || !days.has_department(recording.department)) {
      const MayBe may = may_be(index, schedule, decider, days, recording);
      if (!is_of_days && !may.of_days) return true;
      if (!days.has_department(recording.department) && !may.of_department) return true;
      ++(is_of_days ? answer.department_unsure : answer.undated);
      return true;
    }
    if (recording.state == archive::State::returned && !log.gone_apart.contains(recording.id)) {
      ++answer.returned;
    }
    ++answer.by_verdict[decider.decide(recording).verdict];
    if (const auto failed = log.failed.find(recording.id); failed != log.failed.end()) {
      ++answer.failed[failed->second];
    }
    return true;
  });
  answer.gone = index.count_destroyed(days.department, days.from, days.to);
  for (const std::string& alias : days.aliases) {
    answer.gone += index.count_destroyed(alias, days.from, days.to);
  }
  settle_apart(index, days, log, answer);
  return answer;
}

}  // namespace expunge::certify
