#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

// Dates and times as people write them on the command line.
namespace expunge::cli {

/// Why `text` is no date, in words that quote it and say what to write. Requires that
/// base::parse_date() refuses it.
[[nodiscard]] std::string date_fault(std::string_view text);

/// The same of a text that is neither a date nor a time.
[[nodiscard]] std::string time_fault(std::string_view text);

/// As base::parse_written_time(), and without seconds too, which are then 0.
[[nodiscard]] std::optional<base::WrittenTime> parse_written_minute(std::string_view text);

}  // namespace expunge::cli
