#include "cli/correction_report.h"

#include <fmt/format.h>

#include <array>
#include <iostream>

#include "base/text.h"
#include "cli/letter_bar.h"
#include "plan/brakes.h"
#include "plan/plan.h"

namespace expunge::cli {
namespace {

/// Whether it goes only once a person has approved a plan that has it, and none has.
bool waits_for_approval(Desk& desk, const archive::Recording& recording, bool by_order) {
  return needs_approval(desk.config(), by_order) &&
         !plan::is_approved(desk.index(), recording,
                            approval_asked(desk, desk.read_log().facts, std::nullopt));
}

void say_what_now(Desk& desk, const archive::Recording& recording, const plan::Decision& decision,
                  base::CivilDate day, bool as_indexed) {
  std::cout << fmt::format("Recording {}: department {}, recorded {}.\n",
                           base::printable(recording.id),
                           base::printable(department_of(decision, recording)),
                           decision.recorded_on ? base::to_text(*decision.recorded_on) : "no date");
  if (decision.due_day) {
    std::cout << fmt::format("Its due day is {}.\n", base::to_text(*decision.due_day));
  }
  std::cout << fmt::format("On {}: {}: {}.\n", base::to_text(day), plan::to_text(decision.verdict),
                           base::printable(reason(decision, recording)));
  if (decision.verdict == plan::Verdict::due) {
    std::cout << fmt::format(
        "It is due at once: the next run destroys it{} unless a hold covers it by then, a brake is "
        "on, or it goes by an approved plan that does not have it.\n",
        waits_for_approval(desk, recording, decision.by_order)
            ? ", once a plan that has it is approved,"
            : ",");
    if (as_indexed) {
      std::cout << "A file that is not as the index has it no run destroys: if one was said to be "
                   "another, see expunge correct --as-found.\n";
    }
  }
}

/// Of several: how many of each verdict.
void say_how_many(Desk& desk, const plan::Decider& decider,
                  const std::vector<Correction>& corrections) {
  std::array<std::uint64_t, plan::kVerdicts> counts{};
  for (const Correction& correction : corrections) {
    const auto recording = desk.index().find(correction.id);
    if (!recording) continue;
    ++counts.at(static_cast<std::size_t>(decider.decide(*recording).verdict));
  }
  std::cout << fmt::format("Recordings put right: {}. On {}:", base::grouped(corrections.size()),
                           base::to_text(decider.today()));
  const char* between = " ";
  for (const plan::Verdict verdict :
       {plan::Verdict::due, plan::Verdict::held, plan::Verdict::kept, plan::Verdict::attention}) {
    const std::uint64_t count = counts.at(static_cast<std::size_t>(verdict));
    if (count == 0) continue;
    std::cout << between << plan::to_text(verdict) << ": " << base::grouped(count);
    between = ", ";
  }
  std::cout << ".\n";
  if (counts.at(static_cast<std::size_t>(plan::Verdict::due)) > 0) {
    std::cout << fmt::format(
        "What is due is due at once: the next run destroys it{} unless a hold covers it by then, a "
        "brake is on, or it goes by an approved plan that does not have it.\n",
        needs_approval(desk.config(), false)
            ? ", once a plan that has it is approved, if none that is good has it yet,"
            : ",");
  }
}

}  // namespace

void say_what_now(Desk& desk, const std::vector<Correction>& corrections) {
  const base::CivilDate day = desk.plan_day(std::nullopt);
  const plan::HoldMatcher holds = desk.hold_matcher(day);
  const plan::Decider decider(desk.config().schedule, holds, day);
  if (corrections.size() > 1) {
    say_how_many(desk, decider, corrections);
  } else if (const auto recording = desk.index().find(corrections.front().id); recording) {
    say_what_now(desk, *recording, decider.decide(*recording), day,
                 corrections.front().right.as_indexed);
  } else {
    std::cout << fmt::format(
        "Recording {}: no import is awaited any more; should one bring it all the same, what the "
        "log says stands against it, and it is kept.\n",
        base::printable(corrections.front().id));
  }
}

}  // namespace expunge::cli
