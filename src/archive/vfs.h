#pragma once

#include <optional>
#include <string>

struct sqlite3;
struct sqlite3_vfs;

namespace expunge::archive {

/// The name to open a database with.
inline constexpr const char* kVfsName = "expunge";

/// Registers the VFS `expunge` with SQLite, once; later calls do nothing, but for a test that
/// names another VFS for it to lie `over` (nullptr: SQLite's own for this system).
///
/// It leaves nothing of what was erased behind:
/// - every b-tree page goes to the database with its unused parts zeroed (page.h);
/// - a rollback journal is zeroed whole when its transaction has ended. SQLite ends one in
///   journal_mode=PERSIST by zeroing the journal's header, flushed: that is the commit, and only
///   after it the rest is zeroed and flushed, because a rest zeroed before its header would be
///   played back. Before a journal is removed or cut: header, flush, rest, flush, then the call;
/// - a database's tail is zeroed and flushed before it is cut off;
/// - what makes a file longer goes where zeros were flushed before, so both are somewhat longer
/// than
///   SQLite needs (zeros.h).
/// It offers neither WAL nor memory mapping, which would go past it.
void register_vfs(sqlite3_vfs* over = nullptr);

/// Zeroes the rollback journal at `path`: header, flush, rest, flush. Nothing is written when it is
/// all zeros already, or not there. Requires that nobody needs it: the caller holds the database's
/// write lock and has written nothing yet. Returns an SQLite result code.
[[nodiscard]] int scrub_journal(const std::string& path);

/// The first 100 bytes of the file at `path`, fewer when it is shorter; nullopt when it cannot be
/// read. Through SQLite's own VFS: no lock that this process has on the file is dropped by it, and
/// no journal is played back.
[[nodiscard]] std::optional<std::string> read_header(const std::string& path);

/// 0, or the SQLite result code for why the journal of the last transaction of this connection,
/// though ended, could not be zeroed: its pages may still hold what the transaction erased.
[[nodiscard]] int journal_residue(sqlite3* connection);

}  // namespace expunge::archive
