// Making, opening and recognising an index, and what SQLite's errors mean to a person.

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "archive/connection.h"
#include "archive/integrity.h"
#include "archive/schema.h"
#include "archive/vfs.h"
#include "base/error.h"
#include "base/io.h"
#include "base/path.h"
#include "base/text.h"

namespace expunge::archive {
namespace {

using base::ExitStatus;
using base::Failure;

std::string journal_of(const std::string& path) {
  return path + "-journal";
}

/// Nothing is there, not even a dangling symbolic link.
bool absent(const std::string& path) {
  struct statx found {};
  return base::real_sys().statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE, found) ==
         -ENOENT;
}

void remove_file(const std::string& path) {
  const int error = base::real_sys().unlinkat(AT_FDCWD, path.c_str(), 0);
  if (error != 0 && error != -ENOENT) base::fail_errno(ExitStatus::needs_person, path, -error);
}

/// A journal left behind by an index of this name that was removed: SQLite would play it back into
/// the new one, and it may hold personal data.
void remove_stale_journal(const std::string& path) {
  if (scrub_journal(journal_of(path)) != SQLITE_OK) {
    throw Failure(ExitStatus::usage, journal_of(path) +
                                         ": left by an earlier index, and could not be zeroed; "
                                         "remove it first");
  }
  remove_file(journal_of(path));
}

/// Requires an empty file at `path`, which nobody else knows of.
void write_schema(const std::string& path, const std::string& origin) {
  Store store(path, Index::Access::write);
  std::array<std::uint8_t, 32> salt{};
  base::fill_random(std::as_writable_bytes(std::span(salt)));
  // Of no use to anybody before it is renamed, so it needs no journal.
  store.database.exec(
      "PRAGMA journal_mode = MEMORY; PRAGMA page_size = 4096;"
      "PRAGMA auto_vacuum = NONE; PRAGMA encoding = 'UTF-8';");
  store.begin(Transaction::writing);
  store.database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
  migrate(store.database, kSchemaSteps);
  Query(store, "INSERT INTO meta(name, value) VALUES ('origin', ?1), ('salt', ?2)", origin,
        base::to_hex(salt))
      .run();
  Query(store, "INSERT INTO log_position(one, size, last_hash) VALUES (1, 0, ?1)", base::Digest{})
      .run();
  store.commit();
}

/// The directory entry of the journal must be durable before SQLite relies on it, and SQLite does
/// not look at the result of its own directory fsync. Who may read the index must be able to read
/// the journal too, or SQLite takes it for a hot one.
void ensure_journal(const std::string& path) {
  struct stat index {};
  if (::stat(path.c_str(), &index) != 0) base::fail_errno(ExitStatus::usage, path, errno);
  const std::string journal = journal_of(path);
  if (absent(journal)) base::create_file(base::real_sys(), journal, "", 0600);
  // That it is there does not say that its entry is durable: whoever made it may have crashed.
  base::sync_directory(base::real_sys(), base::parent_of(path));
  const base::Fd fd = base::open_or_fail(base::real_sys(), journal, O_RDWR | O_NOFOLLOW);
  struct stat now {};
  if (::fstat(fd.get(), &now) != 0) base::fail_errno(ExitStatus::usage, journal, errno);
  if (now.st_uid != index.st_uid || now.st_gid != index.st_gid) {
    // Where that is not permitted, a reader is told which file it cannot read.
    if (::fchown(fd.get(), index.st_uid, index.st_gid) != 0) return;
  }
  if ((now.st_mode & 0777U) != (index.st_mode & 0777U)) {
    if (::fchmod(fd.get(), index.st_mode & 0777U) != 0) return;
  }
}

int pragma(Store& store, const char* sql) {
  return store.database.execAndGet(sql).getInt();
}

/// Throws when the file is another program's, before SQLite could play back one of its journals. In
/// an index the application's id is there from the first, whatever a crash left.
void check_header(const std::string& path) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  constexpr std::size_t kApplicationIdAt = 68;  // file format §1.3, big-endian
  const auto header = read_header(path);
  if (!header) return;  // SQLite will say why not
  std::string id;
  for (int shift = 24; shift >= 0; shift -= 8)
    id += static_cast<char>(kApplicationId >> shift & 0xff);
  if (header->starts_with(kMagic) && header->size() == 100 &&
      header->compare(kApplicationIdAt, id.size(), id) == 0) {
    return;
  }
  throw Failure(ExitStatus::usage, path + ": not an expunge index");
}

/// Throws when the file is not an index, or one that this program is too old for.
void recognise(Store& store) {
  if (pragma(store, "PRAGMA application_id") != kApplicationId) {
    throw Failure(ExitStatus::usage, store.path + ": not an expunge index");
  }
  const int version = pragma(store, "PRAGMA user_version");
  const int ours = static_cast<int>(kSchemaSteps.size());
  if (version > ours) {
    throw Failure(ExitStatus::usage, store.path + ": made by a newer expunge (version " +
                                         std::to_string(version) +
                                         " of the index, this program knows " +
                                         std::to_string(ours) + "); use that one");
  }
  if (version < 1) throw Failure(ExitStatus::usage, store.path + ": not a finished index");
  if (version < ours && store.access == Index::Access::read) {
    throw NeedsWriter(ExitStatus::usage, store.path +
                                             ": made by an older expunge; any expunge command that "
                                             "writes brings it up to date");
  }
}

void check_origin(const Store& store, const std::string& origin) {
  if (store.origin == origin) return;
  throw Failure(ExitStatus::usage, store.path + ": belongs to the log " +
                                       base::printable(store.origin) + ", not to " +
                                       base::printable(origin));
}

[[noreturn]] void fail_not_writable(const std::string& path) {
  if (::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0 && errno == EROFS) {
    base::fail_errno(ExitStatus::usage, path, EROFS);
  }
  throw Failure(ExitStatus::usage, path + ": not permitted to write to it");
}

/// Under the write lock, before anything is written, nobody needs what a journal holds.
void prepare_to_write(Store& store) {
  if (sqlite3_db_readonly(store.database.getHandle(), "main") != 0) {
    fail_not_writable(store.path);
  }
  recognise(store);
  store.begin(Transaction::writing);
  try {
    recognise(store);
    ensure_journal(store.path);
    if (const int rc = scrub_journal(journal_of(store.path)); rc != SQLITE_OK) {
      throw Failure(ExitStatus::needs_person,
                    journal_of(store.path) + ": could not be zeroed: " + sqlite3_errstr(rc));
    }
    migrate(store.database, kSchemaSteps);
    store.commit();
  } catch (...) {
    store.roll_back();
    throw;
  }
}

/// The errno with which `path` cannot be read; 0 when it can. Without opening it: closing it would
/// drop the locks that this process has on it through another connection (POSIX).
int read_error(const std::string& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0 ? 0 : errno;
}

[[noreturn]] void fail_to_open(const std::string& path, Index::Access access) {
  if (const int error = read_error(path); error != 0) {
    base::fail_errno(ExitStatus::usage, path, error);
  }
  throw Failure(access == Index::Access::read ? ExitStatus::usage : ExitStatus::needs_person,
                path +
                    ": SQLite cannot open it or its journal (if it was switched to WAL mode, "
                    "PRAGMA journal_mode=DELETE switches it back)");
}

[[noreturn]] void fail_hot_journal(const std::string& path) {
  const int error = read_error(journal_of(path));
  if (error != 0 && error != ENOENT) {
    base::fail_errno(ExitStatus::usage,
                     journal_of(path) + ": whoever reads the index must be able to read this too",
                     error);
  }
  throw NeedsWriter(ExitStatus::usage,
                    path + ": a write was interrupted; any expunge command that writes repairs it");
}

}  // namespace

void fail_damaged(const std::string& what) {
  throw SQLite::Exception("found " + what, SQLITE_CORRUPT);
}

void fail_sqlite(const std::string& path, Index::Access access, const SQLite::Exception& error) {
  const int extended = error.getExtendedErrorCode();
  const int code = (extended == -1 ? error.getErrorCode() : extended) & 0xff;
  const std::string what = error.what();
  if (extended == SQLITE_READONLY_ROLLBACK) fail_hot_journal(path);
  if (extended == SQLITE_READONLY_DBMOVED) {
    throw Failure(ExitStatus::needs_person, path + ": was moved or replaced while in use");
  }
  switch (code) {
    case SQLITE_CANTOPEN:
      fail_to_open(path, access);
    case SQLITE_NOTADB:
      throw Failure(ExitStatus::usage, path + ": not an expunge index");
    case SQLITE_CORRUPT:
      throw Failure(ExitStatus::usage,
                    path + ": the index is damaged (" + what + "); restore it from a backup");
    case SQLITE_BUSY:
      throw Failure(ExitStatus::needs_person,
                    path + ": locked by another program for longer than a minute; try again");
    case SQLITE_FULL:
      throw Failure(ExitStatus::needs_person,
                    path + ": the file system is full; make room there and try again");
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      fail_not_writable(path);
    default:
      break;
  }
  const bool reading = access == Index::Access::read;
  throw Failure(reading ? ExitStatus::usage : ExitStatus::needs_person,
                path + (reading ? ": cannot be read: " : ": a write failed: ") + what + " (" +
                    sqlite3_errstr(extended) + ")");
}

void Index::create(const std::string& path, const std::string& origin) {
  base::Sys& sys = base::real_sys();
  const std::string beside = path + ".new";
  if (!absent(path)) {
    throw Failure(ExitStatus::usage, path + " exists already; nothing was overwritten");
  }
  remove_stale_journal(path);
  // Left by an earlier crash, here or below: no command opens it under this name.
  remove_file(beside);
  base::create_file(sys, beside, "", 0600);
  try {
    write_schema(beside, origin);
  } catch (const SQLite::Exception& error) {
    fail_sqlite(beside, Access::write, error);
  }
  {
    const base::Fd fd = base::open_or_fail(sys, beside, O_RDWR | O_CLOEXEC);
    if (const int error = sys.fsync(fd.get()); error != 0) {
      base::fail_errno(ExitStatus::needs_person, beside, -error);
    }
  }
  base::create_file(sys, journal_of(path), "", 0600);
  int error = sys.renameat2(AT_FDCWD, beside.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE);
  if (error == -EINVAL) {  // A file system that does not know the flag.
    error = sys.renameat2(AT_FDCWD, beside.c_str(), AT_FDCWD, path.c_str(), 0);
  }
  if (error == -EEXIST) {
    throw Failure(ExitStatus::usage, path + " exists already; nothing was overwritten");
  }
  if (error != 0) base::fail_errno(ExitStatus::needs_person, path, -error);
  base::sync_directory(sys, base::parent_of(path));
}

Index Index::open(const std::string& path, Access access, const std::string& origin) {
  check_header(path);
  try {
    auto connection = std::make_unique<Connection>(path, access);
    if (access == Access::write) {
      prepare_to_write(*connection);
    } else {
      recognise(*connection);
    }
    connection->origin = origin_of(*connection);
    check_origin(*connection, origin);
    return Index(std::move(connection));
  } catch (const SQLite::Exception& error) {
    fail_sqlite(path, access, error);
  }
}

Index Index::open_of_any_log(const std::string& path) {
  check_header(path);
  try {
    auto connection = std::make_unique<Connection>(path, Access::write);
    prepare_to_write(*connection);
    connection->origin = origin_of(*connection);
    return Index(std::move(connection));
  } catch (const SQLite::Exception& error) {
    fail_sqlite(path, Access::write, error);
  }
}

Index::Index(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Index::Index(Index&&) noexcept = default;
Index& Index::operator=(Index&&) noexcept = default;
Index::~Index() = default;

const std::string& Index::path() const {
  return connection_->path;
}

const std::string& Index::origin() const {
  return connection_->origin;
}

}  // namespace expunge::archive
