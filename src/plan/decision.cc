#include "plan/decision.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "shred/target.h"

namespace expunge::plan {

Decider::Decider(const policy::RetentionSchedule& schedule, const HoldMatcher& holds,
                 base::CivilDate today)
    : schedule_(schedule), holds_(holds), today_(today) {}

std::optional<Cause> Decider::what_is_odd(const archive::Recording& recording,
                                          const Decision& so_far) const {
  if (recording.odd != nullptr) return Cause::malformed;
  if (recording.state == archive::State::returned) return Cause::came_back;
  if (!recording.contradiction.empty()) return Cause::contradicted;
  if (!so_far.recorded_on) return Cause::no_date;
  if (*so_far.recorded_on < schedule_.earliest) return Cause::date_too_early;
  if (*so_far.recorded_on > today_) return Cause::date_in_the_future;
  if (so_far.department == nullptr) return Cause::unknown_department;
  if (recording.files.empty()) return Cause::no_file;
  const bool inside =
      std::all_of(recording.files.begin(), recording.files.end(),
                  [](const archive::File& file) { return shred::stays_within_root(file.path); });
  if (!inside) return Cause::path_outside_root;
  return std::nullopt;
}

Decision Decider::decide(const archive::Recording& recording) const {
  Decision decision;
  decision.department = schedule_.find(recording.department);
  if (recording.recorded_at) {
    decision.recorded_on = schedule_.time_zone.civil_date(*recording.recorded_at);
    if (decision.department != nullptr) {
      decision.due_day = policy::due_day(*decision.recorded_on, decision.department->period);
    }
  }
  if (const auto odd = what_is_odd(recording, decision)) {
    decision.verdict = Verdict::attention;
    decision.cause = *odd;
    return decision;
  }
  EXPUNGE_ASSERT(decision.due_day.has_value());
  if (*decision.due_day > today_) {
    decision.verdict = Verdict::kept;
    decision.cause = Cause::not_yet;
    return decision;
  }
  decision.holds = holds_.covering(recording);
  decision.verdict = decision.holds.empty() ? Verdict::due : Verdict::held;
  decision.cause = decision.holds.empty() ? Cause::period_over : Cause::under_hold;
  return decision;
}

std::string_view to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::attention:
      return "attention";
    case Verdict::kept:
      return "kept";
    case Verdict::held:
      return "held";
    case Verdict::due:
      break;
  }
  return "due";
}

std::string_view to_text(Cause cause) {
  switch (cause) {
    case Cause::not_yet:
      return "not-yet";
    case Cause::period_over:
      return "period-over";
    case Cause::under_hold:
      return "under-hold";
    case Cause::no_date:
      return "no-date";
    case Cause::date_too_early:
      return "date-too-early";
    case Cause::date_in_the_future:
      return "date-in-the-future";
    case Cause::unknown_department:
      return "unknown-department";
    case Cause::path_outside_root:
      return "path-outside-root";
    case Cause::no_file:
      return "no-file";
    case Cause::malformed:
      return "malformed";
    case Cause::contradicted:
      return "contradicted";
    case Cause::came_back:
      break;
  }
  return "came-back";
}

namespace {

std::string period_over(const Decision& decision, const archive::Recording& recording) {
  std::string text =
      fmt::format("kept for {}, due since {}", policy::to_text(decision.department->period),
                  base::to_text(*decision.due_day));
  if (recording.state == archive::State::partial) {
    text += "; a part of it is overwritten already";
  }
  if (recording.missing_seq) {
    text += fmt::format("; a file of its was missing (log entry {})", *recording.missing_seq);
  }
  return text;
}

std::string under_hold(const Decision& decision) {
  std::string text = fmt::format("due since {}, held by", base::to_text(*decision.due_day));
  const char* separator = " ";
  for (const archive::Hold* hold : decision.holds) {
    text += fmt::format("{}{} ({})", separator, hold->reference, hold->kind);
    separator = ", ";
  }
  return text;
}

}  // namespace

std::string reason(const Decision& decision, const archive::Recording& recording) {
  switch (decision.cause) {
    case Cause::not_yet:
      return fmt::format("kept for {}, due on {}", policy::to_text(decision.department->period),
                         base::to_text(*decision.due_day));
    case Cause::period_over:
      return period_over(decision, recording);
    case Cause::under_hold:
      return under_hold(decision);
    case Cause::no_date:
      return "it has no date, so nobody can say when it is due";
    case Cause::date_too_early:
      return fmt::format("its date {} is too early to be true",
                         base::to_text(*decision.recorded_on));
    case Cause::date_in_the_future:
      return fmt::format("its date {} is in the future", base::to_text(*decision.recorded_on));
    case Cause::unknown_department:
      return "the retention schedule does not name its department: perhaps a recording that should "
             "not have been made";
    case Cause::path_outside_root:
      return "a path of its is absolute, or has an empty part, `.` or `..` in it, or is too long: "
             "it "
             "could leave the archive root";
    case Cause::no_file:
      return "the index lists no file of its";
    case Cause::malformed:
      return fmt::format("its row has {}, which no import writes", recording.odd);
    case Cause::contradicted:
      return recording.contradiction;
    case Cause::came_back:
      break;
  }
  return "it was destroyed or removed, and a file of its is on disk";
}

std::string_view remedy(Cause cause) {
  switch (cause) {
    case Cause::not_yet:
    case Cause::period_over:
    case Cause::under_hold:
      return "";
    case Cause::no_date:
      return "find its true date in the recorder, and import it again with it";
    case Cause::date_too_early:
    case Cause::date_in_the_future:
      return "find out from the recorder when it was made; it is kept until then";
    case Cause::unknown_department:
      return "add the department and its period to the configuration, or find out why this was "
             "recorded";
    case Cause::path_outside_root:
      return "find out where the file is and who wrote that path; nothing outside the root is ever "
             "touched";
    case Cause::no_file:
      return "import it again with its files";
    case Cause::malformed:
      return "find out who wrote to the index past expunge, and what the row should say; it is "
             "kept "
             "until then";
    case Cause::contradicted:
      return "find out which is right; it is kept until then (what an import said is cleared when "
             "one agrees "
             "with the index again)";
    case Cause::came_back:
      break;
  }
  return "find out who restored it and from where; remove the copy, or keep it for a reason";
}

}  // namespace expunge::plan
