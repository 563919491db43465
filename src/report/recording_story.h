#pragma once

#include "certify/recordings.h"
#include "plan/decision.h"
#include "report/certificate_parts.h"
#include "report/page.h"

// What became of one recording, in sentences that may stand in a letter to whoever is on it. So no
// file, no number, and not what an order to keep is about: that it is of the police, say, is not
// for everybody.
namespace expunge::report {

/// Of one that the index has, as decided for `day`. `schedule` is what it was decided by; `failed`
/// says whether the log's last word on it is that it could not be destroyed.
[[nodiscard]] Page story_of_kept(const archive::Recording& recording,
                                 const plan::Decision& decision,
                                 const policy::RetentionSchedule& schedule, base::CivilDate day,
                                 const Issue& issue, bool failed);

/// Of one that the log says was destroyed, or removed.
[[nodiscard]] Page story_of_gone(const certify::RecordingFacts& facts, const Issue& issue);

/// Of one that only a log before this one says was destroyed, or removed.
[[nodiscard]] Page story_of_gone(const archive::RecordingHistory& history, const Issue& issue);

}  // namespace expunge::report
