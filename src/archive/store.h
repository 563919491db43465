#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "archive/index.h"

namespace expunge::archive {

/// How long to wait for somebody else's lock. Only tests change it.
extern int busy_timeout_ms;

enum class Transaction { none, snapshot, writing };

/// A connection to an index, with the settings that leave nothing behind, and its prepared
/// statements.
struct Store {
  Store(const std::string& path, Index::Access access);

  std::string path;
  Index::Access access;
  std::string origin;  // of the log that the index belonged to when it was opened
  SQLite::Database database;
  std::map<const char*, SQLite::Statement> statements;  // by the literal's address
  Transaction transaction = Transaction::none;

  /// Begins a transaction; Failure(needs_person) when the lock cannot be had.
  void begin(Transaction kind);
  /// Commits a writing one; Failure(needs_person), also when it is committed but its journal could
  /// not be zeroed, and the message says which.
  void commit();
  void roll_back() noexcept;
};

/// Throws the Failure that `error`, met at the index at `path`, amounts to.
[[noreturn]] void fail_sqlite(const std::string& path, Index::Access access,
                              const SQLite::Exception& error);

/// What `body` returns; SQLite's exceptions become Failures here and nowhere else.
template <typename Body>
decltype(auto) guarded(const Store& store, Body&& body) {
  try {
    return body();
  } catch (const SQLite::Exception& error) {
    fail_sqlite(store.path, store.access, error);
  }
}

/// One execution of a prepared statement, with its parameters in order. Reset when it goes, so
/// that no lock outlives it.
class Query {
 public:
  template <typename... Values>
  Query(Store& store, const char* sql, const Values&... values) : statement_(prepared(store, sql)) {
    (bind(values), ...);
  }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  /// Steps to the next row; false when there is none.
  bool next() { return statement_.executeStep(); }
  /// For a statement without rows.
  void run();

  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] std::uint64_t count(int column) const;
  [[nodiscard]] std::optional<std::uint64_t> optional_count(int column) const;
  /// Valid until the next step.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::string string(int column) const { return std::string(text(column)); }
  [[nodiscard]] bool null(int column) const;
  /// Throws SQLite::Exception(SQLITE_CORRUPT) when it is not of that size, as the next ones do.
  [[nodiscard]] base::Digest digest(int column) const;
  [[nodiscard]] std::optional<base::Digest> optional_digest(int column) const;
  [[nodiscard]] base::Time time(int column) const;
  [[nodiscard]] std::optional<base::CivilDate> optional_date(int column) const;

 private:
  static SQLite::Statement& prepared(Store& store, const char* sql);

  void bind(std::int64_t value);
  void bind(std::uint64_t value);
  void bind(std::string_view value);
  void bind(const std::string& value) { bind(std::string_view(value)); }
  void bind(const char* value) { bind(std::string_view(value)); }
  void bind(const base::Digest& value);
  void bind(base::Time value) { bind(base::to_text(value)); }
  void bind(base::CivilDate value) { bind(base::to_text(value)); }
  void bind(std::nullopt_t);
  template <typename T>
  void bind(const std::optional<T>& value) {
    value ? bind(*value) : bind(std::nullopt);
  }

  SQLite::Statement& statement_;
  int bound_ = 0;
};

/// Within a write transaction. SQLite's own arithmetic, so that what others counted stays.
void add_to_imports(Store& store, std::uint64_t more);

/// The origin of the log that the index belongs to; empty when it names none.
[[nodiscard]] std::string origin_of(Store& store);

/// Begins a write transaction in an index that still belongs to the log that it was opened for;
/// Failure(usage) when it does not.
void begin_writing(Store& store);

/// What the index holds does not read as what we write.
[[noreturn]] void fail_damaged(const std::string& what);

}  // namespace expunge::archive
