#pragma once

#include <vector>

#include "archive/index.h"
#include "plan/decision.h"
#include "plan/hold_matcher.h"
#include "policy/schedule.h"

namespace expunge::plan {

/// The holds of `holds` that do not cover the recording by what the index has of it, but would by
/// what imports said otherwise: of whose subject, agent or call it is. Looks at recordings that
/// imports contradict alone. A call is compared with those of what a hold names by id, subject or
/// agent; nobody looks through the whole index for others.
[[nodiscard]] std::vector<const archive::Hold*> covering_by_word(
    const archive::Index& index, const HoldMatcher& holds, const archive::Recording& recording);

/// The holds of `holds` that do not cover the recording by what the index has of it, and that
/// nobody can say do not mean it: whose subject, agent or call it is was put right, as the log
/// says, or an import said otherwise, and nothing tells as what.
[[nodiscard]] std::vector<const archive::Hold*> covering_by_lost_word(
    const archive::Index& index, const HoldMatcher& holds, const archive::Recording& recording);

/// What the import that first contradicted the index in it said of its date and its department.
/// Unset: nothing; or it cannot be read, or what the index has cannot be true, so that any may be;
/// or an order decides about the recording, which is held by whatever hold may mean it.
[[nodiscard]] SaidElse said_else(const archive::Index& index,
                                 const policy::RetentionSchedule& schedule,
                                 const Decision& decision, const archive::Recording& recording);

}  // namespace expunge::plan
