#include "report/status_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "report/size_text.h"

namespace expunge::report {
namespace {

using Json = nlohmann::ordered_json;
using plan::Status;
using plan::Verdict;

std::string line(const char* label, const std::string& text) {
  return fmt::format("{:<14} {}\n", label, text);
}

std::string end_text(const audit::RunEnded& end) {
  return fmt::format(
      "at {}: {} destroyed{}, {} failed, {} held, {} in need of attention{}",
      base::to_text(end.time), base::grouped(end.destroyed),
      end.removed > 0 ? ", " + base::grouped(end.removed) + " removed" : "",
      base::grouped(end.failed), base::grouped(end.held), base::grouped(end.attention),
      end.acknowledged > 0 ? " (acknowledged " + base::grouped(end.acknowledged) + ")" : "");
}

/// Counted as a run counts it, and of what it is made up where that is more than verdicts.
std::string attention_text(const Status& status) {
  const plan::Summary& summary = status.summary;
  const plan::Count& by_verdict = summary.count(Verdict::attention);
  std::string text;
  if (status.attention == by_verdict.recordings) {
    text = counted_text(by_verdict);
  } else {
    text = base::grouped(status.attention) + ": not understood " + counted_text(by_verdict);
    if (const auto& missing = summary.due_without_file; missing.recordings > 0) {
      text += ", due with a file missing " + counted_text(missing);
    }
    if (const auto& missing = summary.not_due_without_file; missing.recordings > 0) {
      text += ", held or not yet due with a file missing " + counted_text(missing);
    }
    if (status.last_end && summary.in_journal > 0) {
      text += ", left part way " + base::grouped(summary.in_journal);
    }
  }
  if (status.acknowledged > 0) {
    text += fmt::format(", {} of them acknowledged", base::grouped(status.acknowledged));
  }
  return text;
}

/// `All is well.`, or what is not although nothing is alarming.
std::string last_line(const Status& status) {
  if (!status.needs.empty()) {
    std::string text = "A person is needed: ";
    const char* before = "";
    for (const plan::Need& need : status.needs) {
      text += before + need.message + " (expunge " + need.command + ")";
      before = "; ";
    }
    return text + ".\n";
  }
  if (!status.alarms.empty()) return "";
  if (status.is_on == true) return "No alarm; the last run is on.\n";
  if (status.last_start && !status.last_end) {
    return "No alarm; the last run is on, or was interrupted, and the next one sees to what it "
           "left.\n";
  }
  return "All is well.\n";
}

std::string last_run_text(const Status& status) {
  if (!status.last_start) return "none yet";
  const std::string start =
      fmt::format("{} on {}, started {}", base::printable(status.last_start->run),
                  base::printable(status.last_start->host), base::to_text(status.last_start->time));
  if (!status.last_end) {
    if (!status.is_on) return start + "; it is on, or was interrupted";
    return start + (*status.is_on ? "; it is on"
                                  : "; it was interrupted; the next run sees to what it left");
  }
  return start + "; " + base::printable(status.last_end->outcome) + " " +
         end_text(*status.last_end);
}

std::string braked_text(const audit::RunStopped& braked) {
  std::string names;
  for (const std::string& brake : braked.brakes) names += (names.empty() ? "" : ", ") + brake;
  return fmt::format("{} at {}, stopped by a brake before it began: {}",
                     base::printable(braked.run), base::to_text(braked.time),
                     base::printable(names));
}

std::string holds_text(const Status& status) {
  std::string text = base::grouped(status.holds) + " in force";
  if (status.reviews_overdue > 0) {
    text += fmt::format(", {} of them overdue for review (expunge hold list)",
                        base::grouped(status.reviews_overdue));
  }
  if (status.unconfirmed > 0) {
    text += fmt::format(", {} to be released once a second person confirms it",
                        base::grouped(status.unconfirmed));
  }
  const char* before = "; next reviews: ";
  for (const plan::Review& review : status.next_reviews) {
    text += fmt::format("{}{} ({}) on {}", before, base::printable(review.reference),
                        base::printable(review.kind), base::to_text(review.on));
    before = ", ";
  }
  before = "; released, and in force through: ";
  for (const plan::Ending& ending : status.next_ends) {
    text += fmt::format("{}{} ({}) {}", before, base::printable(ending.reference),
                        base::printable(ending.kind), base::to_text(ending.through));
    before = ", ";
  }
  return text;
}

bool is_last_restricted(const Status& status) {
  return status.last_start && status.last_start->restricted;
}

std::string last_complete_text(const Status& status) {
  if (!status.last_complete_end) return "none yet";
  const bool same = status.last_end && status.last_end->run == status.last_complete_end->run;
  if (same) return "that one";
  return (is_last_restricted(status) ? "a night's run " : "") + end_text(*status.last_complete_end);
}

Json count_json(const plan::Count& count) {
  return {{"recordings", count.recordings}, {"bytes", count.bytes}};
}

Json end_json(const audit::RunEnded& end) {
  return {{"run", end.run},
          {"outcome", end.outcome},
          {"time", base::to_text(end.time)},
          {"destroyed", end.destroyed},
          {"removed", end.removed},
          {"failed", end.failed},
          {"held", end.held},
          {"attention", end.attention},
          {"acknowledged", end.acknowledged},
          {"bytes", end.bytes},
          {"without_file", end.without_file}};
}

}  // namespace

std::string status_text(const Status& status, StatusDetail detail) {
  std::string text;
  if (detail == StatusDetail::everything) {
    const plan::Summary& summary = status.summary;
    text += line("Today", base::to_text(summary.today));
    text += line("Last run", last_run_text(status));
    if (is_last_restricted(status)) {
      text += line("That run",
                   "was of some recordings alone, ordered by expunge destroy: it does not count as "
                   "a night's run, nor as the last complete one");
    }
    if (status.last_braked) text += line("Last call", braked_text(*status.last_braked));
    text += line("Last complete", last_complete_text(status));
    text += line("Recordings", base::grouped(summary.recordings));
    text += line("Backlog", counted_text(summary.count(Verdict::due)) + " due today" +
                                (summary.oldest_due_day ? ", the oldest since " +
                                                              base::to_text(*summary.oldest_due_day)
                                                        : "") +
                                "; expunge plan is for the next run's day, and may have more");
    text += line("Overdue",
                 fmt::format("{} by more than {} days{}", counted_text(summary.overdue),
                             plan::kMostOverdue.count(),
                             summary.oldest_overdue
                                 ? ", the oldest since " + base::to_text(*summary.oldest_overdue)
                                 : ""));
    text += line("Held", counted_text(summary.count(Verdict::held)) +
                             " past their period, or ordered to be destroyed");
    text += line("Attention", attention_text(status));
    if (summary.in_part > 0) {
      text += line("In part", base::grouped(summary.in_part) +
                                  (summary.in_part == 1 ? " recording" : " recordings") +
                                  " of which a part, or all, was overwritten or removed before "
                                  "something stopped that; what is left is kept");
    }
    text += line("Holds", holds_text(status));
    if (summary.in_journal > 0 && !status.last_end) {
      text += line("Part way", plan::part_way_text(summary, status.is_on == true));
    }
    text += last_line(status);
  }
  for (const plan::Alarm& alarm : status.alarms) {
    text += fmt::format("Alarm {}: {}.\n", alarm.name, alarm.message);
  }
  return text;
}

std::string status_json(const Status& status) {
  const plan::Summary& summary = status.summary;
  Json json;
  json["format"] = "expunge-status/1";
  json["now"] = base::to_text(status.now);
  json["today"] = base::to_text(summary.today);
  if (status.last_start) {
    const audit::RunStarted& start = *status.last_start;
    json["last_run"] = {{"run", start.run},
                        {"host", start.host},
                        {"started", base::to_text(start.time)},
                        {"restricted", start.restricted}};
  }
  if (status.is_on) json["last_run"]["on"] = *status.is_on;
  if (status.last_end) json["last_run"]["end"] = end_json(*status.last_end);
  if (const auto& braked = status.last_braked) {
    json["last_braked"] = {
        {"run", braked->run}, {"time", base::to_text(braked->time)}, {"brakes", braked->brakes}};
  }
  if (status.last_complete_end) json["last_complete"] = end_json(*status.last_complete_end);
  json["recordings"] = summary.recordings;
  json["due"] = count_json(summary.count(Verdict::due));
  if (summary.oldest_due_day) json["oldest_due_day"] = base::to_text(*summary.oldest_due_day);
  json["overdue"] = count_json(summary.overdue);
  if (summary.oldest_overdue) json["oldest_overdue"] = base::to_text(*summary.oldest_overdue);
  json["held"] = count_json(summary.count(Verdict::held));
  json["attention"] = count_json(summary.count(Verdict::attention));
  json["acknowledged"] = count_json(summary.acknowledged);
  json["undated_overdue"] = count_json(summary.undated_overdue);
  json["holds"] = status.holds;
  json["reviews_overdue"] = status.reviews_overdue;
  json["unconfirmed"] = status.unconfirmed;
  json["next_reviews"] = Json::array();
  for (const plan::Review& review : status.next_reviews) {
    json["next_reviews"].push_back(
        {{"reference", review.reference}, {"kind", review.kind}, {"on", base::to_text(review.on)}});
  }
  json["ending"] = status.ending;
  json["next_ends"] = Json::array();
  for (const plan::Ending& ending : status.next_ends) {
    json["next_ends"].push_back({{"reference", ending.reference},
                                 {"kind", ending.kind},
                                 {"through", base::to_text(ending.through)}});
  }
  json["due_without_file"] = count_json(summary.due_without_file);
  json["not_due_without_file"] = count_json(summary.not_due_without_file);
  json["in_journal"] = summary.in_journal;
  json["in_part"] = summary.in_part;
  json["alarms"] = Json::array();
  for (const plan::Alarm& alarm : status.alarms) {
    json["alarms"].push_back({{"name", alarm.name}, {"message", alarm.message}});
  }
  json["needs"] = Json::array();
  for (const plan::Need& need : status.needs) {
    json["needs"].push_back(
        {{"name", need.name}, {"message", need.message}, {"command", need.command}});
  }
  return base::printable_json(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace expunge::report
