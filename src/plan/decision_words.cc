// What a decision is, and what can be done about it, in words.

#include <fmt/format.h>

#include "base/text.h"
#include "plan/decision.h"

namespace expunge::plan {
namespace {

/// That a run missed a file of it, as a clause with a semicolon before it; or nothing.
std::string what_was_missing(const archive::Recording& recording) {
  if (!recording.missing_seq) return "";
  return fmt::format("; one of its files was missing (log entry {})", *recording.missing_seq);
}

/// What a run has said of it before, likewise.
std::string what_is_left(const archive::Recording& recording) {
  std::string text;
  if (recording.state == archive::State::partial) {
    // How much, only the log knows: it may be all of it.
    text += "; a part of it, if not all, is overwritten or removed already";
  }
  return text + what_was_missing(recording);
}

std::string period_over(const Decision& decision, const archive::Recording& recording) {
  return fmt::format("kept for {}, due since {}", policy::to_text(decision.department->period),
                     base::to_text(*decision.due_day)) +
         what_is_left(recording);
}

std::string ordered(const Decision& decision, const archive::Recording& recording) {
  return fmt::format("ordered to be destroyed ({}, authority {}), due since {}",
                     recording.order->ground, recording.order->authority,
                     base::to_text(*decision.due_day)) +
         what_is_left(recording);
}

std::string under_hold(const Decision& decision, const archive::Recording& recording) {
  if (decision.is_perhaps_held) {
    return fmt::format(
               "ordered, due since {}, and may be {}: its date or its department is in doubt",
               base::to_text(*decision.due_day), held_by(decision)) +
           what_is_left(recording);
  }
  return fmt::format("{}due since {}, {}", decision.by_order ? "ordered, " : "",
                     base::to_text(*decision.due_day), held_by(decision)) +
         what_is_left(recording);
}

std::string undated_overdue(const Decision& decision, const archive::Recording& recording) {
  std::string text = decision.recorded_on ? fmt::format("its date {} cannot be true",
                                                        base::to_text(*decision.recorded_on))
                                          : "it has no date";
  text += fmt::format(
      ", and it has been in the index since {}, for longer than the longest period: overdue since "
      "{}",
      recording.indexed_on, base::to_text(*decision.overdue_since));
  if (!recording.contradiction.empty()) text += "; " + recording.contradiction;
  return text;
}

/// `C-1 (sar), D-2 (police)`.
std::string names_of(const std::vector<const archive::Hold*>& holds) {
  std::string text;
  for (const archive::Hold* hold : holds) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", hold->reference, hold->kind);
  }
  return text;
}

std::string perhaps_held_by(const PerhapsHeld& by) {
  const std::string doubt = fmt::format("in doubt in what {} ask{} for", names_of(by.holds),
                                        by.holds.size() == 1 ? "s" : "");
  if (!by.is_said) return fmt::format("recording {}, of its call, is {}", by.recording, doubt);
  return fmt::format("an import said that recording {}, {}, is of its call", by.recording,
                     by.is_sure ? held_by(by.holds) : "which is " + doubt);
}

std::string perhaps_held(const Decision& decision, const archive::Recording& recording) {
  // One that is only judged as if it were ordered has no day by that.
  const bool is_due = recording.order || !decision.by_order;
  return (is_due ? "due since " + base::to_text(*decision.due_day) + ", and" : std::string("it")) +
         " may be a segment of a held call: " + perhaps_held_by(*decision.perhaps_held_by) +
         what_is_left(recording);
}

/// Of what needs attention: that it was ordered all the same, as a clause with a semicolon before.
std::string order_stopped(const Decision& decision, const archive::Recording& recording) {
  if (decision.verdict != Verdict::attention || !recording.order) return "";
  return fmt::format("; ordered to be destroyed ({}, authority {}): {}", recording.order->ground,
                     recording.order->authority,
                     is_order_of_another_ground(recording)
                         ? "an order that is not for what it is now"
                         : "due by that as soon as this is settled");
}

std::string reason_of_cause(const Decision& decision, const archive::Recording& recording) {
  switch (decision.cause) {
    case Cause::not_yet:
      return fmt::format("kept for {}, due on {}", policy::to_text(decision.department->period),
                         base::to_text(*decision.due_day)) +
             what_was_missing(recording);
    case Cause::period_over:
      return period_over(decision, recording);
    case Cause::under_hold:
      return under_hold(decision, recording);
    case Cause::ordered:
      return ordered(decision, recording);
    case Cause::no_date:
      return "it has no date, so nobody can say when it is due";
    case Cause::date_too_early:
      return fmt::format("its date {} is too early to be true",
                         base::to_text(*decision.recorded_on));
    case Cause::date_in_the_future:
      return decision.is_after_indexing
                 ? fmt::format(
                       "its date {} is later than the day on which the index first had it, {}",
                       base::to_text(*decision.recorded_on), recording.indexed_on)
                 : fmt::format("its date {} is in the future",
                               base::to_text(*decision.recorded_on));
    case Cause::unknown_department:
      if (recording.department.empty())
        return "it has no department, so nobody can say how long to keep it";
      return "the retention schedule does not name its department: perhaps a recording that should "
             "not have been made";
    case Cause::path_outside_root:
      return "one of its paths is absolute, or has an empty part, `.` or `..` in it, or is too "
             "long: it could leave the archive root";
    case Cause::no_file:
      return "the index lists none of its files";
    case Cause::malformed:
      return fmt::format("its row has {}, which no import writes", recording.odd);
    case Cause::contradicted:
      return recording.contradiction;
    case Cause::undated_overdue:
      return undated_overdue(decision, recording);
    case Cause::perhaps_held:
      return perhaps_held(decision, recording);
    case Cause::came_back:
      break;
  }
  return recording.missing_seq
             ? "it was destroyed or removed, and one of its files came back" +
                   what_was_missing(recording)
             : std::string("it was destroyed or removed, and one of its files is on disk");
}

}  // namespace

std::string held_by(const std::vector<const archive::Hold*>& holds) {
  return "held by " + names_of(holds);
}

std::string held_by(const Decision& decision) {
  return held_by(decision.holds);
}

std::string reason(const Decision& decision, const archive::Recording& recording) {
  std::string text = reason_of_cause(decision, recording);
  text += order_stopped(decision, recording);
  if (decision.is_begun && decision.verdict != Verdict::due) {
    text += "; an interrupted run began on it, and may have overwritten a part of it, if not all";
  }
  if (decision.overdue_since && decision.cause != Cause::undated_overdue) {
    text += "; past the period of every department, so overdue since " +
            base::to_text(*decision.overdue_since);
  }
  if (decision.tried != nullptr) text += "; " + tried_text(*decision.tried);
  if (decision.acknowledged_until) {
    text += "; acknowledged until " + base::to_text(*decision.acknowledged_until);
  }
  return text;
}

std::string remedy_of_perhaps_held(const PerhapsHeld& by) {
  return by.is_said
             ? fmt::format(
                   "find out of which call recording {0} is, and put that right, of that one: "
                   "expunge correct {0} --call ID --authority REFERENCE, or --as-indexed if the "
                   "index is right; it is kept until then, or until the hold has ended",
                   base::printable(by.recording))
             : fmt::format(
                   "settle what is in doubt of recording {0}: expunge explain {0} says what that "
                   "is, and what to do; it is kept until then, or until the hold has ended",
                   base::printable(by.recording));
}

std::string_view remedy(Cause cause) {
  switch (cause) {
    case Cause::not_yet:
    case Cause::period_over:
    case Cause::under_hold:
    case Cause::ordered:
      return "";
    case Cause::no_date:
      return "find its true date in the recorder, and import it again with it, or put it right: "
             "expunge correct ID --recorded-at TIME --authority REFERENCE";
    case Cause::date_too_early:
      return "find out from the recorder when it was made, and put it right: expunge correct ID "
             "--recorded-at TIME --authority REFERENCE; it is kept until then";
    case Cause::date_in_the_future:
      return "find out from the recorder when it was made, and put it right: expunge correct ID "
             "--recorded-at TIME --authority REFERENCE; it is kept until then, and its day coming "
             "settles nothing. Where the date is right, and the clock was behind when it was "
             "imported: expunge correct ID --as-indexed --authority REFERENCE";
    case Cause::unknown_department:
      return "if it has none, or a wrong one, put it right: expunge correct ID --department NAME "
             "--authority REFERENCE; if its name is another name of a department in the "
             "configuration, add it there as an alias; if there is such a department, add it with "
             "its period; or find out why "
             "this was recorded";
    case Cause::path_outside_root:
      return "find out where the file is and who wrote that path; nothing outside the root is ever "
             "touched, nor by an order. A full path, of a file that lies beneath the root: import "
             "its row again, as it was written, with --strip-prefix for what stands before the "
             "path there. Any other: deal with that file by hand, and leave the recording aside "
             "with expunge acknowledge ID";
    case Cause::no_file:
      return "import it again with its files";
    case Cause::malformed:
      return "find out who wrote to the index past expunge, and what the row should say; it is "
             "kept until then";
    case Cause::contradicted:
      return "find out which is right (expunge explain ID shows what the index has, also of "
             "subject, agent and call); it is kept until then. If it is the index: expunge correct "
             "ID --as-indexed --authority REFERENCE. If it is the import or the log, of a date or "
             "a "
             "department: the same with --as-imported. Otherwise say what is: --recorded-at TIME, "
             "--department NAME, --subject NUMBER, --agent NAME or --call ID; of a file "
             "--as-found, if it is right as it is on disk. Many are put right at once by their "
             "ids on standard input. No import settles it. An order that the log alone knows is "
             "given again (expunge destroy) or withdrawn (expunge destroy ID --withdraw)";
    case Cause::undated_overdue:
      return "find its true date and put it right: expunge correct ID --recorded-at TIME "
             "--authority REFERENCE; it has been kept for longer than any recording may be";
    case Cause::perhaps_held:
      return "what is in doubt is the other recording, which the reason names: settle it of that "
             "one (expunge correct, with the id of that one); it is kept until then, or until the "
             "hold has ended";
    case Cause::came_back:
      break;
  }
  return "find out who restored it and from where; have it destroyed again (expunge destroy ID "
         "--ground returned --authority REFERENCE), or keep it for a reason; do not remove the "
         "copy "
         "by hand: nothing would then be overwritten, nor this settled";
}

}  // namespace expunge::plan
