#pragma once

#include <string>
#include <string_view>

#include "audit/log.h"

namespace expunge::report {

/// In the place of a department, of what an order destroyed that has none of the schedule's.
inline constexpr std::string_view kNoDepartment = "none of the retention schedule's";

/// One entry on one line, for people: position, time, type, and its own members as `name value`.
[[nodiscard]] std::string entry_line(const audit::EntryView& entry);

}  // namespace expunge::report
