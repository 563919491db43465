#pragma once

#include <string>

#include "plan/status.h"

namespace expunge::report {

enum class StatusDetail { alarms, everything };

/// A line for each thing, and at the end what needs a person, or `All is well.`, and the alarms;
/// with `alarms` these alone.
[[nodiscard]] std::string status_text(const plan::Status& status, StatusDetail detail);

/// One JSON object, `expunge-status/1` (expunge(1)).
[[nodiscard]] std::string status_json(const plan::Status& status);

}  // namespace expunge::report
