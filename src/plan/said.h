#pragma once

#include <vector>

#include "archive/index.h"
#include "plan/hold_matcher.h"

namespace expunge::plan {

/// The holds of `holds` that do not cover the recording by what the index has of it, but would by
/// what imports said otherwise: of whose subject, agent or call it is. Looks at recordings that
/// imports contradict alone. A call is compared with those of what a hold names by id, subject or
/// agent; nobody looks through the whole index for others.
[[nodiscard]] std::vector<const archive::Hold*> covering_by_word(
    const archive::Index& index, const HoldMatcher& holds, const archive::Recording& recording);

/// Of the recordings of which an import said another call than the index has, those that `holds`
/// mean by themselves, whatever imports contradict of them: by the calls that were said. Null:
/// there are none. Asks the index as long as it lives; `holds` may be moved.
[[nodiscard]] SaidOf held_calls_said(const archive::Index& index, const HoldMatcher& holds);

}  // namespace expunge::plan
