#include "archive/zeros.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace expunge::archive {
namespace {

constexpr sqlite3_int64 kChunk = 65536;
constexpr sqlite3_int64 kMostGrowth = 64 * kChunk;

int flush(sqlite3_file* file) {
  return file->pMethods->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
}

/// Writes zeros, and leaves them in the page cache.
int write_zeros(sqlite3_file* file, sqlite3_int64 from, sqlite3_int64 to) {
  const std::vector<std::uint8_t> zeros(static_cast<std::size_t>(kChunk));
  while (from < to) {
    const int bytes = static_cast<int>(std::min(kChunk, to - from));
    const int rc = file->pMethods->xWrite(file, zeros.data(), bytes, from);
    if (rc != SQLITE_OK) return rc;
    from += bytes;
  }
  return SQLITE_OK;
}

}  // namespace

bool all_zero(std::span<const std::uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

int zero_range(sqlite3_file* file, sqlite3_int64 from, sqlite3_int64 to) {
  std::vector<std::uint8_t> chunk(static_cast<std::size_t>(kChunk));
  const std::vector<std::uint8_t> zeros(static_cast<std::size_t>(kChunk));
  bool wrote = false;
  while (from < to) {
    const int bytes = static_cast<int>(std::min(kChunk, to - from));
    const int got = file->pMethods->xRead(file, chunk.data(), bytes, from);
    if (got != SQLITE_OK && got != SQLITE_IOERR_SHORT_READ) return got;
    if (!all_zero(std::span(chunk).first(static_cast<std::size_t>(bytes)))) {
      const int put = file->pMethods->xWrite(file, zeros.data(), bytes, from);
      if (put != SQLITE_OK) return put;
      wrote = true;
    }
    from += bytes;
  }
  return wrote ? flush(file) : SQLITE_OK;
}

int zero_journal(sqlite3_file* file) {
  sqlite3_int64 size = 0;
  if (const int rc = file->pMethods->xFileSize(file, &size); rc != SQLITE_OK) return rc;
  const sqlite3_int64 header = std::min<sqlite3_int64>(size, kJournalHeader);
  if (const int rc = zero_range(file, 0, header); rc != SQLITE_OK) return rc;
  return zero_range(file, header, size);
}

int grow_zeroed(sqlite3_file* file, sqlite3_int64 end) {
  sqlite3_int64 size = 0;
  if (const int rc = file->pMethods->xFileSize(file, &size); rc != SQLITE_OK) return rc;
  if (end <= size) return SQLITE_OK;
  const sqlite3_int64 growth = std::clamp(size / 8, kChunk, kMostGrowth);
  const sqlite3_int64 ample = (std::max(end, size + growth) + kChunk - 1) / kChunk * kChunk;
  int rc = write_zeros(file, size, ample);
  if (rc == SQLITE_FULL) rc = write_zeros(file, size, end);
  return rc == SQLITE_OK ? flush(file) : rc;
}

}  // namespace expunge::archive
