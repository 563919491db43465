#include "archive/schema.h"

#include <SQLiteCpp/Database.h>

#include <string>

#include "base/error.h"

namespace expunge::archive {
namespace {

// Empty text, not NULL, for what is not known: comparing and paging need no special cases.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE meta(
  name  TEXT PRIMARY KEY,  -- origin: of the log; salt: of recording.source_digest;
                           -- root: which directory the archive root was; reconciled: entries of
                           -- the log that a run has compared the index with
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE recording(
  key           INTEGER PRIMARY KEY,
  id            TEXT NOT NULL UNIQUE,
  call_id       TEXT NOT NULL,
  department    TEXT NOT NULL,
  recorded_at   TEXT NOT NULL,  -- RFC 3339, UTC; empty: no date; once destroyed the civil date
  subject       TEXT NOT NULL,
  subject_key   TEXT NOT NULL,  -- the subject, written in one way only
  agent         TEXT NOT NULL,
  state         TEXT NOT NULL
                CHECK (state IN ('kept', 'returned', 'partial', 'destroyed', 'removed')),
  destroyed_at  TEXT,
  log_seq       INTEGER,
  contradiction TEXT NOT NULL DEFAULT '',
  missing_seq   INTEGER,
  source_id     TEXT NOT NULL DEFAULT '',  -- the recorder's key, where id is random
  source_digest BLOB                       -- SHA-256(salt, source_id); outlives source_id
) STRICT;
-- The plan's order; unique, so that SQLite knows that the files of a recording stay together.
CREATE UNIQUE INDEX recording_plan ON recording(recorded_at, id)
  WHERE state IN ('kept', 'returned', 'partial');
CREATE INDEX recording_gone ON recording(department, recorded_at)
  WHERE state IN ('destroyed', 'removed');
CREATE INDEX recording_call ON recording(call_id) WHERE call_id <> '';
CREATE UNIQUE INDEX recording_subject ON recording(subject_key, recorded_at, id)
  WHERE subject_key <> '';
CREATE UNIQUE INDEX recording_source ON recording(source_digest)
  WHERE source_digest IS NOT NULL;

CREATE TABLE file(
  recording_key INTEGER NOT NULL REFERENCES recording(key),
  path          TEXT NOT NULL UNIQUE,
  role          TEXT NOT NULL,
  bytes         INTEGER,
  sha256        BLOB,
  PRIMARY KEY (recording_key, path)
) STRICT, WITHOUT ROWID;

-- What later imports said otherwise, a fact a row; recording.contradiction has it all in words.
CREATE TABLE contradiction(
  recording_key INTEGER NOT NULL REFERENCES recording(key),
  fact          TEXT NOT NULL,
  words         TEXT NOT NULL,
  seen          TEXT NOT NULL,  -- by the import under way: '', 'agreed' or 'differed'
  PRIMARY KEY (recording_key, fact)
) STRICT, WITHOUT ROWID;
CREATE INDEX contradiction_seen ON contradiction(seen) WHERE seen <> '';

CREATE TABLE hold(
  reference      TEXT PRIMARY KEY,
  kind           TEXT NOT NULL,
  reason         TEXT NOT NULL,
  user           TEXT NOT NULL,
  placed_at      TEXT NOT NULL,
  released_at    TEXT,
  release_user   TEXT NOT NULL DEFAULT '',
  release_reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE hold_scope(
  number       INTEGER PRIMARY KEY,
  reference    TEXT NOT NULL REFERENCES hold(reference),
  recording_id TEXT NOT NULL,
  subject_key  TEXT NOT NULL,
  department   TEXT NOT NULL,
  first_day    TEXT,
  last_day     TEXT
) STRICT;
CREATE INDEX hold_scope_hold ON hold_scope(reference);

CREATE TABLE approval(
  number      INTEGER PRIMARY KEY,
  plan        TEXT NOT NULL,  -- its digest
  policy      TEXT NOT NULL,  -- the digest of the policy that it was made under
  today       TEXT NOT NULL,
  approved_at TEXT NOT NULL,
  user        TEXT NOT NULL,
  reason      TEXT NOT NULL,
  due         INTEGER NOT NULL,
  bytes       INTEGER NOT NULL
) STRICT;
CREATE TABLE approval_recording(
  approval      INTEGER NOT NULL REFERENCES approval(number),
  recording_key INTEGER NOT NULL REFERENCES recording(key),
  PRIMARY KEY (approval, recording_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX approval_recording_key ON approval_recording(recording_key);

CREATE TABLE journal_batch(
  number        INTEGER PRIMARY KEY,
  run           TEXT NOT NULL,
  stream_key    BLOB NOT NULL,
  log_size      INTEGER NOT NULL,
  log_last_hash BLOB NOT NULL
) STRICT;
CREATE TABLE journal_file(
  batch           INTEGER NOT NULL REFERENCES journal_batch(number),
  number          INTEGER NOT NULL,
  recording_key   INTEGER NOT NULL REFERENCES recording(key),
  path            TEXT NOT NULL,
  role            TEXT NOT NULL,
  device          INTEGER NOT NULL,
  inode           INTEGER NOT NULL,
  birth_ns        INTEGER NOT NULL,
  bytes           INTEGER NOT NULL,
  overwrite_bytes INTEGER NOT NULL,
  sha256          BLOB,
  layout          BLOB NOT NULL,  -- SHA-256 of where its blocks lay
  method          TEXT NOT NULL,
  PRIMARY KEY (batch, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE log_position(
  one       INTEGER PRIMARY KEY CHECK (one = 1),
  size      INTEGER NOT NULL,
  last_hash BLOB NOT NULL
) STRICT;
)sql";

constexpr const char* kVersion2 = R"sql(
-- Where runs removed names, until what the names left in the file system is erased.
CREATE TABLE touched_directory(
  path TEXT PRIMARY KEY  -- beneath the root; empty: the root
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace

const std::array<const char*, 2> kSchemaSteps = {kVersion1, kVersion2};

void migrate(SQLite::Database& database, std::span<const char* const> steps) {
  const auto version =
      static_cast<std::size_t>(database.execAndGet("PRAGMA user_version").getInt());
  EXPUNGE_ASSERT(version <= steps.size());
  for (std::size_t step = version; step < steps.size(); ++step) database.exec(steps[step]);
  if (version != steps.size()) {
    database.exec("PRAGMA user_version = " + std::to_string(steps.size()));
  }
}

}  // namespace expunge::archive
