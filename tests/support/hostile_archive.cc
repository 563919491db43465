#include "support/hostile_archive.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <filesystem>
#include <stdexcept>

#include "base/text.h"
#include "support/scratch.h"

namespace expunge::test {
namespace {

namespace fs = std::filesystem;

sqlite3* handle(void* database) {
  return static_cast<sqlite3*>(database);
}

int bind_text(sqlite3_stmt* statement, int at, const std::string& text) {
  return sqlite3_bind_text(statement, at, text.data(), static_cast<int>(text.size()),
                           SQLITE_TRANSIENT);
}

std::int64_t ns(const timespec& time) {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

RawIndex::RawIndex(const std::string& path) {
  sqlite3* database = nullptr;
  const int rc = sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr);
  database_ = database;
  if (rc != SQLITE_OK) fail("open");
}

RawIndex::~RawIndex() {
  sqlite3_close(handle(database_));
}

void RawIndex::fail(const std::string& what) const {
  throw std::runtime_error(what + ": " + sqlite3_errmsg(handle(database_)));
}

void RawIndex::run(const std::string& sql, const std::vector<std::string>& texts) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle(database_), sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
    fail(sql);
  }
  int at = 0;
  for (const std::string& text : texts) bind_text(statement, ++at, text);
  const int rc = sqlite3_step(statement);
  sqlite3_finalize(statement);
  if (rc != SQLITE_DONE && rc != SQLITE_ROW) fail(sql);
}

void RawIndex::add(const std::string& id, const std::string& recorded_at,
                   const std::string& department, const std::vector<RawFile>& files,
                   std::int64_t key, const std::string& call_id) {
  run("SAVEPOINT one_row");
  const std::string number = key == 0 ? "NULL" : std::to_string(key);
  run("INSERT INTO recording(key, id, call_id, department, recorded_at, subject, subject_key, "
      "agent,"
      " state) VALUES (" +
          number + ", ?1, ?2, ?3, ?4, '', '', '', 'kept')",
      {id, call_id, department, recorded_at});
  const auto row = std::to_string(sqlite3_last_insert_rowid(handle(database_)));
  for (const RawFile& file : files) {
    sqlite3_stmt* statement = nullptr;
    const std::string sql = "INSERT INTO file(recording_key, path, role, bytes, sha256) VALUES (" +
                            row + ", ?1, ?2, ?3, ?4)";
    if (sqlite3_prepare_v2(handle(database_), sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
      fail(sql);
    }
    bind_text(statement, 1, file.path);
    bind_text(statement, 2, file.role);
    if (file.bytes) sqlite3_bind_int64(statement, 3, *file.bytes);
    if (file.sha256) {
      sqlite3_bind_blob(statement, 4, file.sha256->data(), static_cast<int>(file.sha256->size()),
                        SQLITE_TRANSIENT);
    }
    const int rc = sqlite3_step(statement);
    sqlite3_finalize(statement);
    if (rc != SQLITE_DONE) fail(sql + " " + base::printable(file.path));
  }
  run("RELEASE one_row");
}

Witness witness(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    throw std::runtime_error("cannot look at " + base::printable(path));
  }
  Witness found{status.st_dev,
                status.st_ino,
                status.st_mode,
                status.st_nlink,
                static_cast<std::uint64_t>(status.st_size),
                ns(status.st_mtim),
                ns(status.st_ctim),
                ""};
  constexpr std::uint64_t kLimit = 1 << 20;
  if (S_ISREG(status.st_mode) && found.bytes <= kLimit) found.content = slurp(path);
  if (S_ISLNK(status.st_mode)) found.content = fs::read_symlink(path).string();
  return found;
}

std::map<std::string, Witness> witness_all(const std::string& directory) {
  std::map<std::string, Witness> found;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    found.emplace(entry.path().string(), witness(entry.path().string()));
  }
  return found;
}

std::string find_content(const std::string& directory, const std::string& text) {
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const bool small =
        entry.symlink_status().type() == fs::file_type::regular && entry.file_size() < (16 << 20);
    if (small && slurp(entry.path()).find(text) != std::string::npos) return entry.path().string();
  }
  return "";
}

std::string unsafe_in(const std::string& text) {
  std::size_t at = 0;
  while (at <= text.size()) {
    const auto end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    if (const std::string safe = base::one_line(line); safe != line) return safe.substr(0, 4000);
    at = end + 1;
  }
  return "";
}

}  // namespace expunge::test
