#include "archive/schema.h"

#include <SQLiteCpp/Database.h>
#include <sqlite3.h>

#include <string>

#include "archive/types.h"
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
                -- Not IN: SQLite would build a table of five rows for every row of an import.
                CHECK (state = 'kept' OR state = 'returned' OR state = 'partial'
                       OR state = 'destroyed' OR state = 'removed'),
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
-- seen is 'log' for what the log says, of an index that had lost it. Nothing reads what older
-- versions wrote there of imports.
CREATE TABLE contradiction(
  recording_key INTEGER NOT NULL REFERENCES recording(key),
  fact          TEXT NOT NULL,
  words         TEXT NOT NULL,
  seen          TEXT NOT NULL,  -- '': no import clears any more what one said
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

constexpr const char* kVersion3 = R"sql(
-- The logs that the index belonged to before the one that meta names, from number 0 on.
CREATE TABLE past_log(
  number INTEGER PRIMARY KEY,
  origin TEXT NOT NULL,
  size   INTEGER NOT NULL,  -- by the checkpoint that its successor names
  root   BLOB NOT NULL
) STRICT;
-- Which log log_seq is of: the number of a past one, else the one in use.
ALTER TABLE recording ADD COLUMN log_number INTEGER NOT NULL DEFAULT 0;
-- What a past log says is gone, and the index has not taken in yet.
CREATE TABLE past_claim(
  recording_key INTEGER PRIMARY KEY REFERENCES recording(key),
  state         TEXT NOT NULL CHECK (state IN ('destroyed', 'removed')),
  recorded_on   TEXT NOT NULL,
  destroyed_at  TEXT NOT NULL,
  log_seq       INTEGER NOT NULL,
  log_number    INTEGER NOT NULL
) STRICT;
)sql";

constexpr const char* kVersion4 = R"sql(
-- expunge_key() writes subjects and agents in one way only, as this version does; the key of a
-- subject was another one before, so a hold keeps what it found.
-- Several have ', ' between them, and their keys a space; meta has `several` once there are any.
ALTER TABLE recording ADD COLUMN agent_key TEXT NOT NULL DEFAULT '';
-- The day on which the index first had it: of what has no date, nothing else says how old it is.
ALTER TABLE recording ADD COLUMN indexed_on TEXT NOT NULL DEFAULT '';
ALTER TABLE hold_scope ADD COLUMN agent_key TEXT NOT NULL DEFAULT '';
ALTER TABLE hold_scope ADD COLUMN everything INTEGER NOT NULL DEFAULT 0
  CHECK (everything IN (0, 1));
INSERT INTO hold_scope(reference, recording_id, subject_key, department, first_day, last_day)
  SELECT s.reference, s.recording_id, expunge_key(r.subject), s.department, s.first_day, s.last_day
  FROM hold_scope AS s JOIN recording AS r ON r.subject_key = s.subject_key AND r.subject_key <> ''
  WHERE expunge_key(r.subject) <> expunge_renewed_key(s.subject_key)
  GROUP BY s.number, expunge_key(r.subject);
UPDATE hold_scope SET subject_key = expunge_renewed_key(subject_key);
UPDATE recording SET indexed_on = date('now'), agent_key = expunge_key(agent),
  subject_key = expunge_key(subject) WHERE state IN ('kept', 'returned', 'partial');
CREATE UNIQUE INDEX recording_agent ON recording(agent_key, recorded_at, id) WHERE agent_key <> '';

ALTER TABLE hold ADD COLUMN review_on TEXT;  -- as it was placed; NULL: the kind's usual one
-- released_at is when the release was asked for; it counts from the civil date effective_on on,
-- which with two persons is not known before it is confirmed.
ALTER TABLE hold ADD COLUMN effective_on TEXT;
ALTER TABLE hold ADD COLUMN confirmed_at TEXT;
ALTER TABLE hold ADD COLUMN confirm_user TEXT NOT NULL DEFAULT '';
-- It has ended for good: its scopes and reasons are gone.
ALTER TABLE hold ADD COLUMN erased INTEGER NOT NULL DEFAULT 0 CHECK (erased IN (0, 1));
UPDATE hold SET effective_on = substr(released_at, 1, 10), erased = 1, reason = '',
  release_reason = '' WHERE released_at IS NOT NULL;
DELETE FROM hold_scope WHERE reference IN (SELECT reference FROM hold WHERE erased = 1);
CREATE TABLE hold_review(
  number      INTEGER PRIMARY KEY,
  reference   TEXT NOT NULL REFERENCES hold(reference),
  until_on    TEXT NOT NULL,
  reviewed_at TEXT NOT NULL,
  user        TEXT NOT NULL,
  reason      TEXT NOT NULL
) STRICT;
CREATE INDEX hold_review_hold ON hold_review(reference);

-- Further keys of the recorder's for a recording, whose rows named its file too; as source_digest.
CREATE TABLE other_source(
  digest        BLOB PRIMARY KEY,
  recording_key INTEGER NOT NULL REFERENCES recording(key)
) STRICT, WITHOUT ROWID;

-- Attention that a person knows about, until a day.
CREATE TABLE acknowledgement(
  recording_key   INTEGER PRIMARY KEY REFERENCES recording(key),
  cause           TEXT NOT NULL,  -- of the attention that was acknowledged, and of no other
  until           TEXT NOT NULL,  -- a civil date, included
  reason          TEXT NOT NULL,
  user            TEXT NOT NULL,
  acknowledged_at TEXT NOT NULL
) STRICT;

-- What an import said against the index, where it can be compared again; '' where it cannot.
ALTER TABLE contradiction ADD COLUMN says TEXT NOT NULL DEFAULT '';
UPDATE contradiction SET says = substr(words, instr(words, ' says ') + 6)
  WHERE fact IN ('recorded_at', 'department') AND instr(words, ' says ') > 0;
-- What a source said before a person put the fact right: it may say so again.
CREATE TABLE correction(
  recording_key INTEGER NOT NULL REFERENCES recording(key),
  fact          TEXT NOT NULL,  -- as in contradiction
  value         TEXT NOT NULL,
  PRIMARY KEY (recording_key, fact, value)
) STRICT, WITHOUT ROWID;

-- What is to be destroyed ahead of the schedule.
CREATE TABLE destruction_order(
  recording_key INTEGER PRIMARY KEY REFERENCES recording(key),
  ground        TEXT NOT NULL
                CHECK (ground IN ('erasure', 'payment-data', 'returned', 'order')),
  authority     TEXT NOT NULL,
  ordered_on    TEXT NOT NULL,  -- a civil date
  user          TEXT NOT NULL
) STRICT;

-- What the program named by [run] after has not been told yet.
CREATE TABLE to_tell(
  -- Never used again, so that what is added while it is told is not taken for told.
  number       INTEGER PRIMARY KEY AUTOINCREMENT,
  recording_id TEXT NOT NULL UNIQUE,
  source_id    TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('destroyed', 'removed')),
  destroyed_at TEXT NOT NULL,
  log_seq      INTEGER NOT NULL
) STRICT;

ALTER TABLE approval ADD COLUMN two_person INTEGER NOT NULL DEFAULT 0
  CHECK (two_person IN (0, 1));
)sql";

constexpr const char* kVersion5 = R"sql(
-- What the log says of recordings that the index, put back from a backup, has not got: it comes to
-- stand against the one that an import brings under that id, also where nobody awaits that.
CREATE TABLE lost_word(
  recording_id TEXT NOT NULL,
  fact         TEXT NOT NULL,  -- as in contradiction, with words and says
  words        TEXT NOT NULL,
  says         TEXT NOT NULL,
  awaited      INTEGER NOT NULL CHECK (awaited IN (0, 1)),
  PRIMARY KEY (recording_id, fact)
) STRICT, WITHOUT ROWID;
)sql";

/// SQL function of one text: a key of it.
template <std::string (*key_of)(std::string_view)>
void write_key(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
  try {
    const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(values[0]));
    const auto size = static_cast<std::size_t>(sqlite3_value_bytes(values[0]));
    const std::string key = key_of(text == nullptr ? "" : std::string_view(text, size));
    sqlite3_result_text(context, key.data(), static_cast<int>(key.size()), SQLITE_TRANSIENT);
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  }
}

}  // namespace

const std::array<const char*, 5> kSchemaSteps = {kVersion1, kVersion2, kVersion3, kVersion4,
                                                 kVersion5};

void migrate(SQLite::Database& database, std::span<const char* const> steps) {
  const auto version =
      static_cast<std::size_t>(database.execAndGet("PRAGMA user_version").getInt());
  EXPUNGE_ASSERT(version <= steps.size());
  if (version == steps.size()) return;
  database.createFunction("expunge_key", 1, true, nullptr, write_key<subject_key>);
  database.createFunction("expunge_renewed_key", 1, true, nullptr, write_key<renewed_key>);
  // Every row is written: the cache need not hold them all.
  database.exec("PRAGMA cache_spill = ON");
  for (std::size_t step = version; step < steps.size(); ++step) database.exec(steps[step]);
  database.exec("PRAGMA user_version = " + std::to_string(steps.size()));
  database.exec("PRAGMA cache_spill = OFF");
}

}  // namespace expunge::archive
