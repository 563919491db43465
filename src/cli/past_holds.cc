#include "cli/past_holds.h"

#include <algorithm>
#include <set>

#include "report/story_parts.h"

namespace expunge::cli {

void add_past_holds(report::Circumstances& is, const archive::Recording& recording,
                    base::CivilDate day, const std::optional<base::CivilDate>& due,
                    plan::Doubt doubt, const plan::HoldMatcher& holds,
                    const plan::HoldMatcher& now) {
  is.ending = now.covering(recording, doubt);
  std::erase_if(is.ending, [&](const archive::Hold* hold) { return hold->in_force_on(day); });
  // Of another day what is in force on that day alone counts.
  if (!is.today) is.ending.clear();
  is.ended = holds.ended(recording, doubt);
  std::erase_if(is.ended, [&](const archive::Hold* ended) {
    // Before its day it was kept anyway.
    if (due && *ended->effective_on <= *due) return true;
    // On the day on which it was placed it ended, with effect at once: it kept it through no day.
    if (*ended->effective_on <= report::placed_on({ended})) return true;
    return std::any_of(is.ending.begin(), is.ending.end(), [&](const archive::Hold* ending) {
      return ending->reference == ended->reference;
    });
  });
}

std::size_t count_that_can_have_kept(const plan::Decision& decision,
                                     const policy::RetentionSchedule& schedule, base::CivilDate day,
                                     const report::Circumstances& is,
                                     const certify::DelayTrail& ended,
                                     const archive::Index& index) {
  if (!decision.due_day) return 0;
  // Of these the index knows whom they kept: it is in `is`.
  std::set<std::string> known;
  for (const archive::Hold& hold : index.holds(true)) {
    if (!hold.erased) known.insert(hold.reference);
  }
  auto keeping = decision.holds;
  keeping.insert(keeping.end(), is.ending.begin(), is.ending.end());
  return ended.count_that_can_have_kept(*decision.due_day,
                                        keeping.empty() ? day : report::placed_on(keeping),
                                        is.today.value_or(day), schedule.time_zone.name(), known);
}

}  // namespace expunge::cli
