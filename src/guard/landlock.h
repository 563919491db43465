#pragma once

#include "guard/confinement.h"

namespace expunge::guard {

/// The version that the kernel offers; 0 for none, or when it is switched off.
[[nodiscard]] int landlock_version();

/// The Landlock part of confine(); needs no_new_privs. Whether it is in force.
[[nodiscard]] bool enforce_landlock(const Reach& reach, int version);

}  // namespace expunge::guard
