#pragma once

#include "audit/entry.h"
#include "report/page.h"

namespace expunge::report {

/// What a brake means, what was found and what would have been allowed, in words for whoever knows
/// nothing but the page. Of one that this version does not know, as the entry has it, without a
/// meaning.
[[nodiscard]] Terms brake_terms(const audit::RunBraked& brake);

}  // namespace expunge::report
