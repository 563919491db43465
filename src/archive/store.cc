#include "archive/store.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>

#include "archive/vfs.h"
#include "base/error.h"
#include "base/text.h"

namespace expunge::archive {

int busy_timeout_ms = 60'000;

namespace {

/// A name that SQLite takes for a file, whatever it is: not a URI, not `:memory:`.
std::string file_name(const std::string& path) {
  return path.starts_with('/') ? path : "./" + path;
}

/// VFS `expunge` must be there before the first open.
int open_flags(Index::Access access) {
  register_vfs();
  const int mode = access == Index::Access::read ? SQLite::OPEN_READONLY : SQLite::OPEN_READWRITE;
  return mode | SQLite::OPEN_NOMUTEX;  // An Index is not for two threads at once.
}

}  // namespace

Store::Store(const std::string& index_path, Index::Access index_access)
    : path(index_path),
      access(index_access),
      database(file_name(index_path), open_flags(index_access), busy_timeout_ms, kVfsName) {
  database.exec(
      "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
      "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA cache_size = -16384;");
  if (access == Index::Access::read) {
    database.exec("PRAGMA query_only = ON");
    return;
  }
  // The journal keeps its name and blocks, to be zeroed by; cut to 4 MiB after a large import.
  database.exec(
      "PRAGMA journal_mode = PERSIST; PRAGMA journal_size_limit = 4194304;"
      "PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON; PRAGMA cache_spill = OFF;"
      "PRAGMA foreign_keys = ON;");
}

void Store::begin(Transaction kind) {
  EXPUNGE_ASSERT(transaction == Transaction::none && kind != Transaction::none);
  database.exec(kind == Transaction::writing ? "BEGIN IMMEDIATE" : "BEGIN");
  transaction = kind;
}

void Store::commit() {
  EXPUNGE_ASSERT(transaction == Transaction::writing);
  database.exec("COMMIT");
  transaction = Transaction::none;
  if (const int rc = journal_residue(database.getHandle()); rc != SQLITE_OK) {
    throw base::Failure(base::ExitStatus::needs_person,
                        path +
                            "-journal: the change is made and durable, but what it erased may "
                            "still be in this file, which could not be zeroed: " +
                            sqlite3_errstr(rc));
  }
}

void Store::roll_back() noexcept {
  if (transaction == Transaction::none) return;
  transaction = Transaction::none;
  // After some errors SQLite has rolled back already and this fails. If it fails otherwise, the
  // journal stays hot and the next opener rolls back.
  database.tryExec("ROLLBACK");
}

std::string origin_of(Store& store) {
  Query query(store, "SELECT value FROM meta WHERE name = 'origin'");
  return query.next() ? query.string(0) : std::string();
}

void begin_writing(Store& store) {
  store.begin(Transaction::writing);
  try {
    const std::string now = origin_of(store);
    if (now == store.origin) return;
    throw base::Failure(base::ExitStatus::usage, store.path + ": was handed over to the log " +
                                                     base::printable(now) +
                                                     " meanwhile; nothing was changed");
  } catch (...) {
    store.roll_back();
    throw;
  }
}

Query::~Query() {
  statement_.tryReset();
  try {
    statement_.clearBindings();
  } catch (const SQLite::Exception&) {
    // sqlite3_clear_bindings cannot fail; the next use binds anew in any case.
  }
}

SQLite::Statement& Query::prepared(Store& store, const char* sql) {
  const auto found = store.statements.find(sql);
  if (found != store.statements.end()) return found->second;
  return store.statements.emplace(sql, SQLite::Statement(store.database, sql)).first->second;
}

void Query::run() {
  while (statement_.executeStep()) continue;
}

void Query::bind(std::int64_t value) {
  statement_.bind(++bound_, value);
}

void Query::bind(std::uint64_t value) {
  statement_.bind(++bound_, static_cast<std::int64_t>(value));
}

void Query::bind(std::string_view value) {
  statement_.bind(++bound_, std::string(value));
}

void Query::bind(const base::Digest& value) {
  statement_.bind(++bound_, value.data(), static_cast<int>(value.size()));
}

void Query::bind(std::nullopt_t) {
  statement_.bind(++bound_);
}

std::int64_t Query::number(int column) const {
  return statement_.getColumn(column).getInt64();
}

std::uint64_t Query::count(int column) const {
  return static_cast<std::uint64_t>(number(column));
}

std::optional<std::uint64_t> Query::optional_count(int column) const {
  if (null(column)) return std::nullopt;
  return count(column);
}

std::string_view Query::text(int column) const {
  const SQLite::Column value = statement_.getColumn(column);
  const auto* bytes = static_cast<const char*>(value.getBlob());  // Before its size: it converts.
  return bytes == nullptr ? std::string_view()
                          : std::string_view(bytes, static_cast<std::size_t>(value.getBytes()));
}

bool Query::null(int column) const {
  return statement_.isColumnNull(column);
}

base::Digest Query::digest(int column) const {
  const std::string_view bytes = text(column);
  base::Digest out{};
  if (bytes.size() != out.size()) fail_damaged("a digest of the wrong size");
  std::memcpy(out.data(), bytes.data(), out.size());
  return out;
}

std::optional<base::Digest> Query::optional_digest(int column) const {
  if (null(column)) return std::nullopt;
  return digest(column);
}

base::Time Query::time(int column) const {
  const auto time = base::parse_log_time(text(column));
  if (!time) fail_damaged("a time that is none");
  return *time;
}

std::optional<base::CivilDate> Query::optional_date(int column) const {
  if (null(column)) return std::nullopt;
  const auto date = base::parse_date(text(column));
  if (!date) fail_damaged("a date that is none");
  return date;
}

}  // namespace expunge::archive
