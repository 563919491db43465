#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "intake/reader.h"

namespace expunge::intake {

/// The columns, in the order of kColumnNames.
enum class Column : std::size_t {
  id,
  department,
  recorded_at,
  path,
  role,
  subject,
  agent,
  call_id,
  bytes,
  sha256,
};

inline constexpr std::array<std::string_view, 10> kColumnNames = {
    "id",      "department", "recorded_at", "path",  "role",
    "subject", "agent",      "call_id",     "bytes", "sha256"};
inline constexpr std::size_t kColumnCount = kColumnNames.size();
/// The first ones must be there.
inline constexpr std::size_t kRequiredColumns = 4;

/// A column that is wanted of a source, by the name that the source gives it.
struct SourceField {
  std::string name;
  bool required = false;  ///< every row must have it
  /// Who names it, as in `which --column path=file names`; empty: it goes by our own name, or may
  /// be missing altogether.
  std::string named_by;
};

/// Ours, as `columns` renames them, in the order of kColumnNames. Throws Failure(usage) when it
/// names one that is not ours.
[[nodiscard]] std::vector<SourceField> our_fields(const Columns& columns);

/// Where each field stands in a header, or kAbsent. Throws Failure(usage), naming the source and
/// listing the header, when one that must be there is not, or is there twice; and the other format
/// when the header looks like one of it.
inline constexpr std::size_t kAbsent = SIZE_MAX;
[[nodiscard]] std::vector<std::size_t> find_fields(const std::vector<SourceField>& fields,
                                                   const std::vector<std::string_view>& header,
                                                   const ReadOptions& options);

/// A row's texts by field, as the source has them; unset: the row has no such column.
using RawRow = std::vector<std::optional<std::string_view>>;

[[nodiscard]] inline const std::optional<std::string_view>& at(const RawRow& raw, Column column) {
  return raw[static_cast<std::size_t>(column)];
}

}  // namespace expunge::intake
