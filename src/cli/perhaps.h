#pragma once

#include <vector>

#include "cli/desk.h"
#include "plan/decision.h"
#include "plan/hold_matcher.h"

namespace expunge::cli {

/// The holds that may mean the call of a recording, and do not cover it; pointers live as long as
/// `holds`.
[[nodiscard]] std::vector<const archive::Hold*> perhaps_by_call(
    const plan::HoldMatcher& holds, const archive::Recording& recording);

/// Prints, a line each, the holds that do not cover it, and that nobody can say do not mean it.
/// `doubt` is what of its date and its department is in doubt.
void print_perhaps(Desk& desk, const plan::HoldMatcher& holds, const archive::Recording& recording,
                   const plan::Decision& decision, plan::Doubt doubt);

}  // namespace expunge::cli
