#include "archive/integrity.h"

#include <SQLiteCpp/Statement.h>

#include "archive/store.h"

namespace expunge::archive {

std::vector<std::string> find_faults(const std::string& path, std::size_t at_most) {
  try {
    Store store(path, Index::Access::read);
    SQLite::Statement check(store.database, "PRAGMA quick_check(" + std::to_string(at_most) + ")");
    std::vector<std::string> faults;
    while (check.executeStep()) faults.push_back(check.getColumn(0).getString());
    if (faults.size() == 1 && faults.front() == "ok") faults.clear();
    return faults;
  } catch (const SQLite::Exception& error) {
    fail_sqlite(path, Index::Access::read, error);
  }
}

}  // namespace expunge::archive
