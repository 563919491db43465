#pragma once

#include <chrono>

#include "archive/types.h"
#include "policy/time_zone.h"

namespace expunge::plan {

/// For so long after it was placed a hold that covers nothing is not stale: what it is for may be
/// imported yet.
inline constexpr std::chrono::days kStaleAfter{7};

/// The day on which somebody should look again whether the hold is still needed: as the last review
/// said, else as it was placed, else (placed before there were any) the usual one of its kind.
[[nodiscard]] base::CivilDate review_day(const archive::Hold& hold, const policy::TimeZone& zone);

}  // namespace expunge::plan
