#include "fuzz/support/made_index.h"

#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "archive/importer.h"
#include "base/error.h"
#include "fmt/format.h"
#include "support/scratch.h"

namespace expunge::fuzz {
namespace {

using archive::Index;

void sql(const std::string& path, const char* statements) {
  sqlite3* connection = nullptr;
  EXPUNGE_ASSERT(sqlite3_open_v2(path.c_str(), &connection, SQLITE_OPEN_READWRITE, "unix") ==
                 SQLITE_OK);
  EXPUNGE_ASSERT(sqlite3_exec(connection, statements, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(connection);
}

archive::ImportRow row(int number) {
  archive::ImportRow row;
  row.id = fmt::format("c-{:03}", number);
  row.department = number % 3 == 0 ? "Revenues and Benefits" : "Customer Services";
  if (number % 11 != 0) {
    row.recorded_at =
        std::chrono::sys_days{std::chrono::year{2025} / 1 / 1} + std::chrono::hours{number * 5};
  }
  row.subject = number % 2 == 0 ? fmt::format("07700 9{:05}", number) : "";
  row.call_id = number % 5 == 0 ? fmt::format("k{}", number / 10) : "";
  row.file.path = fmt::format("2025/{:03}.wav", number);
  row.file.role = "audio";
  row.file.bytes = static_cast<std::uint64_t>(number) * 100;
  if (number % 4 == 0) row.file.sha256.emplace();
  return row;
}

void import(Index& index, int count) {
  archive::Importer importer(
      index, archive::OpaqueIds::no, [](const std::string&) { return false; },
      std::chrono::year{2026} / 11 / 23);
  for (int i = 0; i < count; ++i) EXPUNGE_ASSERT(!importer.add(row(i)));
  archive::ImportRow other = row(7);
  other.department = "Others";
  EXPUNGE_ASSERT(!importer.add(other));
  importer.commit();
}

void write(Index& index) {
  const base::Time now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23};
  Index::Writing writing(index);
  archive::Hold hold{"SAR-2026/1", "sar", "asked", "ann", now, {}, "", "", {}};
  hold.scopes.push_back({"", "07700900002", "", {}, {}});
  hold.scopes.push_back({"c-009", "", "Customer Services", std::chrono::year{2025} / 1 / 1, {}});
  writing.place_hold(hold);
  hold.reference = "FOI-2";
  writing.place_hold(hold);
  writing.release_hold("FOI-2", {"answered", "bob", now, std::chrono::year{2026} / 11 / 23});
  hold.reference = "C-3";
  hold.scopes.front().agent_key = "ann";
  hold.review_on = std::chrono::year{2027} / 1 / 1;
  writing.place_hold(hold);
  writing.review_hold("C-3", {std::chrono::year{2027} / 6 / 1, now, "ann", "still open"});
  const auto approval =
      writing.approve({0, std::string(64, 'a'), std::string(64, 'b'),
                       std::chrono::year{2026} / 11 / 23, now, "ann", "read it", 2, 300});
  writing.add_approved(approval, 1);
  writing.add_approved(approval, 2);
  archive::JournalBatch batch;
  batch.run = "20261123T020000Z-5f0c";
  for (std::uint32_t i = 0; i < 3; ++i) {
    archive::JournalFile file;
    file.recording_key = 20 + i;
    file.path = fmt::format("2025/{:03}.wav", 19 + i);
    file.role = "audio";
    file.number = i;
    file.inode = 1000 + i;
    file.method = "overwrite";
    batch.files.push_back(file);
  }
  writing.begin_batch(batch);
  archive::Outcome outcome;
  outcome.recording_key = 5;
  outcome.state = archive::State::destroyed;
  outcome.recorded_on = std::chrono::year{2025} / 1 / 1;
  outcome.destroyed_at = now;
  outcome.log_seq = 3;
  writing.record(std::span(&outcome, 1));
  writing.touch_directories(std::array<std::string, 2>{"", "2025"});
  writing.remember_log({9, base::Digest{}});
  writing.remember_root("2 0");
  writing.remember_reconciled(4);
  writing.commit();
}

std::string make(const std::string& name, bool full) {
  const std::string path = scratch_directory() + "/" + name;
  Index::create(path, kOrigin);
  if (full) {
    Index index = Index::open(path, Index::Access::write, kOrigin);
    import(index, 60);
    write(index);
  }
  sql(path, "PRAGMA page_size = 512; VACUUM");
  std::string bytes = file_text(path);
  drop_file(path);
  drop_file(path + "-journal");
  return bytes;
}

}  // namespace

const std::string& scratch_directory() {
  static const test::Scratch kScratch(std::filesystem::is_directory("/dev/shm")
                                          ? std::filesystem::path("/dev/shm")
                                          : std::filesystem::temp_directory_path());
  static const std::string kPath = kScratch.path();
  return kPath;
}

const std::string& made_index() {
  static const std::string kBytes = make("made.db", true);
  return kBytes;
}

const std::string& empty_index() {
  static const std::string kBytes = make("empty.db", false);
  return kBytes;
}

void put_file(const std::string& path, std::string_view content) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  EXPUNGE_ASSERT(static_cast<bool>(out.flush()));
}

std::string file_text(const std::string& path) {
  return test::slurp(path);
}

void drop_file(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

}  // namespace expunge::fuzz
