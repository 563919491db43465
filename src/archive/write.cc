// One write transaction: approvals, the journal of a run, and what became of recordings.

#include <algorithm>
#include <vector>

#include "archive/connection.h"
#include "archive/contradiction.h"
#include "archive/rows.h"
#include "base/error.h"

namespace expunge::archive {
namespace {

/// The number of the log that the index belongs to.
#define EXPUNGE_LOG_IN_USE "(SELECT count(*) FROM past_log)"

void forget_claim(Store& store, std::int64_t recording_key) {
  Query(store, "DELETE FROM past_claim WHERE recording_key = ?1", recording_key).run();
}

void forget_files(Store& store, const Outcome& outcome) {
  if (!outcome.paths) {
    Query(store, "DELETE FROM file WHERE recording_key = ?1", outcome.recording_key).run();
    return;
  }
  for (const std::string& path : *outcome.paths) {
    Query(store, "DELETE FROM file WHERE recording_key = ?1 AND path = ?2", outcome.recording_key,
          path)
        .run();
  }
}

/// The log says destroyed, and one of its files is there.
void mark_returned(Store& store, const Outcome& outcome) {
  // Nothing is destroyed a second time unasked.
  for (const char* const said : {"DELETE FROM destruction_order WHERE recording_key = ?1",
                                 "DELETE FROM approval_recording WHERE recording_key = ?1"}) {
    Query(store, said, outcome.recording_key).run();
  }
  drop_log_words(store, outcome.recording_key);
  Query(store,
        "UPDATE recording SET state = 'returned', destroyed_at = ?2, log_seq = ?3,"
        " log_number = coalesce(?4, " EXPUNGE_LOG_IN_USE ") WHERE key = ?1",
        outcome.recording_key, outcome.destroyed_at, outcome.log_seq, outcome.log_number)
      .run();
}

/// Before its row loses the recorder's own key.
void note_untold(Store& store, const Outcome& outcome) {
  Query(store,
        "INSERT OR REPLACE INTO to_tell(recording_id, source_id, state, destroyed_at, log_seq)"
        " SELECT id, CASE source_id WHEN '' THEN id ELSE source_id END, ?2, ?3, ?4"
        " FROM recording WHERE key = ?1",
        outcome.recording_key, to_text(outcome.state), outcome.destroyed_at, outcome.log_seq)
      .run();
}

void erase(Store& store, const Outcome& outcome, Tell tell) {
  forget_files(store, outcome);
  if (Query(store, "SELECT 1 FROM file WHERE recording_key = ?1", outcome.recording_key).next()) {
    mark_returned(store, outcome);
    return;
  }
  if (tell == Tell::yes) note_untold(store, outcome);
  for (const char* sql : {"DELETE FROM contradiction WHERE recording_key = ?1",
                          "DELETE FROM acknowledgement WHERE recording_key = ?1",
                          "DELETE FROM correction WHERE recording_key = ?1",
                          "DELETE FROM destruction_order WHERE recording_key = ?1",
                          "DELETE FROM approval_recording WHERE recording_key = ?1"}) {
    Query(store, sql, outcome.recording_key).run();
  }
  Query(store,
        "UPDATE recording SET state = ?2, recorded_at = ?3, destroyed_at = ?4, log_seq = ?5,"
        " call_id = '', subject = '', subject_key = '', agent = '', agent_key = '', contradiction "
        "= '',"
        " source_id = '', missing_seq = NULL, indexed_on = '',"
        " department = CASE WHEN ?7 THEN '' ELSE department END,"
        " log_number = coalesce(?6, " EXPUNGE_LOG_IN_USE ") WHERE key = ?1",
        outcome.recording_key, to_text(outcome.state), outcome.recorded_on, outcome.destroyed_at,
        outcome.log_seq, outcome.log_number, std::int64_t{outcome.forget_department})
      .run();
}

void apply(Store& store, const Outcome& outcome, Tell tell) {
  switch (outcome.state) {
    case State::destroyed:
    case State::removed:
      EXPUNGE_ASSERT(outcome.recorded_on.ok());
      forget_claim(store, outcome.recording_key);
      erase(store, outcome, tell);
      return;
    case State::partial:
      Query(store,
            "UPDATE recording SET state = 'partial', log_seq = ?2,"
            " log_number = coalesce(?3, " EXPUNGE_LOG_IN_USE ") WHERE key = ?1",
            outcome.recording_key, outcome.log_seq, outcome.log_number)
          .run();
      // It is not what was imported any more, and never will be again.
      Query(store, "UPDATE file SET bytes = NULL, sha256 = NULL WHERE recording_key = ?1",
            outcome.recording_key)
          .run();
      break;
    case State::kept:
      break;
    case State::returned:
      mark_returned(store, outcome);
      return;
  }
  if (!outcome.contradiction.empty()) {
    contradict(store, outcome.recording_key, "file", outcome.contradiction);
  }
  if (!outcome.missing_seq) return;
  Query(store, "UPDATE recording SET missing_seq = ?2 WHERE key = ?1", outcome.recording_key,
        outcome.missing_seq)
      .run();
}

void insert_journal_file(Store& store, std::int64_t batch, const JournalFile& file) {
  Query(store,
        "INSERT INTO journal_file(batch, number, recording_key, path, role, device, inode,"
        " birth_ns, bytes, overwrite_bytes, sha256, layout, method)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        batch, std::uint64_t{file.number}, file.recording_key, file.path, file.role, file.device,
        file.inode, file.birth_ns, file.bytes, file.overwrite_bytes, file.sha256, file.layout,
        file.method)
      .run();
}

void write_meta(Store& store, std::string_view name, std::string_view value) {
  Query(store, "INSERT OR REPLACE INTO meta(name, value) VALUES (?1, ?2)", name, value).run();
}

}  // namespace

void add_to_imports(Store& store, std::uint64_t more) {
  Query(store,
        "INSERT INTO meta(name, value) VALUES ('imports', CAST(?1 AS TEXT)) ON CONFLICT(name)"
        " DO UPDATE SET value = CAST(CAST(value AS INTEGER) + ?1 AS TEXT)",
        more)
      .run();
}

Index::Writing::Writing(Index& index) : index_(index) {
  Store& store = *index.connection_;
  EXPUNGE_ASSERT(store.access == Access::write);
  guarded(store, [&] { begin_writing(store); });
}

Index::Writing::~Writing() {
  if (open_) index_.connection_->roll_back();
}

std::int64_t Index::Writing::approve(const Approval& approval) {
  Store& store = *index_.connection_;
  return guarded(store, [&] {
    Query(store,
          "INSERT INTO approval(plan, policy, today, approved_at, user, reason, due, bytes,"
          " two_person) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
          approval.plan, approval.policy, approval.today, approval.approved_at, approval.user,
          approval.reason, approval.due, approval.bytes, std::int64_t{approval.two_person})
        .run();
    return store.database.getLastInsertRowid();
  });
}

void Index::Writing::add_approved(std::int64_t approval, std::int64_t recording_key) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    Query(store, "INSERT INTO approval_recording(approval, recording_key) VALUES (?1, ?2)",
          approval, recording_key)
        .run();
  });
}

std::int64_t Index::Writing::begin_batch(const JournalBatch& batch) {
  Store& store = *index_.connection_;
  return guarded(store, [&] {
    Query(store,
          "INSERT INTO journal_batch(run, stream_key, log_size, log_last_hash)"
          " VALUES (?1, ?2, ?3, ?4)",
          batch.run, batch.stream_key, batch.log_size, batch.log_last_hash)
        .run();
    const std::int64_t number = store.database.getLastInsertRowid();
    for (const JournalFile& file : batch.files) insert_journal_file(store, number, file);
    return number;
  });
}

void Index::Writing::drop_from_batch(std::int64_t batch,
                                     std::span<const std::int64_t> recording_keys) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    std::vector<std::int64_t> dropped(recording_keys.begin(), recording_keys.end());
    std::sort(dropped.begin(), dropped.end());
    // By the key of the table: looking for each recording would read the whole batch each time.
    std::vector<std::int64_t> numbers;
    for (Query files(store, "SELECT number, recording_key FROM journal_file WHERE batch = ?1",
                     batch);
         files.next();) {
      if (std::binary_search(dropped.begin(), dropped.end(), files.number(1))) {
        numbers.push_back(files.number(0));
      }
    }
    for (const std::int64_t number : numbers) {
      Query(store, "DELETE FROM journal_file WHERE batch = ?1 AND number = ?2", batch, number)
          .run();
    }
    for (const std::int64_t key : dropped) forget_claim(store, key);
    Query(store,
          "DELETE FROM journal_batch WHERE number = ?1"
          " AND NOT EXISTS (SELECT 1 FROM journal_file WHERE batch = ?1)",
          batch)
        .run();
  });
}

void Index::Writing::touch_directories(std::span<const std::string> paths) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    for (const std::string& path : paths) {
      Query(store, "INSERT OR IGNORE INTO touched_directory(path) VALUES (?1)", path).run();
    }
  });
}

void Index::Writing::forget_directories(std::span<const std::string> paths) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    for (const std::string& path : paths) {
      Query(store, "DELETE FROM touched_directory WHERE path = ?1", path).run();
    }
  });
}

void Index::Writing::record(std::span<const Outcome> outcomes, Tell tell) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    for (const Outcome& outcome : outcomes) apply(store, outcome, tell);
  });
}

void Index::Writing::add_gone(const RecordingHistory& gone) {
  Store& store = *index_.connection_;
  EXPUNGE_ASSERT(gone.state == State::destroyed || gone.state == State::removed);
  EXPUNGE_ASSERT(gone.recorded_on && gone.destroyed_at && gone.log_seq);
  guarded(store, [&] {
    Query(store,
          "INSERT INTO recording(id, call_id, department, recorded_at, subject, subject_key, agent,"
          " state, destroyed_at, log_seq, log_number)"
          " VALUES (?1, '', ?2, ?3, '', '', '', ?4, ?5, ?6, " EXPUNGE_LOG_IN_USE ")",
          gone.id, gone.department, *gone.recorded_on, to_text(gone.state), *gone.destroyed_at,
          *gone.log_seq)
        .run();
    Query(store, "DELETE FROM lost_word WHERE recording_id = ?1", gone.id).run();
  });
}

void Index::Writing::remember_log(const LogPosition& position) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    // Another process may have remembered more since this one looked at the log.
    Query(store, "UPDATE log_position SET size = ?1, last_hash = ?2 WHERE size <= ?1",
          position.size, position.last_hash)
        .run();
  });
}

void Index::Writing::remember_root(std::string_view identity) {
  Store& store = *index_.connection_;
  guarded(store, [&] { write_meta(store, "root", identity); });
}

void Index::Writing::remember_reconciled(std::uint64_t log_size) {
  Store& store = *index_.connection_;
  guarded(store, [&] { write_meta(store, "reconciled", std::to_string(log_size)); });
}

void Index::Writing::mark_behind_past_log(bool is_behind) {
  Store& store = *index_.connection_;
  guarded(store, [&] { write_meta(store, "behind_past", is_behind ? "1" : "0"); });
}

void Index::Writing::count_imports(std::uint64_t more) {
  Store& store = *index_.connection_;
  guarded(store, [&] { add_to_imports(store, more); });
}

void Index::Writing::commit() {
  Store& store = *index_.connection_;
  EXPUNGE_ASSERT(open_);
  guarded(store, [&] { store.commit(); });
  open_ = false;
  if (!next_origin_.empty()) store.origin = next_origin_;
}

}  // namespace expunge::archive
