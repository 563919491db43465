#pragma once

#include <string>

#include "audit/log.h"

namespace expunge::report {

/// One entry on one line, for people: position, time, type, and its own members as `name value`.
[[nodiscard]] std::string entry_line(const audit::EntryView& entry);

}  // namespace expunge::report
