#pragma once

#include <functional>
#include <iosfwd>
#include <vector>

#include "intake/column.h"
#include "intake/reader.h"

namespace expunge::intake {

/// A row in which nothing but its form has been checked; valid during the call only.
using OnRawRow = std::function<void(std::uint64_t line, const RawRow& raw)>;

/// All as read_rows has it, for one format each; the rows have the `wanted` fields, in their order.
void read_csv(std::istream& in, const ReadOptions& options, const std::vector<SourceField>& wanted,
              const OnRawRow& on_row, const OnBadRow& on_bad);
void read_tsv(std::istream& in, const ReadOptions& options, const std::vector<SourceField>& wanted,
              const OnRawRow& on_row, const OnBadRow& on_bad);
void read_json_lines(std::istream& in, const ReadOptions& options,
                     const std::vector<SourceField>& wanted, const OnRawRow& on_row,
                     const OnBadRow& on_bad);

}  // namespace expunge::intake
