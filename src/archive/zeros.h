#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <span>

namespace expunge::archive {

/// What SQLite zeroes at the beginning of a rollback journal to end a transaction, in bytes
/// (its file format, section 3).
inline constexpr int kJournalHeader = 28;

[[nodiscard]] bool all_zero(std::span<const std::uint8_t> bytes);

/// Zeroes [from, to), chunks that are zeros already left alone, and flushes if it wrote any.
/// Returns an SQLite result code, as the other functions do.
[[nodiscard]] int zero_range(sqlite3_file* file, sqlite3_int64 from, sqlite3_int64 to);

/// Zeroes a rollback journal: header, flush, rest, flush.
[[nodiscard]] int zero_journal(sqlite3_file* file);

/// Makes the file at least `end` bytes long, with zeros, and flushes them: more than was asked for,
/// so that it is seldom needed, unless the disk is too full for that. Does nothing to one that is
/// as long.
///
/// For what is written next. Beyond the end of a file the data may reach the disk before the
/// knowledge of whose blocks they are: when the power goes between the two, they stay in blocks
/// that belong to nobody, out of reach.
[[nodiscard]] int grow_zeroed(sqlite3_file* file, sqlite3_int64 end);

}  // namespace expunge::archive
