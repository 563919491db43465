#include "support/import_fixture.h"

namespace expunge::test {

using namespace expunge::archive;

std::optional<std::string> try_rows(Index& index, const std::vector<ImportRow>& rows, OpaqueIds ids,
                                    bool on_disk, ImportCounts* counts) {
  std::optional<std::string> said;
  Importer importer(
      index, ids, [&](const std::string&) { return on_disk; }, date("2026-11-23"));
  for (const ImportRow& each : rows) said = importer.add(each);
  importer.commit();
  if (counts != nullptr) *counts = importer.counts();
  return said;
}

std::string dump(const std::string& path) {
  std::string text;
  for (const char* table : {"recording", "file", "contradiction"}) {
    const std::string columns = sql_value(
        path, std::string("SELECT group_concat('quote(' || name || ')', '||''|''||') FROM "
                          "pragma_table_info('") +
                  table + "')");
    text += sql_value(path, "SELECT group_concat(line, char(10)) FROM (SELECT " + columns +
                                " AS line FROM " + table + " ORDER BY 1)");
    text += "\n";
  }
  return text;
}

}  // namespace expunge::test
