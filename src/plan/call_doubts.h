#pragma once

#include "archive/index.h"
#include "plan/hold_matcher.h"
#include "policy/schedule.h"

namespace expunge::plan {

/// What of a recording may be anything: nothing tells as what it was put right.
struct Untold {
  bool subject = false, agent = false;
};

/// Whether the hold fits it by itself, whatever that is.
[[nodiscard]] bool may_fit(const HoldMatcher& holds, const archive::Hold& hold,
                           const archive::Recording& recording, Untold untold, Doubt doubt);

/// Has `holds`, of that day, take for perhaps held what is of a call of which an import said that a
/// recording is that they mean by themselves, whatever imports contradict of that, or of a call
/// with a segment that they may mean: because imports, or the log, contradict whose call it is, its
/// date or its department, because its date cannot be true, or the schedule has not its department.
/// They ask the index as long as they live.
void set_doubts(HoldMatcher& holds, const archive::Index& index,
                const policy::RetentionSchedule& schedule, base::CivilDate day);

}  // namespace expunge::plan
