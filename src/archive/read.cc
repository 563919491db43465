// Reading one thing, or one table.

#include "archive/connection.h"
#include "archive/one_view.h"
#include "archive/rows.h"
#include "base/error.h"
#include "base/text.h"

namespace expunge::archive {
namespace {

#define EXPUNGE_LIVE "r.state IN ('kept', 'returned', 'partial')"

void read_files(Store& store, Recording& recording) {
  Query query(store,
              "SELECT " EXPUNGE_FILE_COLUMNS
              " FROM file AS f WHERE f.recording_key = ?1 ORDER BY f.path",
              recording.key);
  while (query.next() && recording.files.size() <= kMaxFiles) {
    read_file(query, 0, recording, recording.files.emplace_back());
  }
  if (recording.files.size() > kMaxFiles) note_too_many_files(recording);
}

/// All that a statement with EXPUNGE_RECORDING_COLUMNS and one parameter finds.
template <typename Value>
std::vector<Recording> read_recordings(Store& store, const char* sql, const Value& value) {
  return guarded(store, [&] {
    const OneView view(store);
    std::vector<Recording> found;
    {
      Query query(store, sql, value);
      while (query.next()) read_recording(query, found.emplace_back());
    }
    for (Recording& recording : found) {
      read_files(store, recording);
      recording.order = read_order(store, recording.key);
    }
    return found;
  });
}

std::optional<Recording> first(std::vector<Recording> found) {
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

JournalFile read_journal_file(const Query& query) {
  JournalFile file;
  file.number = static_cast<std::uint32_t>(query.number(0));
  file.recording_key = query.number(1);
  file.path = query.text(2);
  file.role = query.text(3);
  file.device = query.count(4);
  file.inode = query.count(5);
  file.birth_ns = query.number(6);
  file.bytes = query.count(7);
  file.overwrite_bytes = query.count(8);
  file.sha256 = query.optional_digest(9);
  file.layout = query.digest(10);
  file.method = query.text(11);
  return file;
}

std::string read_meta(Store& store, std::string_view name) {
  Query query(store, "SELECT value FROM meta WHERE name = ?1", name);
  return query.next() ? std::string(query.text(0)) : std::string();
}

}  // namespace

std::optional<Recording> Index::find(std::string_view id) const {
  return first(read_recordings(*connection_,
                               "SELECT " EXPUNGE_RECORDING_COLUMNS
                               " FROM recording AS r WHERE r.id = ?1 AND " EXPUNGE_LIVE,
                               id));
}

std::optional<Recording> Index::find(std::int64_t key) const {
  return first(read_recordings(*connection_,
                               "SELECT " EXPUNGE_RECORDING_COLUMNS
                               " FROM recording AS r WHERE r.key = ?1 AND " EXPUNGE_LIVE,
                               key));
}

std::vector<Recording> Index::segments(std::string_view call_id) const {
  EXPUNGE_ASSERT(!call_id.empty());
  return read_recordings(*connection_,
                         "SELECT " EXPUNGE_RECORDING_COLUMNS
                         " FROM recording AS r WHERE r.call_id = ?1 AND r.call_id <> ''"
                         " AND " EXPUNGE_LIVE " ORDER BY r.recorded_at, r.id",
                         call_id);
}

std::optional<RecordingHistory> Index::history(std::string_view id) const {
  return guarded(*connection_, [&]() -> std::optional<RecordingHistory> {
    Query query(*connection_,
                "SELECT key, id, department, state, recorded_at, destroyed_at, log_seq,"
                " (SELECT origin FROM past_log WHERE number = log_number)"
                " FROM recording WHERE id = ?1",
                id);
    if (!query.next()) return std::nullopt;
    RecordingHistory history;
    history.key = query.number(0);
    history.id = query.text(1);
    history.department = query.text(2);
    history.state = parse_state(query.text(3));
    const bool gone = history.state == State::destroyed || history.state == State::removed;
    if (gone) history.recorded_on = query.optional_date(4);
    if (!query.null(5)) history.destroyed_at = query.time(5);
    history.log_seq = query.optional_count(6);
    if (history.log_seq && !query.null(7)) history.past_log = query.text(7);
    return history;
  });
}

Whose Index::whose(std::int64_t recording_key) const {
  return guarded(*connection_, [&]() -> Whose {
    Query query(*connection_, "SELECT subject, agent, call_id FROM recording WHERE key = ?1",
                recording_key);
    if (!query.next()) return {};
    return {query.string(0), query.string(1), query.string(2)};
  });
}

std::string Index::source_id(std::string_view id) const {
  return guarded(*connection_, [&] {
    Query query(*connection_, "SELECT source_id FROM recording WHERE id = ?1", id);
    return query.next() ? query.string(0) : std::string();
  });
}

std::uint64_t Index::count_destroyed(std::string_view department,
                                     std::optional<base::CivilDate> from,
                                     std::optional<base::CivilDate> to,
                                     std::optional<base::Time> before) const {
  const std::optional<std::string> until =
      before ? std::optional(base::to_text(*before)) : std::nullopt;
  return guarded(*connection_, [&] {
    Query query(*connection_,
                "SELECT count(*) FROM recording INDEXED BY recording_gone"
                " WHERE state IN ('destroyed', 'removed') AND (?1 = '' OR department = ?1)"
                " AND (?2 IS NULL OR recorded_at >= ?2) AND (?3 IS NULL OR recorded_at <= ?3)"
                " AND (?4 IS NULL OR destroyed_at < ?4)",
                department, from, to, until);
    return query.next() ? query.count(0) : std::uint64_t{0};
  });
}

std::int64_t Index::newest_key() const {
  return guarded(*connection_, [&] {
    Query query(*connection_, "SELECT max(key) FROM recording");
    return query.next() ? query.number(0) : std::int64_t{0};
  });
}

std::uint64_t Index::data_version() const {
  return guarded(*connection_, [&] {
    Query query(*connection_, "PRAGMA data_version");
    return query.next() ? query.count(0) : std::uint64_t{0};
  });
}

std::string Index::root_identity() const {
  return guarded(*connection_, [&] { return read_meta(*connection_, "root"); });
}

std::uint64_t Index::reconciled_size() const {
  const std::string text =
      guarded(*connection_, [&] { return read_meta(*connection_, "reconciled"); });
  return base::parse_number(text).value_or(0);  // never yet: all of it
}

std::uint64_t Index::imports() const {
  const std::string text =
      guarded(*connection_, [&] { return read_meta(*connection_, "imports"); });
  return base::parse_number(text).value_or(0);
}

bool Index::is_behind_past_log() const {
  return guarded(*connection_, [&] { return read_meta(*connection_, "behind_past") == "1"; });
}

LogPosition Index::log_position() const {
  return guarded(*connection_, [&] {
    Query query(*connection_, "SELECT size, last_hash FROM log_position");
    if (!query.next()) fail_damaged("no log position");
    return LogPosition{query.count(0), query.digest(1)};
  });
}

std::vector<Approval> Index::approvals() const {
  return guarded(*connection_, [&] {
    Query query(
        *connection_,
        "SELECT number, plan, today, approved_at, user, reason, due, bytes, policy, two_person"
        " FROM approval"
        " ORDER BY number DESC");
    std::vector<Approval> approvals;
    Ascending<std::int64_t> order;
    while (query.next()) {
      Approval& approval = approvals.emplace_back();
      approval.number = query.number(0);
      order.take(~approval.number);  // newest first
      approval.plan = query.text(1);
      approval.today = query.optional_date(2).value_or(base::CivilDate{});
      approval.approved_at = query.time(3);
      approval.user = query.text(4);
      approval.reason = query.text(5);
      approval.due = query.count(6);
      approval.bytes = query.count(7);
      approval.policy = query.text(8);
      approval.two_person = query.number(9) != 0;
    }
    return approvals;
  });
}

void Index::for_each_approved(std::int64_t approval,
                              const std::function<void(std::int64_t key)>& each) const {
  constexpr std::size_t kChunk = 10000;
  std::vector<std::int64_t> keys;
  std::int64_t last = INT64_MIN;
  Ascending<std::int64_t> order;
  do {
    keys.clear();
    guarded(*connection_, [&] {
      Query query(*connection_,
                  "SELECT recording_key FROM approval_recording"
                  " WHERE approval = ?1 AND recording_key > ?2 ORDER BY recording_key",
                  approval, last);
      while (keys.size() < kChunk && query.next()) {
        keys.push_back(query.number(0));
        order.take(keys.back());
      }
    });
    for (const std::int64_t key : keys) each(key);
    if (!keys.empty()) last = keys.back();
  } while (keys.size() == kChunk);
}

std::vector<std::string> Index::touched_directories() const {
  Store& store = *connection_;
  return guarded(store, [&] {
    std::vector<std::string> paths;
    Query query(store, "SELECT path FROM touched_directory ORDER BY path");
    Ascending<std::string> order;
    while (query.next()) {
      paths.push_back(query.string(0));
      order.take(paths.back());
    }
    return paths;
  });
}

std::vector<JournalBatch> Index::journal() const {
  return guarded(*connection_, [&] {
    const OneView view(*connection_);
    std::vector<JournalBatch> batches;
    Query query(*connection_,
                "SELECT number, run, stream_key, log_size, log_last_hash FROM journal_batch"
                " ORDER BY number");
    Ascending<std::int64_t> order;
    while (query.next()) {
      JournalBatch& batch = batches.emplace_back();
      batch.number = query.number(0);
      order.take(batch.number);
      batch.run = query.text(1);
      batch.stream_key = query.digest(2);
      batch.log_size = query.count(3);
      batch.log_last_hash = query.digest(4);
      Query files(*connection_,
                  "SELECT number, recording_key, path, role, device, inode, birth_ns, bytes,"
                  " overwrite_bytes, sha256, layout, method FROM journal_file WHERE batch = ?1"
                  " ORDER BY number",
                  batch.number);
      Ascending<std::int64_t> file_order;
      while (files.next()) {
        file_order.take(files.number(0));
        batch.files.push_back(read_journal_file(files));
      }
    }
    return batches;
  });
}

Index::Snapshot::Snapshot(const Index& index) : index_(index) {
  Store& store = *index.connection_;
  guarded(store, [&] {
    store.begin(Transaction::snapshot);
    try {
      // The view begins with the first read.
      Query(store, "SELECT count(*) FROM log_position").next();
    } catch (...) {
      store.roll_back();
      throw;
    }
  });
}

Index::Snapshot::~Snapshot() {
  index_.connection_->roll_back();
}

}  // namespace expunge::archive
