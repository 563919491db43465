#include "support/archive_fixture.h"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "base/error.h"
#include "support/catch.h"

namespace expunge::test {
namespace {

sqlite3* connect(const std::string& path, int flags) {
  sqlite3* connection = nullptr;
  if (sqlite3_open_v2(path.c_str(), &connection, flags, "unix") != SQLITE_OK) {
    sqlite3_close(connection);
    throw std::runtime_error("sqlite3_open_v2 " + path);
  }
  return connection;
}

}  // namespace

base::CivilDate date(const std::string& text) {
  return base::parse_date(text).value();
}

std::chrono::sys_seconds instant(const std::string& text) {
  return base::parse_instant(text).value();
}

base::Time log_time(const std::string& text) {
  return base::parse_log_time(text).value();
}

archive::ImportRow row(const std::string& id, const std::string& recorded_at,
                       const std::string& subject) {
  archive::ImportRow made;
  made.id = id;
  made.department = "Customer Services";
  if (!recorded_at.empty()) made.recorded_at = instant(recorded_at);
  made.subject = subject;
  made.file.path = "2025/" + id + ".wav";
  made.file.role = "audio";
  return made;
}

archive::ImportCounts import_rows(archive::Index& index,
                                  const std::vector<archive::ImportRow>& rows,
                                  archive::OpaqueIds ids, const std::string& today) {
  archive::Importer importer(
      index, ids, [](const std::string&) { return false; }, date(today));
  for (const archive::ImportRow& each : rows) {
    const auto refused = importer.add(each);
    if (refused) throw std::runtime_error(each.id + ": " + *refused);
  }
  importer.commit();
  return importer.counts();
}

archive::Outcome destroyed(std::int64_t key, const std::string& recorded_on,
                           std::uint64_t log_seq) {
  archive::Outcome outcome;
  outcome.recording_key = key;
  outcome.state = archive::State::destroyed;
  outcome.recorded_on = date(recorded_on);
  outcome.destroyed_at = log_time("2026-11-24T02:00:00.000Z");
  outcome.log_seq = log_seq;
  return outcome;
}

void record(archive::Index& index, const std::vector<archive::Outcome>& outcomes) {
  archive::Index::Writing writing(index);
  writing.record(outcomes);
  writing.commit();
}

std::vector<archive::Recording> all(const archive::Index& index) {
  std::vector<archive::Recording> found;
  index.scan([&](const archive::Recording& recording) {
    found.push_back(recording);
    return true;
  });
  return found;
}

void make_index(const std::string& path, const std::vector<archive::ImportRow>& rows) {
  archive::Index::create(path, kOrigin);
  if (rows.empty()) return;
  archive::Index index = open_index(path);
  import_rows(index, rows);
}

archive::Index open_index(const std::string& path, archive::Index::Access access) {
  return archive::Index::open(path, access, kOrigin);
}

std::string sql_value(const std::string& path, const std::string& sql) {
  sqlite3* connection = connect(path, SQLITE_OPEN_READONLY);
  sqlite3_stmt* statement = nullptr;
  std::string value;
  if (sqlite3_prepare_v2(connection, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0) != nullptr) {
    value = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
  } else {
    value = sqlite3_errmsg(connection);
  }
  sqlite3_finalize(statement);
  sqlite3_close(connection);
  return value;
}

std::vector<std::vector<std::string>> sql_rows(const std::string& path, const std::string& sql) {
  sqlite3* connection = connect(path, SQLITE_OPEN_READONLY);
  sqlite3_stmt* statement = nullptr;
  std::vector<std::vector<std::string>> rows;
  int rc = sqlite3_prepare_v2(connection, sql.c_str(), -1, &statement, nullptr);
  while (rc == SQLITE_OK || rc == SQLITE_ROW) {
    rc = sqlite3_step(statement);
    if (rc != SQLITE_ROW) break;
    std::vector<std::string>& row = rows.emplace_back();
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const unsigned char* const text = sqlite3_column_text(statement, i);
      row.emplace_back(text == nullptr ? "" : reinterpret_cast<const char*>(text));
    }
  }
  const std::string error = sqlite3_errmsg(connection);
  sqlite3_finalize(statement);
  sqlite3_close(connection);
  if (rc != SQLITE_DONE) throw std::runtime_error(sql + ": " + error);
  return rows;
}

void sql_run(const std::string& path, const std::string& sql) {
  sqlite3* connection = connect(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  char* message = nullptr;
  const int rc = sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, &message);
  const std::string text = message == nullptr ? "" : message;
  sqlite3_free(message);
  sqlite3_close(connection);
  if (rc != SQLITE_OK) throw std::runtime_error("sql_run: " + text);
}

std::size_t hits(const std::string& file, const std::vector<std::string>& needles) {
  if (!std::filesystem::exists(file)) return 0;
  const std::string data = slurp(file);
  std::size_t found = 0;
  for (const std::string& needle : needles) {
    for (auto at = data.find(needle); at != std::string::npos; at = data.find(needle, at + 1)) {
      ++found;
    }
  }
  return found;
}

bool all_zero(const std::string& data) {
  return std::all_of(data.begin(), data.end(), [](char c) { return c == 0; });
}

int in_child(const std::function<bool()>& body) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork");
  if (child == 0) {
    int code = 2;
    try {
      code = body() ? 0 : 1;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "in the child: %s\n", error.what());
    } catch (...) {
    }
    ::_exit(code);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child) throw std::runtime_error("waitpid");
  return status;
}

std::string failure_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const base::Failure& failure) {
    return (failure.status() == base::ExitStatus::usage ? "usage: " : "needs person: ") +
           std::string(failure.what());
  }
  return {};
}

}  // namespace expunge::test
