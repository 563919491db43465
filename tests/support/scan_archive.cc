#include "support/scan_archive.h"

#include <chrono>
#include <filesystem>
#include <utility>

#include "support/aged.h"
#include "support/archive_fixture.h"

namespace expunge::test {

namespace fs = std::filesystem;

void Archive::put(const std::string& path, const std::string& content) const {
  fs::create_directories((fs::path(root) / path).parent_path());
  write(path, content);
  age(root + "/" + path, std::chrono::hours{24});
}

Ended Archive::scan(std::vector<std::string> more, const std::string& pattern) const {
  std::vector<std::string> words = {"import", "--scan", "--pattern", pattern};
  words.insert(words.end(), more.begin(), more.end());
  return call(words);
}

Ended Archive::scan_services(std::vector<std::string> more) const {
  more.insert(more.end(), {"--department", "Customer Services"});
  return scan(std::move(more));
}

std::string Archive::date(const std::string& path) const {
  const auto rows = sql_rows(index,
                             "SELECT recorded_at FROM recording JOIN file ON key = recording_key"
                             " WHERE path = '" +
                                 path + "'");
  return rows.empty() ? "none" : rows[0][0];
}

std::string Archive::value(const std::string& sql) const {
  return sql_value(index, sql);
}

std::string Archive::last_entry() const {
  const std::string log = slurp(scratch / "office/log/log.jsonl");
  return log.substr(log.rfind('\n', log.size() - 2) + 1);
}

}  // namespace expunge::test
