// What certificates say of a recording that was destroyed by order.

#include <fmt/format.h>

#include "report/certificate_parts.h"

namespace expunge::report {

const char* in_doubt_text(plan::Doubt doubt) {
  return doubt.date && doubt.department ? "its date and its department were"
         : doubt.date                   ? "its date was"
                                        : "its department was";
}

std::string ground_text(const std::string& ground) {
  std::string words;
  if (ground == "erasure") words = "a request for erasure under Article 17 of the UK GDPR";
  if (ground == "payment-data") words = "a payment was recorded by mistake";
  if (ground == "returned") words = "a copy of a destroyed recording had come back";
  if (ground == "order") words = "an order of a court or an authority";
  return words.empty() ? ground : fmt::format("{} (in the log: {})", words, ground);
}

bool has_impossible_date(const audit::Destroyed& says, const Issue& issue,
                         const std::optional<base::CivilDate>& done_on) {
  if (says.ground.empty() || says.recorded == base::kUnknownDate) return false;
  return (issue.earliest && says.recorded < *issue.earliest) ||
         (done_on && says.recorded > *done_on);
}

base::CivilDate day_done(const certify::RecordingFacts& facts) {
  return facts.done_on.value_or(
      base::CivilDate{std::chrono::floor<std::chrono::days>(facts.entry.time)});
}

std::string order_sentence(const audit::Destroyed& says, bool impossible_date,
                           base::CivilDate done_on) {
  const auto by_schedule = schedule_day(says);
  std::string text = fmt::format("This was done by order, authority {}, on the ground: {}",
                                 says.authority, ground_text(says.ground));
  if (impossible_date) return text + ".";
  if (const plan::Doubt doubt = certify::doubt_of(says); doubt.date || doubt.department) {
    return text +
           fmt::format(
               "; whether it was ahead of the retention schedule cannot be said for sure, as "
               "{} in doubt.",
               in_doubt_text(doubt));
  }
  // Not the day of the order: something may have kept it until the schedule's day had come too.
  if (by_schedule && *by_schedule > done_on) {
    return text + fmt::format(
                      "; it was ahead of the retention schedule, by which the recording was "
                      "due on {}.",
                      day_text(*by_schedule));
  }
  if (by_schedule) return text + "; by the retention schedule it was due as well.";
  return text + "; the retention schedule alone would not have had it destroyed.";
}

Terms order_terms(const audit::Destroyed& says, const certify::RunFacts& run) {
  Terms terms{{"Authority", "an order, reference " + says.authority},
              {"Ground", ground_text(says.ground)}};
  if (run.approval) {
    const auto& [seq, time, key_id, yes] = *run.approval;
    // Whether a brake was on, no entry of a run that went by an approval says.
    const bool needed = run.start && run.start->says.two_person;
    terms.push_back({needed ? "Plan approved" : "The run's plan approved",
                     fmt::format("by {}, {} ({}){}", yes.user, moment_text(time), entry_text(seq),
                                 needed ? "" : "; an order needs that only while a brake is on")});
    const Terms approved = approval_terms(run);
    terms.insert(terms.end(), approved.begin(), approved.end());
  }
  return terms;
}

}  // namespace expunge::report
