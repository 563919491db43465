#pragma once

#include <functional>
#include <iosfwd>

#include "intake/column.h"
#include "intake/reader.h"

namespace expunge::intake {

/// A row in which nothing but its form has been checked; valid during the call only.
using OnRawRow = std::function<void(std::uint64_t line, const RawRow& raw)>;

/// Both as read_rows has it, for one format each.
void read_csv(std::istream& in, const ReadOptions& options, const OnRawRow& on_row,
              const OnBadRow& on_bad);
void read_json_lines(std::istream& in, const ReadOptions& options, const OnRawRow& on_row,
                     const OnBadRow& on_bad);

}  // namespace expunge::intake
