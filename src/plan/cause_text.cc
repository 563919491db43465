// What programs call a verdict and a cause: stable.

#include "plan/decision.h"

namespace expunge::plan {

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
    case Cause::ordered:
      return "ordered";
    case Cause::undated_overdue:
      return "undated-overdue";
    case Cause::perhaps_held:
      return "perhaps-held";
    case Cause::came_back:
      break;
  }
  return "came-back";
}

}  // namespace expunge::plan
