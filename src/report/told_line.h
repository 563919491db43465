#pragma once

#include <string>

#include "archive/types.h"

namespace expunge::report {

/// What the recorder's database is told of one recording: a line of JSON, described in expunge(1).
[[nodiscard]] std::string told_line(const archive::Untold& untold);

}  // namespace expunge::report
