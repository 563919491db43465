#include "cli/letter_bar.h"

#include <fmt/format.h>

#include "plan/brakes.h"
#include "plan/plan.h"
#include "run/check.h"

namespace expunge::cli {
namespace {

using archive::State;

bool is_on_disk(const archive::RecordingHistory& history) {
  return history.state != State::destroyed && history.state != State::removed;
}

/// Whether the log in use ended it later than the index knows.
bool is_behind(const archive::RecordingHistory& history, std::optional<std::uint64_t> last_end) {
  if (!last_end || !is_on_disk(history)) return false;
  // Of what came back the index knows which entry it went by.
  if (history.state != State::returned) return true;
  return history.past_log.empty() && history.log_seq.value_or(0) < *last_end;
}

}  // namespace

std::optional<std::string> bar_to_letter(Desk& desk, const audit::LogFacts& facts,
                                         const archive::RecordingHistory& history,
                                         std::optional<std::uint64_t> last_end) {
  std::string wrong;
  const auto add = [&wrong](const std::string& more) {
    wrong += (wrong.empty() ? "" : "; and ") + more;
  };
  const auto run_is_on = [&] { return run::run_is_on(desk.sys(), desk.config().log.directory); };
  const bool was_on = run_is_on();
  const auto older = plan::index_brake(facts, plan::memory_of(desk.index()));
  if (is_behind(history, last_end)) {
    std::string text = fmt::format(
        "entry {} of the log says that it was destroyed or removed, which the index does not know",
        *last_end);
    if (plan::in_journal(desk.index()).contains(history.key)) {
      text += was_on || run_is_on() ? " yet: ask again when the run that is on has ended"
                                    : " since a run was interrupted: the next run settles that";
    } else if (!older) {
      text += ": put the newest index back, or let the next run compare it with the log";
    }
    add(text);
  }
  if (older) add(older->message + ": " + older->way_on_text);
  if (is_on_disk(history)) {
    const auto lost = plan::lost_holds(facts, desk.index().holds(true), desk.today());
    if (!lost.empty()) {
      add("the log knows holds that the index has lost: " + plan::references_of(lost) + "; " +
          plan::way_to_mend(lost, desk.config().holds.needs_two));
    }
  }
  if (wrong.empty()) return std::nullopt;
  return "no letter is written about " + history.id + ": " + wrong;
}

}  // namespace expunge::cli
