#pragma once

#include <cstddef>
#include <optional>

#include "archive/index.h"
#include "certify/delay.h"
#include "plan/decision.h"
#include "report/recording_story.h"

// Of the holds that keep a recording no more, or not for long, for letters.
namespace expunge::cli {

/// The holds in force today that end before `day`, and those that have ended before, and after
/// `due`, its day. `holds` are of that day, `now` of today; both must live as long as `is`.
void add_past_holds(report::Circumstances& is, const archive::Recording& recording,
                    base::CivilDate day, const std::optional<base::CivilDate>& due,
                    plan::Doubt doubt, const plan::HoldMatcher& holds,
                    const plan::HoldMatcher& now);

/// How many orders that have ended can have kept it before any that keeps it now, of those of which
/// nobody knows whether they did. `day` is that which was decided for.
[[nodiscard]] std::size_t count_that_can_have_kept(
    const plan::Decision& decision, const policy::RetentionSchedule& schedule, base::CivilDate day,
    const report::Circumstances& is, const certify::DelayTrail& ended, const archive::Index& index);

}  // namespace expunge::cli
