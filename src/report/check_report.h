#pragma once

#include <string>

#include "run/check.h"

namespace expunge::report {

/// Which findings a text is about.
enum class CheckDetail { everything, needs_person };

/// Three parts, what is wrong first, of a line for each finding, `LEVEL  what: words; remedy`; then
/// what a destruction here is worth, and how much is wrong, a sentence each. With needs_person only
/// warnings and problems; empty when there are none.
[[nodiscard]] std::string check_text(const run::CheckReport& report, CheckDetail detail);

/// The same as one JSON object, `expunge-check/1` (expunge(1)).
[[nodiscard]] std::string check_json(const run::CheckReport& report);

}  // namespace expunge::report
