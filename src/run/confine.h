#pragma once

#include "guard/confinement.h"
#include "run/run.h"

namespace expunge::run {

/// Confines the process to what the rest of a run needs: archive, index and log. Requires that the
/// index, the root and the log are open and that nothing is left to be looked up in the system's
/// databases (time zones, users).
[[nodiscard]] guard::Confinement confine_run(const Setting& setting,
                                             const shred::ArchiveRoot& root);

}  // namespace expunge::run
