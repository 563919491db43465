// Which run letters say is to destroy what is due.
#include "report/next_run_words.h"

#include <fmt/format.h>

namespace expunge::report {
namespace {

/// Whether no run destroys it before a person has approved a plan that has it.
bool is_asked_for(const plan::Decision& decision, const Circumstances& is) {
  return decision.by_order ? is.asks_approval_of_orders : is.asks_approval;
}

/// Which run it is once nothing stops every one; no day is known then.
std::string run_past_stop_text(const plan::Decision& decision, const Circumstances& is) {
  return is_asked_for(decision, is) && !is.is_approved
             ? std::string("a nightly run, once a person has approved the plan that has it")
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
  return fmt::format(
      "a nightly run, the next on {} at the earliest, once a person has approved the plan that "
      "has it",
      day_text(day));
}

std::string stopped_text(const char* before, const plan::Decision& decision,
                         const Circumstances& is) {
  return fmt::format(
      "{}a person has to look at something that stops every run. Once that is settled, it is to be "
      "destroyed by {}.",
      before, run_past_stop_text(decision, is));
}

}  // namespace expunge::report
