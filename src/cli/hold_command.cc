#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/hold_commands.h"
#include "plan/hold_review.h"

namespace expunge::cli {

using base::ExitStatus;
using base::Failure;

std::string reference_of(const Options& options) {
  std::string reference = options.required("reference");
  if (!is_reference(reference)) {
    options.refuse("the reference '" + base::printable(reference) +
                   "' may hold letters, digits, '-', '/' and '.', and at most 64 of them");
  }
  return reference;
}

std::optional<archive::Hold> find_hold(const Desk& desk, const std::string& reference) {
  for (archive::Hold& hold : desk.index().holds(true)) {
    if (hold.reference == reference) return std::move(hold);
  }
  return std::nullopt;
}

archive::Hold require_hold(const Desk& desk, const std::string& reference) {
  auto hold = find_hold(desk, reference);
  if (hold) return std::move(*hold);
  throw Failure(ExitStatus::usage,
                "there is no hold " + reference + "; expunge hold list names them");
}

report::ListedHold listed(const Desk& desk, archive::Hold hold) {
  const base::CivilDate today = desk.today();
  report::ListedHold result;
  result.review = plan::review_day(hold, desk.config().schedule.time_zone);
  result.in_force = hold.in_force_on(today);
  result.is_new = desk.now() - hold.placed_at <= plan::kStaleAfter;
  // Nobody need look again at what ends by itself.
  result.overdue = result.in_force && !hold.effective_on && result.review < today;
  result.hold = std::move(hold);
  return result;
}

bool say_if_older(const LogAhead& ahead, const std::string& reference, std::uint64_t gone) {
  if (!ahead.older() && gone == 0) return false;
  const std::string figure =
      gone == 0 ? "what hold " + reference + " covers may not be all"
                : fmt::format(
                      "of the recordings that hold {} covers by the index, the log says "
                      "are destroyed or removed: {}",
                      reference, base::grouped(gone));
  if (ahead.older()) {
    message(fmt::format("{}; {}; {}", ahead.older()->message, figure, ahead.older()->way_on_text));
  } else {
    message(figure + "; the next run settles that");
  }
  return gone > 0;
}

ExitStatus hold_command(Invocation call) {
  static const std::vector<Command> kCommands = {
      {"place", "order to keep recordings", hold_place_command},
      {"review", "say until when a hold is still needed", hold_review_command},
      {"release", "ask for the end of a hold, or confirm it", hold_release_command},
      {"keep", "take a release back", hold_keep_command},
      {"list", "the holds in force, and which need a review", hold_list_command},
      {"show", "one hold, and what it covers", hold_show_command},
  };
  return dispatch(kCommands, std::move(call));
}

}  // namespace expunge::cli
