#include "intake/import.h"

namespace expunge::intake {

ImportResult import_rows(std::istream& in, const ReadOptions& options, BadRows bad_rows,
                         archive::Importer& importer, const OnBadRow& on_bad) {
  ImportResult result;
  const auto reject = [&](const BadRow& bad) {
    if (++result.rejected <= kMaxBadRowsReported) on_bad(bad);
  };
  const auto take = [&](std::uint64_t line, const archive::ImportRow& row) {
    if (auto cause = importer.add(row)) reject({line, std::move(*cause)});
  };
  result.read = read_rows(in, options, take, reject);
  result.counts = importer.counts();
  if (result.rejected == 0 || bad_rows == BadRows::skip) {
    importer.commit();
    result.committed = true;
  }
  return result;
}

}  // namespace expunge::intake
