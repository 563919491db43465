#pragma once

#include <string>

#include "run/check.h"

namespace expunge::report {

/// Which findings a text is about.
enum class CheckDetail { everything, needs_person };

/// A line for each finding, `LEVEL  what: words; remedy`, then what a destruction here is worth, in
/// one sentence. With needs_person only warnings and problems; empty when there are none.
[[nodiscard]] std::string check_text(const run::CheckReport& report, CheckDetail detail);

/// The same as one JSON object, `expunge-check/1` (expunge(1)).
[[nodiscard]] std::string check_json(const run::CheckReport& report);

}  // namespace expunge::report
