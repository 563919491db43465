#pragma once

#include "base/sys.h"
#include "residue/names.h"

namespace expunge::residue {

/// Replaces the extended attributes that anybody may set by noise, names and values, each of the
/// same length, so that they lie over the old ones. After Names::push() an XFS keeps nothing of
/// them on the device when they are removed and the file unlinked; a value merely overwritten would
/// leave its name, and attributes merely removed would leave both. What cannot be changed is left.
[[nodiscard]] MaskedAttributes mask_attributes(base::Sys& sys, int fd);

}  // namespace expunge::residue
