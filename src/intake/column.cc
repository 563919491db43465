#include "intake/column.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace expunge::intake {

SourceNames::SourceNames(const Columns& columns) {
  std::copy(kColumnNames.begin(), kColumnNames.end(), name.begin());
  for (const auto& [ours, theirs] : columns.renamed) {
    const auto found = std::find(kColumnNames.begin(), kColumnNames.end(), ours);
    if (found == kColumnNames.end()) {
      throw base::Failure(base::ExitStatus::usage,
                          fmt::format("--column {}={}: there is no column {}; the columns are {}",
                                      base::printable(ours), base::printable(theirs),
                                      base::printable(ours), fmt::join(kColumnNames, ", ")));
    }
    const auto column = static_cast<std::size_t>(found - kColumnNames.begin());
    name[column] = theirs;
    renamed[column] = true;
  }
}

}  // namespace expunge::intake
