#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

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

/// What the source calls each column, and whether that was said by --column.
struct SourceNames {
  std::array<std::string, kColumnCount> name;
  std::array<bool, kColumnCount> renamed{};

  /// Throws Failure(usage) when `columns` names one that is not ours.
  explicit SourceNames(const Columns& columns);
};

/// A row's texts by column, as the source has them; unset: the row has no such column.
using RawRow = std::array<std::optional<std::string_view>, kColumnCount>;

[[nodiscard]] inline const std::optional<std::string_view>& at(const RawRow& raw, Column column) {
  return raw[static_cast<std::size_t>(column)];
}

}  // namespace expunge::intake
