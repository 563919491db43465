#pragma once

#include <cstdint>
#include <iosfwd>

#include "archive/importer.h"
#include "intake/reader.h"

namespace expunge::intake {

enum class BadRows {
  refuse_all,  ///< one bad row, and nothing of the file is imported
  skip,        ///< the good rows are imported
};

struct ImportResult {
  archive::ImportCounts counts;  ///< when not committed: what would have been
  ReadCounts read;
  std::uint64_t rejected = 0;
  bool committed = false;
};

/// Of so many bad rows the caller is told each; of further ones only the number.
inline constexpr std::uint64_t kMaxBadRowsReported = 100;

/// Reads the whole of an import file into the index, in the importer's one transaction; what the
/// importer refuses is a bad row too. Nothing is committed when there are bad rows and `bad_rows`
/// says so, and never when this throws; the importer must then be destroyed. Failures are those of
/// read_rows and of the importer.
[[nodiscard]] ImportResult import_rows(std::istream& in, const ReadOptions& options,
                                       BadRows bad_rows, archive::Importer& importer,
                                       const OnBadRow& on_bad);

}  // namespace expunge::intake
