// Which run letters say is to destroy what is due.
#include "report/next_run_words.h"

#include <fmt/format.h>

namespace expunge::report {
namespace {

/// Whether no run destroys it before a person has approved a plan that has it.
bool is_asked_for(const plan::Decision& decision, const Circumstances& is) {
  return decision.by_order ? is.asks_approval_of_orders : is.asks_approval;
}

/// What it waits for where is_asked_for(). Orders wait by the rule of two persons alone, by which
/// whoever gave one may well have approved the plan, in vain.
std::string once_approved_text(const plan::Decision& decision) {
  return fmt::format("once a person{} has approved the plan that has it",
                     decision.by_order ? " other than the one who ordered it" : "");
}

/// Which run it is once nothing stops every one; no day is known then.
std::string run_past_stop_text(const plan::Decision& decision, const Circumstances& is) {
  return is_asked_for(decision, is) && !is.is_approved
             ? "a nightly run, " + once_approved_text(decision)
             : later_run_text(decision, "", is);
}

}  // namespace

std::string later_run_text(const plan::Decision& decision, const char* when,
                           const Circumstances& is) {
  return is_asked_for(decision, is)
             ? fmt::format("a nightly run{}, by a plan that a person has approved", when)
             : fmt::format("the nightly run{}", when);
}

std::string next_run_text(base::CivilDate day, const char* to) {
  return fmt::format(
      "the next nightly run, on {} or, where something stops that run, {}a later one",
      day_text(day), to);
}

std::string run_text(const plan::Decision& decision, base::CivilDate day, const char* to,
                     const Circumstances& is) {
  if (is.next_run == NextRun::stops)
    return run_past_stop_text(decision, is) + ", when a person has settled what stops every run";
  if (!is_asked_for(decision, is)) {
    return is.next_run == NextRun::goes
               ? next_run_text(day, to)
               : "a nightly run, and not the next one, which goes by a plan that does not have it";
  }
  if (is.is_approved) {
    return next_run_text(day, to) + ", as a person has approved";
  }
  return fmt::format("a nightly run, the next on {} at the earliest, {}", day_text(day),
                     once_approved_text(decision));
}

std::string stopped_text(const char* before, const plan::Decision& decision,
                         const Circumstances& is) {
  return fmt::format(
      "{}a person has to look at something that stops every run. Once that is settled, it is to be "
      "destroyed by {}.",
      before, run_past_stop_text(decision, is));
}

std::string begun_text(const char* what, const plan::Decision& decision, base::CivilDate day,
                       const policy::RetentionSchedule& schedule, const Circumstances& is) {
  if (is.refused_since && decision.tried != nullptr) {
    const auto last = std::chrono::floor<std::chrono::seconds>(decision.tried->last);
    return fmt::format(
        "{} begun and is not finished: the last attempt, on {}, failed, and what stopped it is "
        "being looked at. Once that is settled, it is to be destroyed by {}.",
        what, day_text(schedule.time_zone.civil_date(last)), later_run_text(decision, "", is));
  }
  const std::string begun = std::string(what) + " begun and interrupted";
  if (is.next_run == NextRun::stops) {
    return begun + ". " + stopped_text("Before it is finished ", decision, is);
  }
  const bool goes = is_asked_for(decision, is) ? is.is_approved : is.next_run == NextRun::goes;
  if (goes) return begun + ": " + next_run_text(day, "") + ", finishes it.";
  return begun + ": it is to be finished by " + run_text(decision, day, "by ", is) + ".";
}

std::string left_to_find_text(const plan::Decision& decision, const Circumstances& is) {
  const std::string found = " Its destruction was begun and interrupted; how much of it is left, ";
  if (is.next_run == NextRun::stops) {
    return found + "a nightly run finds out, once a person has settled what stops every run.";
  }
  // What is not due it looks at whoever has approved what.
  const bool looks = decision.verdict != plan::Verdict::due ||
                     (is_asked_for(decision, is) ? is.is_approved : is.next_run == NextRun::goes);
  return found + (looks ? std::string("the next nightly run finds out.")
                        : "a nightly run finds out, " + once_approved_text(decision) + ".");
}

}  // namespace expunge::report
