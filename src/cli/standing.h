#pragma once

#include "audit/log.h"
#include "cli/desk.h"
#include "plan/status.h"

namespace expunge::cli {

/// How things stand, as `status` says it.
struct Standing {
  base::Time at;  ///< what ended before it is in here
  audit::LogState log;
  plan::Status status;
};

/// Reads the log, then the index in one view that has ended on return. Throws as these do.
[[nodiscard]] Standing take_standing(const Desk& desk);

}  // namespace expunge::cli
