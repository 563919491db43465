#include "archive/vfs.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <vector>

#include "archive/page.h"
#include "archive/zeros.h"
#include "base/error.h"

namespace expunge::archive {
namespace {

/// From 0x02000000 pages on, the page number that an overflow page begins with can look like a
/// b-tree page's type. Half of that, because a transaction writes such numbers before the pages.
constexpr sqlite3_int64 kMostPages = 0x01000000;

enum class Kind { other, database, journal };

/// What SQLite holds as an open file; the file of the VFS below follows it in memory.
struct File {
  sqlite3_file base;
  sqlite3_file* real;
  Kind kind;
  // Of a database:
  bool header_known;
  bool auto_vacuum;
  std::uint8_t reserved_bytes;
  int residue;  // SQLite result code of the last zeroing of its journal
  // Of a journal:
  bool ended;  // the last write zeroed the header, and nothing was written since
  File* database;
};

constexpr std::size_t kRealOffset = (sizeof(File) + 15) / 16 * 16;

File* ours(sqlite3_file* file) {
  return reinterpret_cast<File*>(file);
}

sqlite3_file* real(sqlite3_file* file) {
  return ours(file)->real;
}

sqlite3_vfs* below(sqlite3_vfs* vfs) {
  return static_cast<sqlite3_vfs*>(vfs->pAppData);
}

/// After the commit: whatever else the journal held.
void zero_ended_journal(File& journal) {
  journal.ended = false;
  sqlite3_int64 size = 0;
  int rc = journal.real->pMethods->xFileSize(journal.real, &size);
  if (rc == SQLITE_OK) rc = zero_range(journal.real, kJournalHeader, size);
  // The transaction is committed, so SQLite must not hear of this; Writing::commit() asks.
  if (journal.database != nullptr) journal.database->residue = rc;
}

void remember_header(File& file, std::span<const std::uint8_t> header) {
  file.reserved_bytes = header[20];
  file.auto_vacuum = !all_zero(header.subspan(52, 4));
  file.header_known = true;
}

/// Whether [at, at + bytes) is a whole page that may be looked into.
bool is_page(File& file, int bytes, sqlite3_int64 at) {
  if (bytes < 512 || (bytes & (bytes - 1)) != 0 || at % bytes != 0) return false;
  sqlite3_int64 size = 0;
  if (file.real->pMethods->xFileSize(file.real, &size) != SQLITE_OK) return false;
  if (std::max(size, at + bytes) / bytes >= kMostPages) return false;
  if (!file.header_known) {
    std::array<std::uint8_t, 100> header{};
    const int rc = file.real->pMethods->xRead(file.real, header.data(), header.size(), 0);
    if (rc != SQLITE_OK) return false;
    remember_header(file, header);
  }
  return !file.auto_vacuum;  // Its pointer map pages could be taken for b-tree pages.
}

int write_database(File& file, const void* data, int bytes, sqlite3_int64 at) {
  const std::span source(static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(bytes));
  if (at == 0 && bytes >= 512) remember_header(file, source);
  if (!is_page(file, bytes, at)) return file.real->pMethods->xWrite(file.real, data, bytes, at);
  // In a copy: SQLite's own page must not change under it.
  thread_local std::vector<std::uint8_t> page;
  page.assign(source.begin(), source.end());
  clear_unused(page, at == 0 ? 100 : 0, file.reserved_bytes);
  return file.real->pMethods->xWrite(file.real, page.data(), bytes, at);
}

int vfs_close(sqlite3_file* file) {
  return real(file)->pMethods->xClose(real(file));
}

int vfs_read(sqlite3_file* file, void* out, int bytes, sqlite3_int64 at) {
  return real(file)->pMethods->xRead(real(file), out, bytes, at);
}

int vfs_write(sqlite3_file* file, const void* data, int bytes, sqlite3_int64 at) {
  File& self = *ours(file);
  if (self.kind != Kind::other) {
    if (const int rc = grow_zeroed(self.real, at + bytes); rc != SQLITE_OK) return rc;
  }
  if (self.kind == Kind::database) return write_database(self, data, bytes, at);
  // A header of zeros ends a transaction. One that begins has zeros for its magic alone: the sizes
  // after it are not, and what follows it is still needed.
  const std::span source(static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(bytes));
  self.ended = self.kind == Kind::journal && at == 0 && bytes >= kJournalHeader && all_zero(source);
  return self.real->pMethods->xWrite(self.real, data, bytes, at);
}

int vfs_truncate(sqlite3_file* file, sqlite3_int64 size) {
  File& self = *ours(file);
  int rc = SQLITE_OK;
  if (self.kind == Kind::journal && size == 0) {
    rc = zero_journal(self.real);
  } else if (self.kind != Kind::other) {
    sqlite3_int64 old_size = 0;
    rc = self.real->pMethods->xFileSize(self.real, &old_size);
    if (rc == SQLITE_OK) rc = zero_range(self.real, size, old_size);
  }
  return rc != SQLITE_OK ? rc : self.real->pMethods->xTruncate(self.real, size);
}

int vfs_sync(sqlite3_file* file, int flags) {
  File& self = *ours(file);
  const int rc = self.real->pMethods->xSync(self.real, flags);
  // A crash from here on leaves an ended journal with its rest: the next writer zeroes it.
  if (rc == SQLITE_OK && self.ended) zero_ended_journal(self);
  return rc;
}

int vfs_file_size(sqlite3_file* file, sqlite3_int64* size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}

int vfs_lock(sqlite3_file* file, int level) {
  return real(file)->pMethods->xLock(real(file), level);
}

int vfs_unlock(sqlite3_file* file, int level) {
  return real(file)->pMethods->xUnlock(real(file), level);
}

int vfs_check_reserved_lock(sqlite3_file* file, int* out) {
  return real(file)->pMethods->xCheckReservedLock(real(file), out);
}

int vfs_file_control(sqlite3_file* file, int operation, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), operation, argument);
}

int vfs_sector_size(sqlite3_file* file) {
  return real(file)->pMethods->xSectorSize(real(file));
}

int vfs_device_characteristics(sqlite3_file* file) {
  // Atomic batches would bypass the journal, and with it the order that the zeroing relies on.
  return real(file)->pMethods->xDeviceCharacteristics(real(file)) & ~SQLITE_IOCAP_BATCH_ATOMIC;
}

/// Version 1: without shared memory there is no WAL, without xFetch no memory mapping.
const sqlite3_io_methods kMethods = {
    1,
    vfs_close,
    vfs_read,
    vfs_write,
    vfs_truncate,
    vfs_sync,
    vfs_file_size,
    vfs_lock,
    vfs_unlock,
    vfs_check_reserved_lock,
    vfs_file_control,
    vfs_sector_size,
    vfs_device_characteristics,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
};

int vfs_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  File* self = new (file) File{};
  self->real = reinterpret_cast<sqlite3_file*>(reinterpret_cast<std::uint8_t*>(file) + kRealOffset);
  self->real->pMethods = nullptr;
  const int rc = below(vfs)->xOpen(below(vfs), name, self->real, flags, out_flags);
  if (rc != SQLITE_OK) {
    if (self->real->pMethods != nullptr) self->real->pMethods->xClose(self->real);
    return rc;
  }
  self->base.pMethods = &kMethods;
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) self->kind = Kind::database;
  if ((flags & SQLITE_OPEN_MAIN_JOURNAL) != 0) {
    self->kind = Kind::journal;
    sqlite3_file* database = sqlite3_database_file_object(name);
    if (database != nullptr && database->pMethods == &kMethods) self->database = ours(database);
  }
  return SQLITE_OK;
}

/// Opens a file of the VFS below for as long as `use` takes. Returns its result, or why it could
/// not be opened.
template <typename Use>
int with_file(sqlite3_vfs* under, std::string_view path, int flags, const Use& use) {
  std::string name(path);
  name.push_back('\0');  // SQLite looks for URI parameters behind a file name's end.
  const auto memory = std::make_unique<std::max_align_t[]>(
      static_cast<std::size_t>(under->szOsFile) / sizeof(std::max_align_t) + 1);
  auto* file = reinterpret_cast<sqlite3_file*>(memory.get());
  int rc = under->xOpen(under, name.c_str(), file, flags, nullptr);
  if (rc == SQLITE_OK) rc = use(file);
  if (file->pMethods != nullptr) file->pMethods->xClose(file);
  return rc;
}

int scrub_below(sqlite3_vfs* under, std::string_view path) {
  int exists = 0;
  if (const int rc =
          under->xAccess(under, std::string(path).c_str(), SQLITE_ACCESS_EXISTS, &exists);
      rc != SQLITE_OK || exists == 0) {
    return rc;
  }
  // As a main journal it could not be opened without its database, whose mode it would take.
  return with_file(under, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_SUPER_JOURNAL, zero_journal);
}

int vfs_delete(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  if (std::string_view(name).ends_with("-journal")) {
    if (scrub_below(below(vfs), name) != SQLITE_OK) return SQLITE_IOERR_DELETE;
  }
  return below(vfs)->xDelete(below(vfs), name, sync_directory);
}

int vfs_access(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
  return below(vfs)->xAccess(below(vfs), name, flags, out);
}

int vfs_full_pathname(sqlite3_vfs* vfs, const char* name, int size, char* out) {
  return below(vfs)->xFullPathname(below(vfs), name, size, out);
}

int vfs_randomness(sqlite3_vfs* vfs, int size, char* out) {
  return below(vfs)->xRandomness(below(vfs), size, out);
}

int vfs_sleep(sqlite3_vfs* vfs, int microseconds) {
  return below(vfs)->xSleep(below(vfs), microseconds);
}

int vfs_current_time(sqlite3_vfs* vfs, double* out) {
  return below(vfs)->xCurrentTime(below(vfs), out);
}

int vfs_get_last_error(sqlite3_vfs* vfs, int size, char* out) {
  return below(vfs)->xGetLastError(below(vfs), size, out);
}

int vfs_current_time_int64(sqlite3_vfs* vfs, sqlite3_int64* out) {
  return below(vfs)->xCurrentTimeInt64(below(vfs), out);
}

/// SQLite keeps the object for the life of the process.
sqlite3_vfs& the_vfs() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made{};
    made.iVersion = 2;
    made.zName = kVfsName;
    made.xOpen = vfs_open;
    made.xDelete = vfs_delete;
    made.xAccess = vfs_access;
    made.xFullPathname = vfs_full_pathname;
    made.xRandomness = vfs_randomness;
    made.xSleep = vfs_sleep;
    made.xCurrentTime = vfs_current_time;
    made.xGetLastError = vfs_get_last_error;
    made.xCurrentTimeInt64 = vfs_current_time_int64;
    return made;
  }();
  return vfs;
}

/// As root, SQLite gives a journal that it opens, be it to read, to the owner of the database, also
/// when it is theirs: that would be a change on disk by a reader.
int change_owner_if_other(int fd, uid_t owner, gid_t group) {
  struct stat now {};
  if (::fstat(fd, &now) == 0 && now.st_uid == owner && now.st_gid == group) return 0;
  return ::fchown(fd, owner, group);
}

}  // namespace

void register_vfs(sqlite3_vfs* over) {
  sqlite3_vfs& vfs = the_vfs();
  if (over == nullptr && vfs.pAppData != nullptr) return;
  if (over == nullptr) {
    over = sqlite3_vfs_find(nullptr);
    if (over->xSetSystemCall != nullptr) {
      over->xSetSystemCall(over, "fchown",
                           reinterpret_cast<sqlite3_syscall_ptr>(change_owner_if_other));
    }
  }
  EXPUNGE_ASSERT(over != nullptr && over != &vfs);
  vfs.pAppData = over;
  vfs.mxPathname = over->mxPathname;
  vfs.szOsFile = static_cast<int>(kRealOffset) + over->szOsFile;
  const int rc = sqlite3_vfs_register(&vfs, 0);
  EXPUNGE_ASSERT(rc == SQLITE_OK);
}

int scrub_journal(const std::string& path) {
  register_vfs();
  return scrub_below(below(&the_vfs()), path);
}

std::optional<std::string> read_header(const std::string& path) {
  register_vfs();
  std::string header(100, '\0');
  const auto read = [&](sqlite3_file* file) {
    sqlite3_int64 size = 0;
    if (const int rc = file->pMethods->xFileSize(file, &size); rc != SQLITE_OK) return rc;
    header.resize(static_cast<std::size_t>(std::clamp<sqlite3_int64>(size, 0, 100)));
    return file->pMethods->xRead(file, header.data(), static_cast<int>(header.size()), 0);
  };
  const int rc =
      with_file(below(&the_vfs()), path, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, read);
  if (rc != SQLITE_OK) return std::nullopt;
  return header;
}

int journal_residue(sqlite3* connection) {
  sqlite3_file* file = nullptr;
  const int rc = sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (rc != SQLITE_OK || file == nullptr || file->pMethods != &kMethods) return SQLITE_OK;
  return ours(file)->residue;
}

}  // namespace expunge::archive
