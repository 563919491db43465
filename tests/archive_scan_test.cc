#include <sqlite3.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "archive/scan.h"
#include "archive/store.h"
#include "support/archive_fixture.h"
#include "support/catch.h"

using namespace expunge;
using namespace expunge::archive;
using namespace expunge::test;

namespace {

/// `count` recordings with shuffled dates, every tenth without one, some with several files.
std::vector<ImportRow> shuffled_rows(int count) {
  std::vector<ImportRow> rows;
  for (int i = 0; i < count; ++i) {
    const auto at = instant("2025-01-01T00:00:00Z") + std::chrono::minutes(i / 3);
    ImportRow made = row("r" + std::to_string(i), i % 10 == 0 ? "" : base::to_text(at));
    rows.push_back(made);
    for (int copy = 0; copy < i % 4; ++copy) {
      made.file.path = "copy/" + std::to_string(copy) + "/" + made.id;
      made.file.bytes = static_cast<std::uint64_t>(copy);
      made.file.sha256 = base::sha256(made.file.path);
      rows.push_back(made);
    }
  }
  std::shuffle(rows.begin(), rows.end(), std::mt19937(1));
  return rows;
}

std::string plan_of(const std::string& path, const std::string& sql) {
  sqlite3* connection = nullptr;
  REQUIRE(sqlite3_open_v2(path.c_str(), &connection, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  REQUIRE(sqlite3_prepare_v2(connection, ("EXPLAIN QUERY PLAN " + sql).c_str(), -1, &statement,
                             nullptr) == SQLITE_OK);
  std::string plan;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    plan += reinterpret_cast<const char*>(sqlite3_column_text(statement, 3));
    plan += '\n';
  }
  sqlite3_finalize(statement);
  sqlite3_close(connection);
  return plan;
}

}  // namespace

TEST_CASE("A scan is in plan order and complete whatever the order of import") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  const std::vector<ImportRow> rows = shuffled_rows(5000);  // several chunks
  make_index(path, rows);
  const Index index = open_index(path, Index::Access::read);
  const std::vector<Recording> found = all(index);
  REQUIRE(found.size() == 5000);
  std::size_t files = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    files += found[i].files.size();
    for (std::size_t f = 1; f < found[i].files.size(); ++f) {
      CHECK(found[i].files[f - 1].path < found[i].files[f].path);
    }
    if (i == 0) continue;
    const auto order = [](const Recording& r) {
      return std::pair(r.recorded_at ? r.recorded_at->time_since_epoch().count() : -1, r.id);
    };
    if (!(order(found[i - 1]) < order(found[i]))) FAIL(found[i].id << " is out of order");
  }
  CHECK(files == rows.size());
  CHECK_FALSE(found[0].recorded_at);
  for (const Recording& recording : {found[0], found[4321]}) {
    const auto again = index.find(recording.id);
    REQUIRE(again);
    CHECK(again->key == recording.key);
    CHECK(again->files.size() == recording.files.size());
    CHECK(index.find(recording.key)->id == recording.id);
  }
}

TEST_CASE("A scan ends where it is told to and knows nothing newer than the key it is given") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  std::vector<ImportRow> rows;
  rows.reserve(2000);
  for (int i = 0; i < 2000; ++i) rows.push_back(row("r" + std::to_string(i), ""));
  make_index(path, rows);  // exactly one chunk
  const Index index = open_index(path);
  CHECK(all(index).size() == 2000);
  int seen = 0;
  index.scan([&](const Recording&) { return ++seen < 3; });
  CHECK(seen == 3);
  seen = 0;
  index.scan(
      [&](const Recording& recording) {
        CHECK(recording.key <= 10);
        ++seen;
        return true;
      },
      10);
  CHECK(seen == 10);
}

TEST_CASE("A recording without files is seen by the scan") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, {row("a", "2025-01-01T10:00:00Z"), row("b", "2025-01-02T10:00:00Z")});
  sql_run(path, "DELETE FROM file WHERE path = '2025/a.wav'");
  const std::vector<Recording> found = all(open_index(path));
  REQUIRE(found.size() == 2);
  CHECK(found[0].files.empty());
  CHECK(found[1].files.size() == 1);
}

TEST_CASE("While a scan calls back no lock is held and others can commit") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, shuffled_rows(4500));
  const Index index = open_index(path, Index::Access::read);
  int seen = 0;
  int placed = 0;
  index.scan([&](const Recording&) {
    if (++seen % 1500 == 0) {
      const int status = in_child([&] {
        busy_timeout_ms = 0;
        Index writer = open_index(path);
        Index::Writing writing(writer);
        Hold hold;
        hold.reference = "H" + std::to_string(seen);
        hold.placed_at = log_time("2026-11-20T10:00:00.000Z");
        writing.place_hold(hold);
        writing.commit();
        return true;
      });
      CHECK(status == 0);
      ++placed;
      CHECK(index.holds(true).size() == static_cast<std::size_t>(placed));
    }
    return true;
  });
  CHECK(seen == 4500);
  CHECK(placed == 3);
}

TEST_CASE("A subject's recordings and a call's segments are found in plan order") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  std::vector<ImportRow> rows;
  for (int i = 0; i < 30; ++i) {
    const auto at = instant("2025-06-01T00:00:00Z") - std::chrono::hours(i);
    rows.push_back(row("r" + std::to_string(i), base::to_text(at),
                       i % 3 == 0 ? "+44 161 496 0123" : "0161 496 0999"));
    rows.back().call_id = i < 2 ? "call-1" : "";
  }
  make_index(path, rows);
  Index index = open_index(path);
  std::vector<std::string> ids;
  const auto collect = [&](const Recording& recording) {
    ids.push_back(recording.id);
    return true;
  };
  index.scan_subject("01614960123", collect);
  REQUIRE(ids.size() == 10);
  CHECK(ids.front() == "r27");
  CHECK(ids.back() == "r0");
  ids.clear();
  index.scan_subject("", collect);
  CHECK(ids.empty());
  record(index, {destroyed(1, "2025-06-01", 1)});
  index.scan_subject("01614960123", collect);
  CHECK(ids.size() == 9);
  const std::vector<Recording> segments = index.segments("call-1");
  REQUIRE(segments.size() == 1);  // the other segment is destroyed
  CHECK(segments[0].id == "r1");
  CHECK(segments[0].files.size() == 1);
}

TEST_CASE("A scan from the newest back gives what scan gives before a time the other way round") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  std::vector<ImportRow> rows = shuffled_rows(4500);
  rows.push_back(row("undated", "", ""));
  make_index(path, rows);
  Index index = open_index(path);
  record(index, {destroyed(7, "2025-06-01", 1)});
  std::vector<std::string> forward, back;
  std::optional<std::chrono::sys_seconds> newest;
  index.scan([&](const Recording& recording) {
    if (recording.recorded_at) newest = recording.recorded_at;
    return true;
  });
  REQUIRE(newest);
  const std::chrono::sys_seconds before = *newest - std::chrono::minutes{1};
  index.scan([&](const Recording& recording) {
    if (recording.recorded_at && *recording.recorded_at < before) {
      forward.push_back(recording.id + " " + std::to_string(recording.files.size()));
    }
    return true;
  });
  index.scan_newest(before, [&](const Recording& recording) {
    back.push_back(recording.id + " " + std::to_string(recording.files.size()));
    return true;
  });
  REQUIRE(back.size() > 2000);  // more than are read at once
  std::reverse(back.begin(), back.end());
  CHECK(back == forward);
}

TEST_CASE("Scans sort nothing and take every order from an index") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path);
  const std::string plan = plan_of(path, kScan);
  INFO(plan);
  CHECK(plan.find("TEMP B-TREE") == std::string::npos);
  CHECK(plan.find("recording_plan ((recorded_at,id)>(?,?))") != std::string::npos);
  CHECK(plan.find("SEARCH f USING PRIMARY KEY (recording_key=?)") != std::string::npos);
  const std::string newest_plan = plan_of(path, kScanNewest);
  INFO(newest_plan);
  CHECK(newest_plan.find("TEMP B-TREE") == std::string::npos);
  CHECK(newest_plan.find("recording_plan ((recorded_at,id)<(?,?)") != std::string::npos);
  CHECK(newest_plan.find("SEARCH f USING PRIMARY KEY (recording_key=?)") != std::string::npos);
  const std::string subject_plan = plan_of(path, kScanSubject);
  INFO(subject_plan);
  CHECK(subject_plan.find("TEMP B-TREE") == std::string::npos);
  CHECK(subject_plan.find("recording_subject (subject_key=?") != std::string::npos);
  CHECK(subject_plan.find("SEARCH f USING PRIMARY KEY (recording_key=?)") != std::string::npos);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kOwnMemory = false;
#else
constexpr bool kOwnMemory = true;
#endif

TEST_CASE("The memory of a scan does not grow with the archive") {
  if (!kOwnMemory) SKIP_TEST("the sanitizer keeps what is freed");
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path);
  sql_run(path,
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)"
          " INSERT INTO recording(id, call_id, department, recorded_at, subject, subject_key,"
          " agent, state) SELECT 'r' || i, '', 'Customer Services', '2025-01-01T10:00:00Z',"
          " '', '', '', 'kept' FROM n;"
          "INSERT INTO file(recording_key, path, role, bytes) SELECT key,"
          " 'a/path/of/some/length/so/that/the/strings/are/on/the/heap/' || id, 'audio', 1"
          " FROM recording");
  // Beyond the cache of 16 MiB and a chunk.
  constexpr long kMostKib = 32768;
  const int status = in_child([&] {
    const Index index = open_index(path, Index::Access::read);
    rusage before{};
    ::getrusage(RUSAGE_SELF, &before);
    int seen = 0;
    index.scan([&](const Recording&) { return ++seen > 0; });
    rusage after{};
    ::getrusage(RUSAGE_SELF, &after);
    return seen == 300000 && after.ru_maxrss - before.ru_maxrss < kMostKib;
  });
  CHECK(status == 0);
}
