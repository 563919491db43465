#pragma once

#include <string>

#include "run/run.h"

namespace expunge::report {

/// The run in one line, for a terminal, a mail or a journal.
[[nodiscard]] std::string run_line(const run::Report& report);

/// What is wrong, and how a person goes on: `brake NAME: …; to go on: …`.
[[nodiscard]] std::string brake_line(const plan::Brake& brake);

/// What a person must look at, a line each, without newline at the end; empty when there is
/// nothing.
[[nodiscard]] std::string run_needs(const run::Report& report);

/// Where the run's time went, a line for each phase, then `other` and `total`; without newline at
/// the end.
[[nodiscard]] std::string run_timings(const run::Report& report);

/// What held the run back, in one line.
[[nodiscard]] std::string run_confinement(const run::Report& report);

}  // namespace expunge::report
