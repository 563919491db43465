#pragma once

#include <string>

#include "audit/entry.h"

namespace expunge::plan {

/// In words for people, what differs between the policy last logged and the one configured now:
/// time zone, departments, periods and aliases; at most ten differences and how many more there
/// are, safe for a terminal. Empty when none differs; the schedule's reference is not looked at.
[[nodiscard]] std::string policy_changes(const audit::Policy& logged, const audit::Policy& now);

}  // namespace expunge::plan
