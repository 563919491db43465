#pragma once

#include <optional>
#include <string>

#include "archive/importer.h"
#include "intake/column.h"
#include "policy/time_zone.h"

namespace expunge::intake {

/// Checks a row and puts it into `row`, every member of it. Returns nullopt, or the first thing
/// that is wrong, in words safe for a terminal; `row` is then not to be used. `local_time_zone` is
/// nullptr when times without an offset are not to be taken.
[[nodiscard]] std::optional<std::string> parse_row(const RawRow& raw,
                                                   const policy::TimeZone* local_time_zone,
                                                   archive::ImportRow& row);

}  // namespace expunge::intake
