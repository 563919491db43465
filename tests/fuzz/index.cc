// A file where the index should be: ours with changes, or any bytes at all, perhaps with a journal
// beside it. Opening and reading ends in a Failure or works, changes nothing, and so does opening
// for writing where it fails; a database of another program is never written to.

#include <sqlite3.h>

#include <cstring>
#include <filesystem>

#include "archive/importer.h"
#include "archive/index.h"
#include "archive/store.h"
#include "base/error.h"
#include "fuzz/support/input.h"
#include "fuzz/support/made_index.h"

using namespace expunge;
using archive::Index;

namespace {

constexpr std::size_t kPage = 512;

/// The index with the changes that the input lists: an operation, a place, bytes.
std::string changed_index(fuzz::Input& input, std::string bytes) {
  while (!input.empty()) {
    const unsigned operation = input.byte();
    const std::size_t at = input.number(3);
    if (operation < 160 && !bytes.empty()) {
      const std::string_view patch = input.text(operation % 16 + 1);
      const std::size_t from = at % bytes.size();
      bytes.replace(from, std::min(patch.size(), bytes.size() - from),
                    patch.substr(0, bytes.size() - from));
    } else if (operation < 220 && bytes.size() >= kPage) {
      const std::size_t pages = bytes.size() / kPage;
      const std::string page = bytes.substr(at % pages * kPage, kPage);
      bytes.replace(input.number(2) % pages * kPage, kPage, page);
    } else if (operation < 240) {
      bytes.resize(at % (bytes.size() + 1));
    } else {
      bytes.append(at % 4096, static_cast<char>(input.byte()));
    }
  }
  return bytes;
}

/// Everything that a command may read.
void read_all(const Index& index) {
  std::size_t recordings = 0;
  std::string first_id;
  std::string call;
  index.scan([&](const archive::Recording& recording) {
    EXPUNGE_ASSERT(recording.files.size() <= archive::kMaxFiles);
    EXPUNGE_ASSERT(recording.state != archive::State::destroyed &&
                   recording.state != archive::State::removed);
    if (first_id.empty()) first_id = recording.id;
    if (call.empty()) call = recording.call_id;
    EXPUNGE_ASSERT(++recordings < 100000);
    return true;
  });
  index.scan_subject("07700900002", [](const archive::Recording&) { return true; });
  index.scan_agent("ann", [](const archive::Recording&) { return true; });
  static_cast<void>(index.find("c-003"));
  static_cast<void>(index.find(std::int64_t{5}));
  static_cast<void>(index.find(first_id));
  static_cast<void>(index.history("c-004"));
  static_cast<void>(index.source_id("c-004"));
  static_cast<void>(index.segments(call.empty() ? "k1" : call));
  static_cast<void>(index.count_destroyed("Customer Services", std::nullopt, std::nullopt));
  static_cast<void>(index.newest_key());
  static_cast<void>(index.log_position());
  static_cast<void>(index.root_identity());
  static_cast<void>(index.reconciled_size());
  EXPUNGE_ASSERT(index.holds(true).size() <= 10000);
  for (const archive::Approval& approval : index.approvals()) {
    index.for_each_approved(approval.number, [](std::int64_t) {});
  }
  static_cast<void>(index.journal());
  static_cast<void>(index.past_logs());
  static_cast<void>(index.past_claims());
  static_cast<void>(index.touched_directories());
}

/// What a command may write.
void write_some(Index& index) {
  const base::Time now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23};
  {
    Index::Writing writing(index);
    writing.place_hold({"SAR-9", "sar", "", "ann", now, {}, "", "", {{"c-001", "", "", {}, {}}}});
    archive::Outcome outcome;
    outcome.recording_key = 9;
    outcome.state = archive::State::destroyed;
    outcome.recorded_on = std::chrono::year{2025} / 1 / 1;
    outcome.destroyed_at = now;
    writing.record(std::span(&outcome, 1));
    writing.commit();
  }
  archive::Importer importer(
      index, archive::OpaqueIds::no, [](const std::string&) { return false; },
      std::chrono::year{2026} / 11 / 23);
  archive::ImportRow row;
  row.id = "new-1";
  row.department = "Customer Services";
  row.file = {"2026/new-1.wav", "audio", 5, {}};
  static_cast<void>(importer.add(row));
  importer.commit();
}

/// What SQLite itself says of the file.
bool is_sound(const std::string& path) {
  sqlite3* connection = nullptr;
  std::string found;
  if (sqlite3_open_v2(path.c_str(), &connection, SQLITE_OPEN_READONLY, "unix") == SQLITE_OK) {
    const auto take = [](void* out, int, char** values, char**) {
      *static_cast<std::string*>(out) += values[0] == nullptr ? "" : values[0];
      return 0;
    };
    sqlite3_exec(connection, "PRAGMA integrity_check(1)", take, &found, nullptr);
  }
  sqlite3_close(connection);
  return found == "ok";
}

bool is_ours(const std::string& bytes) {
  return bytes.size() >= 512 && bytes.substr(68, 4) == "EXPG";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  archive::busy_timeout_ms = 0;
  static const std::string kPath = fuzz::scratch_directory() + "/index.db";
  const std::string journal_path = kPath + "-journal";
  fuzz::Input input(data, size);
  const unsigned flags = input.byte();
  const bool with_journal = (flags & 4U) != 0;
  const std::string journal(with_journal ? input.text(input.number(2)) : "");
  const std::string bytes =
      (flags & 1U) != 0
          ? std::string(input.rest())
          : changed_index(input, (flags & 2U) != 0 ? fuzz::empty_index() : fuzz::made_index());
  fuzz::put_file(kPath, bytes);
  if (with_journal) fuzz::put_file(journal_path, journal);

  const auto unchanged = [&] {
    return fuzz::file_text(kPath) == bytes &&
           std::filesystem::exists(journal_path) == with_journal &&
           (!with_journal || fuzz::file_text(journal_path) == journal);
  };
  try {
    const Index index = Index::open(kPath, Index::Access::read, fuzz::kOrigin);
    read_all(index);
  } catch (const base::Failure& failure) {
    EXPUNGE_ASSERT(failure.status() == base::ExitStatus::usage);
  }
  EXPUNGE_ASSERT(unchanged());
  const bool sound = !with_journal && is_sound(kPath);
  bool opened = false;
  try {
    Index index = Index::open(kPath, Index::Access::write, fuzz::kOrigin);
    opened = true;
    read_all(index);
    write_some(index);
  } catch (const base::Failure&) {
  }
  if (!is_ours(bytes)) EXPUNGE_ASSERT(!opened && unchanged());
  if (!opened && !with_journal) EXPUNGE_ASSERT(fuzz::file_text(kPath) == bytes);
  if (sound) EXPUNGE_ASSERT(is_sound(kPath));
  fuzz::drop_file(kPath);
  fuzz::drop_file(journal_path);
  return 0;
}
