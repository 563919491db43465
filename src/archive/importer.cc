#include "archive/importer.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "archive/connection.h"
#include "archive/contradiction.h"
#include "archive/rows.h"
#include "base/error.h"
#include "base/text.h"

namespace expunge::archive {
namespace {

/// The cache may spill into the database during an import, so that it need not hold ten million
/// rows; small imports never reach it and keep readers out for the commit alone.
constexpr const char* kImportSettings = "PRAGMA cache_size = -131072; PRAGMA cache_spill = ON;";
constexpr const char* kUsualSettings = "PRAGMA cache_spill = OFF; PRAGMA cache_size = -16384;";

constexpr std::size_t kDateCharacters = 10;

/// What an import needs to know of a recording that the index has.
struct Known {
  std::int64_t key = 0;
  State state = State::kept;
  std::string recorded_at;  // as stored
  std::string department;
  std::string subject_key;
  std::string call_id;
  bool gap = false;  // subject, agent or call id is missing
  bool contradicted = false;
  bool by_digest = false;  // found as the recorder's key of an opaque id
};

constexpr const char* kKnown =
    "SELECT key, state, recorded_at, department,"
    " subject = '' OR agent = '' OR call_id = '', contradiction <> '', subject_key, call_id"
    " FROM recording WHERE ";

Known read_known(const Query& query, bool by_digest) {
  Known known;
  known.key = query.number(0);
  known.state = parse_state(query.text(1));
  known.recorded_at = query.text(2);
  known.department = query.text(3);
  known.gap = query.number(4) != 0;
  known.contradicted = query.number(5) != 0;
  known.subject_key = query.text(6);
  known.call_id = query.text(7);
  known.by_digest = by_digest;
  return known;
}

/// `r-` and 26 characters of base32 (RFC 4648, lower case): 130 random bits.
std::string random_id() {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::array<std::byte, 26> random{};
  base::fill_random(random);
  std::string id = "r-";
  for (const std::byte byte : random)
    id.push_back(kAlphabet[std::to_integer<unsigned>(byte) & 31U]);
  return id;
}

bool is_gone(State state) {
  return state == State::destroyed || state == State::removed;
}

/// A destroyed recording's civil date against an instant, whose civil date is a matter of the time
/// zone: within a day either way.
bool same_day(std::string_view civil_date, std::chrono::sys_seconds instant) {
  const auto date = base::parse_date(civil_date);
  if (!date) return false;
  const auto apart = std::chrono::floor<std::chrono::days>(instant) - std::chrono::sys_days{*date};
  return apart >= std::chrono::days{-1} && apart <= std::chrono::days{1};
}

}  // namespace

struct Importer::State {
  State(Index& index, OpaqueIds ids, std::function<bool(const std::string&)> is_on_disk,
        base::CivilDate day)
      : store(*index.connection_),
        opaque_ids(ids),
        on_disk(std::move(is_on_disk)),
        contradictions(store, day) {}

  Store& store;
  OpaqueIds opaque_ids;
  std::function<bool(const std::string&)> on_disk;
  ContradictionsOfImport contradictions;
  ImportCounts counts;
  std::int64_t newest_key_before = 0;
  bool has_opaque_ids = false;
  std::string salt;
  base::Sha256 sha256;
  std::vector<bool> marked;  // by key: a bit for each recording that was there before

  void begin();
  void end() noexcept;
  std::optional<base::Digest> source_digest(const std::string& id);
  std::optional<Known> find(const std::string& id, const std::optional<base::Digest>& digest);
  std::optional<std::int64_t> owner_of(const std::string& path);
  std::optional<std::string> take(const ImportRow& row);
  void add_recording(const ImportRow& row, const std::optional<base::Digest>& digest);
  std::optional<std::string> add_to(const Known& known, const ImportRow& row);
  void bring_back(const Known& known, const ImportRow& row);
  bool mark(std::int64_t key);
  void compare(const Known& known, const ImportRow& row);
  void fill_in(const Known& known, const ImportRow& row);
  void add_file(std::int64_t key, const File& file);
  void compare_file(const Known& known, const File& file);
  void mark_changed(std::int64_t key);
};

void Importer::State::begin() {
  guarded(store, [&] {
    store.database.exec(kImportSettings);
    store.begin(Transaction::writing);
    Query newest(store, "SELECT max(key) FROM recording");
    if (newest.next()) newest_key_before = newest.number(0);
    if (newest_key_before > kMaxKey) fail_damaged("a recording with the number of no import");
    Query opaque(store, "SELECT EXISTS (SELECT 1 FROM recording WHERE source_digest IS NOT NULL)");
    has_opaque_ids = opaque_ids == OpaqueIds::yes || (opaque.next() && opaque.number(0) != 0);
    Query secret(store, "SELECT value FROM meta WHERE name = 'salt'");
    if (!secret.next() || secret.text(0).empty()) fail_damaged("no salt");
    salt = secret.text(0);
  });
}

void Importer::State::end() noexcept {
  store.roll_back();
  store.database.tryExec(kUsualSettings);
}

std::optional<base::Digest> Importer::State::source_digest(const std::string& id) {
  if (!has_opaque_ids) return std::nullopt;
  return sha256.update(salt).update(id).finish();
}

/// By the recorder's key, whichever way the recording was imported: one that was destroyed must not
/// come back because an option changed.
std::optional<Known> Importer::State::find(const std::string& id,
                                           const std::optional<base::Digest>& digest) {
  static const std::string kByDigest = std::string(kKnown) + "source_digest = ?1";
  static const std::string kById = std::string(kKnown) + "id = ?1";
  if (digest) {
    Query query(store, kByDigest.c_str(), *digest);
    if (query.next()) return read_known(query, true);
  }
  Query query(store, kById.c_str(), id);
  if (!query.next()) return std::nullopt;
  return read_known(query, false);
}

std::optional<std::int64_t> Importer::State::owner_of(const std::string& path) {
  Query query(store, "SELECT recording_key FROM file WHERE path = ?1", path);
  if (!query.next()) return std::nullopt;
  return query.number(0);
}

/// Whether this is the first mark that a recording which was there before gets.
bool Importer::State::mark(std::int64_t key) {
  if (key > newest_key_before) return false;
  if (marked.empty()) marked.resize(static_cast<std::size_t>(newest_key_before) + 1);
  const auto bit = static_cast<std::size_t>(key);
  const bool first = !marked[bit];
  marked[bit] = true;
  return first;
}

void Importer::State::mark_changed(std::int64_t key) {
  if (mark(key)) ++counts.changed;
}

void Importer::State::add_file(std::int64_t key, const File& file) {
  Query(store,
        "INSERT INTO file(recording_key, path, role, bytes, sha256) VALUES (?1, ?2, ?3, ?4, ?5)",
        key, file.path, file.role, file.bytes, file.sha256)
      .run();
}

void Importer::State::add_recording(const ImportRow& row,
                                    const std::optional<base::Digest>& digest) {
  const bool opaque = opaque_ids == OpaqueIds::yes;
  Query(store,
        "INSERT INTO recording(id, call_id, department, recorded_at, subject, subject_key, agent,"
        " state, source_id, source_digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'kept', ?8, ?9)",
        opaque ? random_id() : row.id, row.call_id, row.department,
        row.recorded_at ? base::to_text(*row.recorded_at) : std::string(), row.subject,
        subject_key(row.subject), row.agent, opaque ? row.id : std::string(),
        opaque ? digest : std::nullopt)
      .run();
  add_file(store.database.getLastInsertRowid(), row.file);
  ++counts.added;
}

/// A file of a destroyed recording is back on disk: what a hold could ask for comes back with it.
void Importer::State::bring_back(const Known& known, const ImportRow& row) {
  Query(store,
        "UPDATE recording SET state = 'returned', call_id = ?2, subject = ?3, subject_key = ?4,"
        " agent = ?5, source_id = ?6 WHERE key = ?1",
        known.key, row.call_id, row.subject, subject_key(row.subject), row.agent,
        known.by_digest ? row.id : std::string())
      .run();
  ++counts.returned;
  mark(known.key);  // It is counted; the rest of its rows shall not count it as changed as well.
}

void Importer::State::compare(const Known& known, const ImportRow& row) {
  const auto differs = [&](std::string_view fact, std::string_view was, std::string_view says) {
    if (contradictions.differs(known.key, fact, was, says)) mark_changed(known.key);
  };
  if (row.recorded_at && !known.recorded_at.empty()) {
    const std::string says = base::to_text(*row.recorded_at);
    const bool same = known.recorded_at.size() == kDateCharacters
                          ? same_day(known.recorded_at, *row.recorded_at)
                          : known.recorded_at == says;
    if (!same) {
      differs("recorded_at", known.recorded_at, says);
    } else if (known.contradicted) {
      contradictions.agrees(known.key, "recorded_at");
    }
  }
  if (known.department != row.department) {
    differs("department", known.department, row.department);
  } else if (known.contradicted) {
    contradictions.agrees(known.key, "department");
  }
  // A hold on either of two subjects or calls must not miss it; which they are goes into no text.
  const auto compare_unsaid = [&](std::string_view fact, const std::string& was,
                                  const std::string& says) {
    if (was.empty() || says.empty()) return;
    if (was != says) {
      differs(fact, "another", "something else");
    } else if (known.contradicted) {
      contradictions.agrees(known.key, fact);
    }
  };
  compare_unsaid("subject", known.subject_key, subject_key(row.subject));
  compare_unsaid("call_id", known.call_id, row.call_id);
}

void Importer::State::fill_in(const Known& known, const ImportRow& row) {
  const bool dateless = known.recorded_at.empty() ||
                        (known.recorded_at.size() == kDateCharacters && row.recorded_at &&
                         same_day(known.recorded_at, *row.recorded_at));
  if (dateless && row.recorded_at) {
    Query(store, "UPDATE recording SET recorded_at = ?2 WHERE key = ?1", known.key,
          base::to_text(*row.recorded_at))
        .run();
    mark_changed(known.key);
  }
  if (!known.gap || (row.subject.empty() && row.agent.empty() && row.call_id.empty())) return;
  Query(store,
        "UPDATE recording SET"
        " subject_key = CASE subject WHEN '' THEN ?3 ELSE subject_key END,"
        " subject = CASE subject WHEN '' THEN ?2 ELSE subject END,"
        " agent = CASE agent WHEN '' THEN ?4 ELSE agent END,"
        " call_id = CASE call_id WHEN '' THEN ?5 ELSE call_id END"
        " WHERE key = ?1 AND ((subject = '' AND ?2 <> '') OR (agent = '' AND ?4 <> '')"
        " OR (call_id = '' AND ?5 <> ''))",
        known.key, row.subject, subject_key(row.subject), row.agent, row.call_id)
      .run();
  if (store.database.getChanges() != 0) mark_changed(known.key);
}

void Importer::State::compare_file(const Known& known, const File& file) {
  std::optional<std::uint64_t> bytes;
  std::optional<base::Digest> sha256_before;
  {
    Query query(store, "SELECT bytes, sha256 FROM file WHERE path = ?1", file.path);
    if (!query.next()) fail_damaged("a file that is gone");
    bytes = query.optional_count(0);
    sha256_before = query.optional_digest(1);
  }
  const auto compare_fact = [&](const std::string& fact, bool same, const std::string& was,
                                const std::string& says) {
    if (same) {
      if (known.contradicted) contradictions.agrees(known.key, fact);
    } else if (contradictions.differs(known.key, fact, was, says)) {
      mark_changed(known.key);
    }
  };
  if (bytes && file.bytes) {
    compare_fact("bytes of " + file.path, bytes == file.bytes, std::to_string(*bytes),
                 std::to_string(*file.bytes));
  }
  if (sha256_before && file.sha256) {
    compare_fact("sha256 of " + file.path, sha256_before == file.sha256,
                 base::to_hex(*sha256_before), base::to_hex(*file.sha256));
  }
  if ((bytes || !file.bytes) && (sha256_before || !file.sha256)) return;
  Query(store,
        "UPDATE file SET bytes = coalesce(bytes, ?2), sha256 = coalesce(sha256, ?3)"
        " WHERE path = ?1",
        file.path, file.bytes, file.sha256)
      .run();
  mark_changed(known.key);
}

/// Takes a row of a recording that the index knows; why not, in words, or nullopt.
std::optional<std::string> Importer::State::add_to(const Known& known, const ImportRow& row) {
  const std::optional<std::int64_t> owner = owner_of(row.file.path);
  if (owner && *owner != known.key) return "its path belongs to another recording";
  const bool gone = is_gone(known.state);
  if (!owner && (gone || known.state == archive::State::returned) && !on_disk(row.file.path)) {
    ++counts.destroyed;
    return std::nullopt;
  }
  if (!owner) {
    Query query(store, "SELECT count(*) FROM file WHERE recording_key = ?1", known.key);
    if (query.next() && query.count(0) >= kMaxFiles) {
      return fmt::format("its recording has {} files already", kMaxFiles);
    }
  }
  if (gone) bring_back(known, row);
  compare(known, row);
  fill_in(known, row);
  if (owner) {
    compare_file(known, row.file);
  } else {
    add_file(known.key, row.file);
    if (!gone) mark_changed(known.key);
  }
  return std::nullopt;
}

std::optional<std::string> Importer::State::take(const ImportRow& row) {
  const std::optional<base::Digest> digest = source_digest(row.id);
  const std::optional<Known> known = find(row.id, digest);
  // With opaque ids the row's own goes into the log all the same when it was imported without.
  const bool logged = known ? !known->by_digest : opaque_ids == OpaqueIds::no;
  if (logged && contains_subject(row.id, subject_key(row.subject))) {
    return known ? "its id contains its subject's number, and was imported without --opaque-ids"
                 : "its id contains its subject's number, and ids go into the log; import with "
                   "--opaque-ids";
  }
  if (known) return add_to(*known, row);
  if (owner_of(row.file.path)) return "its path belongs to another recording";
  add_recording(row, digest);
  return std::nullopt;
}

Importer::Importer(Index& index, OpaqueIds opaque_ids,
                   std::function<bool(const std::string& path)> on_disk, base::CivilDate today)
    : state_(std::make_unique<State>(index, opaque_ids, std::move(on_disk), today)) {
  EXPUNGE_ASSERT(state_->store.access == Index::Access::write);
  try {
    state_->begin();
  } catch (...) {
    state_->end();
    throw;
  }
}

Importer::~Importer() {
  state_->end();
}

std::optional<std::string> Importer::add(const ImportRow& row) {
  return guarded(state_->store, [&] {
    std::optional<std::string> refused = state_->take(row);
    if (!refused) ++state_->counts.rows;
    return refused;
  });
}

const ImportCounts& Importer::counts() const {
  return state_->counts;
}

void Importer::commit() {
  State& state = *state_;
  guarded(state.store, [&] {
    state.contradictions.settle([&](std::int64_t key) { state.mark_changed(key); });
    // Before its entry is in the log: a crash in between never looks like an import that was lost.
    add_to_imports(state.store, 1);
    state.store.commit();
  });
}

}  // namespace expunge::archive
