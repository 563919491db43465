#pragma once

#include <string>

#include "base/fd.h"
#include "base/sys.h"

namespace expunge::run {

/// Takes run.lock in the log's directory, which admits one run, and one who changes the log's key;
/// let go when the descriptor is closed. Throws Failure(locked) when somebody else has it.
[[nodiscard]] base::Fd take_run_lock(base::Sys& sys, const std::string& log_directory);

}  // namespace expunge::run
