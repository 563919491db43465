#pragma once

#include <string>

#include "base/error.h"
#include "run/run.h"

// What logs that many read are told of a run, as `key=value`: run id, outcome, exit status, counts
// and brakes. No path, no recording's id, nothing that somebody wrote.
namespace expunge::report {

/// How it went; `report` null: it came to no run.
[[nodiscard]] std::string run_event(const run::Report* report, base::ExitStatus status);

[[nodiscard]] std::string brake_event(const run::Report& report, const plan::Brake& brake);

}  // namespace expunge::report
