#include "report/recording_story.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/next_run_words.h"
#include "report/story_parts.h"

namespace expunge::report {
namespace {

std::string period_text(const plan::Decision& decision, base::CivilDate today) {
  const policy::Period& period = decision.department->period;
  const base::CivilDate through = policy::last_day_kept(*decision.recorded_on, period);
  return fmt::format("Recordings of {} are kept for {}. For this one that {} {}.",
                     decision.department->name, policy::to_text(period),
                     through < today ? "ended with" : "ends with", day_text(through));
}

/// Whether the date that the index has of it cannot be right. What came back without an instant
/// has the day that its entry says.
bool has_odd_date(const plan::Decision& decision) {
  if (decision.undated) return *decision.undated != plan::Cause::no_date;
  return decision.verdict == plan::Verdict::attention &&
         (decision.cause == plan::Cause::date_too_early ||
          decision.cause == plan::Cause::date_in_the_future ||
          decision.cause == plan::Cause::undated_overdue);
}

/// Whether the schedule's day can be told of it as a fact.
bool has_sure_period(const plan::Decision& decision, const Circumstances& is) {
  return decision.due_day && decision.department != nullptr && decision.recorded_on &&
         !has_odd_date(decision) && !is.contradicted.date && !is.contradicted.department;
}

/// Empty when nothing is.
std::string doubt_text(const plan::Decision& decision, const Circumstances& is) {
  const bool date = is.contradicted.date && decision.recorded_on && !has_odd_date(decision);
  const bool department = is.contradicted.department && decision.department != nullptr;
  if (!date && !department) return "";
  return fmt::format(
      " But {} in doubt: of what we were told about this recording, not everything agrees. When "
      "its period ends, or ended, can be said only when that is settled.",
      date && department ? "that day and that department are"
      : date             ? "that day is"
                         : "that department is");
}

bool is_nothing_left(const archive::Recording& recording, const Circumstances& is) {
  return recording.state == archive::State::partial && is.left == certify::Left::nothing;
}

std::string order_text(const archive::Recording& recording) {
  return "on the ground: " + ground_text(recording.order->ground);
}

/// Of orders that may be for its call; empty where there are none.
std::string perhaps_text(const std::vector<const archive::Hold*>& holds) {
  if (holds.empty()) return "";
  const std::string text =
      " Whether an order to keep recordings is for this one too is being looked at: it is kept "
      "until that is known";
  const auto through = kept_through(holds);
  if (!through) return text + ".";
  return fmt::format("{}, or {} ended. {}; from then on it is not kept for that any more.", text,
                     holds.size() == 1 ? "that order has" : "every such order has",
                     withdrawn_text(holds, *through));
}

/// By the schedule its time has not come.
bool is_ahead_of_schedule(const plan::Decision& decision, base::CivilDate day,
                          const Circumstances& is) {
  return has_sure_period(decision, is) &&
         policy::due_day(*decision.recorded_on, decision.department->period) > day;
}

std::vector<const archive::Hold*> joined(std::vector<const archive::Hold*> holds,
                                         const std::vector<const archive::Hold*>& more) {
  holds.insert(holds.end(), more.begin(), more.end());
  return holds;
}

std::vector<const archive::Hold*> each_once(const std::vector<const archive::Hold*>& holds) {
  std::vector<const archive::Hold*> found;
  for (const archive::Hold* const hold : holds) {
    if (std::find(found.begin(), found.end(), hold) == found.end()) found.push_back(hold);
  }
  return found;
}

/// Whether no run destroys it for want of its files: what a run that finds any of them does not
/// leave behind, unless one had begun on it.
bool is_all_missing(const archive::Recording& recording) {
  return recording.missing_seq && recording.state != archive::State::partial;
}

/// Of one that is under orders, and of which no file was in its place: nobody knows whether there
/// is anything to keep.
std::string held_missing_text(const archive::Recording& recording, const plan::Decision& decision,
                              base::CivilDate day, const Circumstances& is) {
  const std::vector<const archive::Hold*> holds = joined(decision.holds, is.ending);
  std::string text =
      decision.by_order
          ? fmt::format("Its destruction{} was ordered, {}. ",
                        is_ahead_of_schedule(decision, day, is) ? " before that day" : "",
                        order_text(recording))
          : until_ended_text(is.ended, *decision.due_day, is.others_ended, false);
  text += in_force_text(holds);
  if (const auto through = kept_through(holds)) text += withdrawn_text(holds, *through) + ". ";
  const bool one = recording.files.size() == 1;
  return text + fmt::format(
                    "But a run found no file of it in its place{}; what became of {} is not known.",
                    is.missing_on ? " on " + day_text(*is.missing_on) : "", one ? "it" : "them");
}

/// What orders keep, on the day that was decided for or until then.
std::string held_text(const archive::Recording& recording, const plan::Decision& decision,
                      base::CivilDate day, const Circumstances& is) {
  if (is_all_missing(recording)) return held_missing_text(recording, decision, day, is);
  const std::vector<const archive::Hold*> holds = joined(decision.holds, is.ending);
  std::string text;
  if (is_nothing_left(recording, is)) {
    text =
        std::string(kNothingLeft) + since_text(holds, " What bears its name is kept, by order: ");
  } else if (decision.is_perhaps_held) {
    return fmt::format("Its destruction was ordered, {}. But it is still kept.{}",
                       order_text(recording), perhaps_text(each_once(joined(holds, is.perhaps))));
  } else if (decision.by_order) {
    text = fmt::format("Its destruction{} was ordered, {}. {}",
                       is_ahead_of_schedule(decision, day, is) ? " before that day" : "",
                       order_text(recording), since_text(holds, "But that is stopped: "));
  } else if (!is.ended.empty()) {
    text = after_ended_text(is.ended, holds, decision.due_day);
  } else if (decision.due_day && *decision.due_day <= placed_on(holds)) {
    text = came_later_text(holds, is.others_ended);
  } else {
    text = since_text(holds, "It is kept longer, by order: ");
  }
  const auto through = kept_through(holds);
  if (through && decision.tried != nullptr) {
    return text +
           fmt::format(
               "{}: it is kept through {}. An attempt to destroy it before failed; once what "
               "stopped that is settled, it is to be destroyed by {}, unless another order to keep "
               "it is in force then.",
               withdrawn_text(holds, *through), day_text(*through),
               later_run_text(decision, " after that", is)) +
           perhaps_text(is.perhaps);
  }
  if (through) {
    return text +
           fmt::format(
               "{}: it is kept through {}, and is to be destroyed by {}, unless "
               "another order to keep it is in force then.",
               withdrawn_text(holds, *through), day_text(*through),
               decision.verdict == plan::Verdict::due
                   ? run_text(decision, day, "by ", is)
                   : later_run_text(decision, " after that", is)) +
           perhaps_text(is.perhaps);
  }
  return text + (holds.size() == 1 ? "It is kept until a person has ended that order."
                                   : "It is kept until a person has ended every such order.");
}

std::string why_missing(const archive::Recording& recording) {
  const bool none = recording.files.size() > 1 && is_all_missing(recording);
  return fmt::format("because {} in its place; what became of {} is not known",
                     none ? "none of its files was" : "a file of it was not", none ? "them" : "it");
}

constexpr const char* kBegunNow = "A run that is on has begun to destroy it.";

/// Whether nothing keeps it on the day that was decided for, and an order does until then.
bool is_kept_until_then(const archive::Recording& recording, const plan::Decision& decision,
                        const Circumstances& is) {
  return decision.verdict == plan::Verdict::due && !is.ending.empty() && !recording.missing_seq &&
         !is.in_journal;
}

/// Of what runs tried and did not destroy: each refuses it until that is settled, so no day is
/// told.
std::string tried_text(const plan::Decision& decision, base::CivilDate tried_on,
                       const Circumstances& is) {
  const char* const there = !is.was_gone.empty() ? "The"
                            : decision.by_order  ? "It is still there: the"
                                                 : "It has not been destroyed yet: the";
  return fmt::format(
      "{} last attempt, on {}, failed, and what stopped it is being looked at. Once that is "
      "settled, it is to be destroyed by {}.",
      there, day_text(tried_on), later_run_text(decision, "", is));
}

std::string due_text(const archive::Recording& recording, const plan::Decision& decision,
                     const policy::RetentionSchedule& schedule, base::CivilDate day,
                     const Circumstances& is) {
  const std::string order =
      decision.by_order ? "ts destruction was ordered, " + order_text(recording) : "";
  // By the schedule it should have gone on its day: what kept it since comes first.
  const std::string before =
      decision.by_order
          ? "I" + order + ". "
          : until_ended_text(is.ended, *decision.due_day, is.others_ended, !recording.missing_seq);
  // Nobody knows whether there is anything to destroy.
  if (recording.missing_seq) {
    return (decision.by_order ? "" : "It is past that period. ") + before +
           "It could not be destroyed" + (is.missing_on ? " on " + day_text(*is.missing_on) : "") +
           ", " + why_missing(recording) + ". That is being looked at.";
  }
  if (is.in_journal && is.run_is_on) return before + kBegunNow;
  if (is.in_journal) {
    return before + begun_text(decision.by_order ? "That was" : "Its destruction was", decision,
                               day, schedule, is);
  }
  if (decision.tried != nullptr) {
    const auto last = std::chrono::floor<std::chrono::seconds>(decision.tried->last);
    return before + tried_text(decision, schedule.time_zone.civil_date(last), is);
  }
  if (is.next_run == NextRun::stops) {
    const char* const there = is.was_gone.empty() ? "It is still there; i" : "I";
    return decision.by_order
               ? there + order + ". " + stopped_text("Before that is done ", decision, is)
               : before + stopped_text("It has not been destroyed yet: before that ", decision, is);
  }
  if (!is.was_gone.empty())
    return "I" + order + "; that is left to " + run_text(decision, day, "to ", is) + ".";
  if (decision.by_order) {
    return "It is still there; i" + order + "; that is left to " +
           run_text(decision, day, "to ", is) + ".";
  }
  return before + "It has not been destroyed yet, and is to be by " +
         run_text(decision, day, "by ", is) + ".";
}

std::string kept_text(const plan::Decision& decision, const Circumstances& is) {
  const std::vector<const archive::Hold*> holds = joined(is.covering, is.ending);
  const auto destroyed_from = [&](const char* an) {
    return fmt::format(
        "From {} on it is to be destroyed by {}, unless {} order to keep it is in force.",
        day_text(*decision.due_day), later_run_text(decision, "", is), an);
  };
  if (holds.empty())
    return "It is kept until then. " + destroyed_from("an") + perhaps_text(is.perhaps);
  const bool one = holds.size() == 1;
  const std::string text = since_text(holds, "It is kept until then; and besides, ");
  const auto through = kept_through(holds);
  if (!through) {
    return text + fmt::format("It is kept past that day for as long as {} in force.",
                              one ? "that order is" : "any of them is");
  }
  const std::string withdrawn = withdrawn_text(holds, *through);
  if (*through < *decision.due_day) {
    return text + withdrawn + ". " + destroyed_from("another") + perhaps_text(is.perhaps);
  }
  return text +
         fmt::format(
             "{}: it is kept through {}, and is to be destroyed by {}, unless another order to "
             "keep it is in force then.",
             withdrawn, day_text(*through), later_run_text(decision, " after that", is)) +
         perhaps_text(is.perhaps);
}

/// Of one whose day has not come, and of which a run did not find a file.
std::string kept_missing_text(const archive::Recording& recording, const Issue& issue,
                              const Circumstances& is) {
  const std::vector<const archive::Hold*> holds = joined(is.covering, is.ending);
  std::string text = holds.empty() ? "" : in_force_text(holds);
  if (const auto through = kept_through(holds)) text += withdrawn_text(holds, *through) + ". ";
  const bool all = is_all_missing(recording);
  const bool several = all && recording.files.size() > 1;
  text += fmt::format(
      "But at a run{} {}; what became of {} is not known. {} is looking into that. ",
      is.missing_on ? " on " + day_text(*is.missing_on) : "",
      several ? "none of its files was found in its place"
      : all   ? "it was not found in its place"
              : "a file of it was not found in its place",
      several ? "them" : "it",
      is_stated(issue.controller) ? issue.controller : "The office that keeps the recordings");
  return text + (all ? "If it is found, it is kept at least until then."
                     : "What is left of it is kept at least until then.");
}

/// The orders to keep what is kept for another reason too; empty where there is none.
std::string besides_text(const Circumstances& is) {
  const std::vector<const archive::Hold*> holds = joined(is.covering, is.ending);
  if (holds.empty()) return "";
  std::string text = " " + since_text(holds, "Besides, ");
  if (const auto through = kept_through(holds)) {
    text += withdrawn_text(holds, *through) + ". ";
  }
  text.pop_back();
  return text;
}

std::string verdict_text(const archive::Recording& recording, const plan::Decision& decision,
                         const policy::RetentionSchedule& schedule, base::CivilDate day,
                         const Issue& issue, const Circumstances& is) {
  const std::string gone = is.was_gone.empty() ? "" : "It was " + is.was_gone;
  switch (decision.verdict) {
    case plan::Verdict::kept:
      return recording.missing_seq ? kept_missing_text(recording, issue, is)
                                   : kept_text(decision, is);
    case plan::Verdict::held:
      return (gone.empty() ? "" : gone + "; a copy has since come back. ") +
             held_text(recording, decision, day, is);
    case plan::Verdict::due:
      return (gone.empty() ? "" : gone + "; a copy has since come back. ") +
             (is_kept_until_then(recording, decision, is)
                  ? held_text(recording, decision, day, is)
                  : due_text(recording, decision, schedule, day, is));
    case plan::Verdict::attention:
      break;
  }
  if (decision.cause == plan::Cause::perhaps_held) {
    return (gone.empty() ? "" : gone + "; a copy has since come back. ") +
           (decision.by_order ? "Its destruction was ordered, " + order_text(recording) +
                                    ". But it is still kept."
                              : "It is still kept.") +
           perhaps_text(is.perhaps);
  }
  const std::string orders = besides_text(is);
  if (!gone.empty()) {
    return gone + "; a copy has since come back, and is being looked into." + orders;
  }
  // Why is for the office: it names files and what imports said.
  // Of what lacks a file nobody knows whether it is kept.
  const std::string kept = recording.missing_seq ? "" : "it is still kept: ";
  std::string text = kept +
                     "something about it has to be looked at by a person before anything is "
                     "done.";
  if (recording.order)
    return "Its destruction was ordered, " + order_text(recording) + ". But " + text + orders;
  text.front() = text.front() == 'i' ? 'I' : 'S';
  return text + orders;
}

}  // namespace

Page story_of_kept(const archive::Recording& recording, const plan::Decision& decision,
                   const policy::RetentionSchedule& schedule, base::CivilDate day,
                   const Issue& issue, const Circumstances& is) {
  Page page = page_about(recording.id, issue);
  const bool is_odd = has_odd_date(decision);
  // What an import called its department may be anything, a number too.
  page.lead.text = made_text(is_odd ? std::nullopt : decision.recorded_on,
                             decision.department != nullptr ? decision.department->name
                             : recording.department.empty()
                                 ? ""
                                 : "a department that the retention schedule does not name");
  page.lead.text += doubt_text(decision, is);
  if (has_sure_period(decision, is)) {
    page.lead.text += " " + period_text(decision, is.today.value_or(day));
  }
  page.lead.text += " " + verdict_text(recording, decision, schedule, day, issue, is);
  const bool is_due = decision.verdict == plan::Verdict::due;
  const bool is_held =
      decision.verdict == plan::Verdict::held || is_kept_until_then(recording, decision, is);
  const bool begun_now = is.in_journal && is.run_is_on;
  if (recording.state == archive::State::partial && !begun_now &&
      !(is_held && is_nothing_left(recording, is))) {
    page.lead.text += part_text(is.left);
  }
  if (is.in_journal && (!is_due || recording.missing_seq)) {
    page.lead.text += begun_now ? std::string(" ") + kBegunNow : left_to_find_text(decision, is);
  }
  if (is_due && !is_held && !is.ending.empty()) {
    const bool one = is.ending.size() == 1;
    page.lead.text +=
        fmt::format(" Through {}, {} to keep it {} in force.", day_text(*kept_through(is.ending)),
                    one ? "an order" : "orders", one ? "is" : "are");
  }
  const bool is_kept = decision.verdict == plan::Verdict::kept || is_held;
  const bool is_told = is_due && decision.tried != nullptr &&
                       (!is.in_journal || (is.refused_since && !is.run_is_on));
  if (is.failed && !recording.missing_seq && !is_kept && !is_told) {
    page.lead.text += " An attempt to destroy it failed; that is being looked at.";
  }
  const bool is_told_missing =
      decision.verdict == plan::Verdict::kept ||
      (decision.verdict == plan::Verdict::held && is_all_missing(recording));
  if (recording.missing_seq && !is_due && !is_told_missing) {
    page.lead.text += " An attempt to destroy it failed, " + why_missing(recording) + ".";
  }
  page.lead.text +=
      fmt::format(" Days are counted as the calendar has them in {}.", schedule.time_zone.name());
  return page;
}

}  // namespace expunge::report
