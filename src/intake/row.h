#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

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

/// A time into `recorded_at`, unset for no date; nullopt, or why it is none.
[[nodiscard]] std::optional<std::string> parse_recorded_at(
    std::string_view text, const policy::TimeZone* local_time_zone,
    std::optional<std::chrono::sys_seconds>& recorded_at);

/// What is wrong with a subject, agent or call id; the value is not shown: it says who called.
[[nodiscard]] std::optional<std::string> check_text(std::string_view name, std::string_view text);

}  // namespace expunge::intake
