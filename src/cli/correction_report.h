#pragma once

#include <vector>

#include "cli/correction.h"
#include "cli/desk.h"

namespace expunge::cli {

/// Prints what the recordings that were put right are now: of one its verdict, its due day, and
/// what destroys it where it is due; of several how many have which verdict.
void say_what_now(Desk& desk, const std::vector<Correction>& corrections);

}  // namespace expunge::cli
