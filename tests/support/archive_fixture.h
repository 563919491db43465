#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "archive/importer.h"
#include "archive/index.h"
#include "support/scratch.h"

namespace expunge::test {

inline constexpr const char* kOrigin = "recordings.example.gov.uk/destruction-log";

[[nodiscard]] base::CivilDate date(const std::string& text);
[[nodiscard]] std::chrono::sys_seconds instant(const std::string& text);
[[nodiscard]] base::Time log_time(const std::string& text);

/// A row with a path of its own made from `id`.
[[nodiscard]] archive::ImportRow row(const std::string& id, const std::string& recorded_at,
                                     const std::string& subject = "");

/// Imports `rows`; every one must be taken.
archive::ImportCounts import_rows(archive::Index& index,
                                  const std::vector<archive::ImportRow>& rows,
                                  archive::OpaqueIds ids = archive::OpaqueIds::no,
                                  const std::string& today = "2026-11-23");

[[nodiscard]] archive::Outcome destroyed(std::int64_t key, const std::string& recorded_on,
                                         std::uint64_t log_seq);
/// Records outcomes in a transaction of their own.
void record(archive::Index& index, const std::vector<archive::Outcome>& outcomes);

[[nodiscard]] std::vector<archive::Recording> all(const archive::Index& index);

/// A new index with these rows.
void make_index(const std::string& path, const std::vector<archive::ImportRow>& rows = {});
[[nodiscard]] archive::Index open_index(
    const std::string& path, archive::Index::Access access = archive::Index::Access::write);

/// The first column of the first row, as text, through SQLite without our VFS; read only.
[[nodiscard]] std::string sql_value(const std::string& path, const std::string& sql);
/// All rows, each column as text, NULL as nothing; throws when it cannot be read.
[[nodiscard]] std::vector<std::vector<std::string>> sql_rows(const std::string& path,
                                                             const std::string& sql);
/// Runs SQL through SQLite without our VFS.
void sql_run(const std::string& path, const std::string& sql);

/// Times that any of `needles` occurs in the file; 0 when it is not there.
[[nodiscard]] std::size_t hits(const std::string& file, const std::vector<std::string>& needles);
[[nodiscard]] bool all_zero(const std::string& data);

/// Runs `body` in a child process, which ends with _exit; returns its wait status. 0: it returned
/// true; exit code 1: false; 2: it threw, and what it threw is on standard error.
int in_child(const std::function<bool()>& body);

/// What the call throws, with its status before it, as `usage: …`; empty when it throws nothing.
[[nodiscard]] std::string failure_of(const std::function<void()>& call);

}  // namespace expunge::test
