// Reading many recordings in plan order.

#include "archive/scan.h"
#include "archive/connection.h"
#include "archive/rows.h"

namespace expunge::archive {
namespace {

constexpr std::size_t kChunkRecordings = 2000;

}  // namespace

// The left join keeps a recording without files; both orders come from indexes, without a sort.
const char* const kScan = "SELECT " EXPUNGE_RECORDING_COLUMNS ", " EXPUNGE_FILE_COLUMNS
                          " FROM recording AS r INDEXED BY recording_plan"
                          " LEFT JOIN file AS f ON f.recording_key = r.key"
                          " WHERE r.state IN ('kept', 'returned', 'partial')"
                          " AND (r.recorded_at, r.id) > (?1, ?2) AND r.key <= ?3"
                          " ORDER BY r.recorded_at, r.id, f.path";

const char* const kScanNewest = "SELECT " EXPUNGE_RECORDING_COLUMNS ", " EXPUNGE_FILE_COLUMNS
                                " FROM recording AS r INDEXED BY recording_plan"
                                " LEFT JOIN file AS f ON f.recording_key = r.key"
                                " WHERE r.state IN ('kept', 'returned', 'partial')"
                                " AND (r.recorded_at, r.id) < (?1, ?2) AND r.recorded_at <> ''"
                                " ORDER BY r.recorded_at DESC, r.id DESC, f.path";

const char* const kScanSubject = "SELECT " EXPUNGE_RECORDING_COLUMNS ", " EXPUNGE_FILE_COLUMNS
                                 " FROM recording AS r INDEXED BY recording_subject"
                                 " LEFT JOIN file AS f ON f.recording_key = r.key"
                                 " WHERE r.subject_key = ?4 AND r.subject_key <> ''"
                                 " AND r.state IN ('kept', 'returned', 'partial')"
                                 " AND (r.recorded_at, r.id) > (?1, ?2) AND r.key <= ?3"
                                 " ORDER BY r.recorded_at, r.id, f.path";

const char* const kScanAgent = "SELECT " EXPUNGE_RECORDING_COLUMNS ", " EXPUNGE_FILE_COLUMNS
                               " FROM recording AS r INDEXED BY recording_agent"
                               " LEFT JOIN file AS f ON f.recording_key = r.key"
                               " WHERE r.agent_key = ?4 AND r.agent_key <> ''"
                               " AND r.state IN ('kept', 'returned', 'partial')"
                               " AND (r.recorded_at, r.id) > (?1, ?2) AND r.key <= ?3"
                               " ORDER BY r.recorded_at, r.id, f.path";

namespace {

/// Recordings read in one go, and where the next chunk goes on.
struct Chunk {
  std::vector<Recording> recordings;  // Those beyond `count` keep their memory for the next chunk.
  std::size_t count = 0;
  bool newest_first = false;
  std::string last_recorded_at;  // As stored; '' sorts before every date.
  std::string last_id;
  bool complete = false;  // There is nothing after this chunk.
};

/// Of one recording's files beyond kMaxFiles: more than anybody writes.
constexpr std::size_t kMostLeftOut = 1'000'000;

/// A damaged tree can hand out rows over and over: each must come after the one before.
void check_order(const Chunk& chunk, std::string_view recorded_at, const Recording& recording) {
  const int by_date = recorded_at.compare(chunk.last_recorded_at);
  const int after = by_date != 0 ? by_date : recording.id.compare(chunk.last_id);
  if (chunk.newest_first ? after >= 0 : after <= 0) fail_damaged("recordings out of order");
}

/// Fills `chunk` from where it ended. No lock is held when it returns, but for a transaction's.
template <typename... Values>
void read_chunk(Store& store, const char* sql, Chunk& chunk, const Values&... values) {
  Query query(store, sql, chunk.last_recorded_at, chunk.last_id, values...);
  chunk.count = 0;
  chunk.complete = false;
  std::size_t files = 0;
  const auto finish_recording = [&] {
    if (chunk.count != 0) chunk.recordings[chunk.count - 1].files.resize(files);
  };
  std::size_t left_out = 0;
  std::int64_t key = 0;
  for (;;) {
    if (!query.next()) {
      chunk.complete = true;
      break;
    }
    if (chunk.count == 0 || query.number(0) != key) {
      finish_recording();
      if (chunk.count == kChunkRecordings) return;
      if (chunk.count == chunk.recordings.size()) chunk.recordings.emplace_back();
      Recording& recording = chunk.recordings[chunk.count++];
      read_recording(query, recording);
      check_order(chunk, query.text(1), recording);
      key = query.number(0);
      chunk.last_recorded_at = query.text(1);
      chunk.last_id = recording.id;
      files = 0;
      left_out = 0;
    }
    if (query.null(kRecordingColumns)) continue;
    Recording& recording = chunk.recordings[chunk.count - 1];
    if (files > kMaxFiles) {
      if (++left_out == kMostLeftOut) fail_damaged("a recording with files without end");
      continue;
    }
    if (files == recording.files.size()) recording.files.emplace_back();
    read_file(query, kRecordingColumns, recording, recording.files[files++]);
    if (files > kMaxFiles) note_too_many_files(recording);
  }
  finish_recording();
}

template <typename... Values>
void scan_from(Chunk chunk, Store& store, const char* sql,
               const std::function<bool(const Recording&)>& each, const Values&... values) {
  chunk.recordings.reserve(kChunkRecordings);
  const auto orders = guarded(store, [&] { return read_orders(store); });
  while (!chunk.complete) {
    guarded(store, [&] { read_chunk(store, sql, chunk, values...); });
    for (std::size_t i = 0; i < chunk.count && !orders.empty(); ++i) {
      const auto found = orders.find(chunk.recordings[i].key);
      if (found != orders.end()) chunk.recordings[i].order = found->second;
    }
    for (std::size_t i = 0; i < chunk.count; ++i) {
      if (!each(chunk.recordings[i])) return;
    }
  }
}

template <typename... Values>
void scan_with(Store& store, const char* sql, const std::function<bool(const Recording&)>& each,
               const Values&... values) {
  scan_from(Chunk{}, store, sql, each, values...);
}

}  // namespace

void Index::scan(const std::function<bool(const Recording&)>& each, std::int64_t max_key) const {
  scan_with(*connection_, kScan, each, max_key);
}

void Index::scan_newest(std::chrono::sys_seconds before,
                        const std::function<bool(const Recording&)>& each) const {
  Chunk chunk;
  chunk.newest_first = true;
  chunk.last_recorded_at = base::to_text(before);  // and no id, before which there is none
  scan_from(std::move(chunk), *connection_, kScanNewest, each);
}

namespace {

/// By an index, unless a recording can have several keys: then that finds the first alone.
void scan_key(Store& store, const Index& index, const char* sql, std::string_view key,
              std::string Recording::*keys, const std::function<bool(const Recording&)>& each) {
  if (key.empty()) return;
  const bool several = guarded(
      store, [&] { return Query(store, "SELECT 1 FROM meta WHERE name = 'several'").next(); });
  if (!several) {
    scan_with(store, sql, each, std::int64_t{INT64_MAX}, key);
    return;
  }
  index.scan([&](const Recording& recording) {
    return !is_among(recording.*keys, key) || each(recording);
  });
}

}  // namespace

void Index::scan_subject(std::string_view subject_key,
                         const std::function<bool(const Recording&)>& each) const {
  scan_key(*connection_, *this, kScanSubject, subject_key, &Recording::subject_key, each);
}

void Index::scan_agent(std::string_view agent_key,
                       const std::function<bool(const Recording&)>& each) const {
  scan_key(*connection_, *this, kScanAgent, agent_key, &Recording::agent_key, each);
}

}  // namespace expunge::archive
