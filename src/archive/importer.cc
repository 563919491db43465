#include "archive/importer.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "archive/adopt.h"
#include "archive/connection.h"
#include "archive/importer_state.h"
#include "archive/rows.h"
#include "base/error.h"
#include "base/text.h"

namespace expunge::archive {
namespace {

/// The cache may spill into the database during an import, so that it need not hold ten million
/// rows; small imports never reach it and keep readers out for the commit alone.
constexpr const char* kImportSettings = "PRAGMA cache_size = -131072; PRAGMA cache_spill = ON;";
constexpr const char* kUsualSettings = "PRAGMA cache_spill = OFF; PRAGMA cache_size = -16384;";

constexpr const char* kKnown =
    "SELECT key, state, recorded_at, department,"
    " subject = '' OR agent = '' OR call_id = '', subject_key, call_id, id,"
    " source_digest IS NOT NULL, agent_key FROM recording WHERE ";

Known read_known(const Query& query, bool by_digest) {
  Known known;
  known.key = query.number(0);
  known.state = parse_state(query.text(1));
  known.recorded_at = query.text(2);
  known.department = query.text(3);
  known.gap = query.number(4) != 0;
  known.subject_key = query.text(5);
  known.call_id = query.text(6);
  known.id = query.text(7);
  known.opaque = query.number(8) != 0;
  known.agent_key = query.text(9);
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

}  // namespace

void Importer::State::begin() {
  guarded(store, [&] {
    store.database.exec(kImportSettings);
    begin_writing(store);
    Query newest(store, "SELECT max(key) FROM recording");
    if (newest.next()) newest_key_before = newest.number(0);
    if (newest_key_before > kMaxKey) fail_damaged("a recording with the number of no import");
    Query opaque(store,
                 "SELECT EXISTS (SELECT 1 FROM recording WHERE source_digest IS NOT NULL)"
                 " OR EXISTS (SELECT 1 FROM other_source)");
    uses_digests = kind.opaque_ids == OpaqueIds::yes || kind.shared_files == SharedFiles::merge ||
                   (opaque.next() && opaque.number(0) != 0);
    Query lost(store, "SELECT EXISTS (SELECT 1 FROM lost_word)");
    awaits_words = lost.next() && lost.number(0) != 0;
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
  if (!uses_digests) return std::nullopt;
  return sha256.update(salt).update(id).finish();
}

/// By the recorder's key, whichever way the recording was imported, and also by one that came with
/// a file of another: one that was destroyed must not come back because an option changed.
std::optional<Known> Importer::State::find(const std::string& id,
                                           const std::optional<base::Digest>& digest) {
  static const std::string kByDigest = std::string(kKnown) + "source_digest = ?1";
  static const std::string kById = std::string(kKnown) + "id = ?1";
  if (digest) {
    Query query(store, kByDigest.c_str(), *digest);
    if (query.next()) return read_known(query, true);
  }
  {
    Query query(store, kById.c_str(), id);
    if (query.next()) return read_known(query, false);
  }
  if (!digest) return std::nullopt;
  std::int64_t key = 0;
  {
    Query query(store, "SELECT recording_key FROM other_source WHERE digest = ?1", *digest);
    if (!query.next()) return std::nullopt;
    key = query.number(0);
  }
  return find(key);
}

std::optional<Known> Importer::State::find(std::int64_t key) {
  static const std::string kByKey = std::string(kKnown) + "key = ?1";
  Query query(store, kByKey.c_str(), key);
  if (!query.next()) return std::nullopt;
  return read_known(query, false);
}

std::optional<std::int64_t> Importer::State::owner_of(const std::string& path) {
  Query query(store, "SELECT recording_key FROM file WHERE path = ?1", path);
  if (!query.next()) return std::nullopt;
  return query.number(0);
}

/// From then on a look for one subject or agent has to look at all of each recording.
void Importer::State::note_several(const People& subjects, const People& agents) {
  if (several_noted || (subjects.keys + agents.keys).find(' ') == std::string::npos) return;
  several_noted = true;
  Query(store, "INSERT OR IGNORE INTO meta(name, value) VALUES ('several', 'yes')").run();
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
  const bool opaque = kind.opaque_ids == OpaqueIds::yes;
  const People subjects = people(row.subject, row.further_subjects);
  const People agents = people(row.agent, row.further_agents);
  Query(store,
        "INSERT INTO recording(id, call_id, department, recorded_at, subject, subject_key, agent,"
        " agent_key, state, source_id, source_digest, indexed_on)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'kept', ?9, ?10, ?11)",
        opaque ? random_id() : row.id, row.call_id, row.department,
        row.recorded_at ? base::to_text(*row.recorded_at) : std::string(), subjects.written,
        subjects.keys, agents.written, agents.keys, opaque ? row.id : std::string(),
        opaque ? digest : std::nullopt, today)
      .run();
  const std::int64_t key = store.database.getLastInsertRowid();
  add_file(key, row.file);
  ++counts.added;
  if (awaits_words && take_lost_words(store, key, row.id) > 0) ++counts.known_to_log;
  note_several(subjects, agents);
}

/// A file of a destroyed recording is back on disk: what a hold could ask for comes back with it.
void Importer::State::bring_back(const Known& known, const ImportRow& row) {
  const People subjects = people(row.subject, row.further_subjects);
  const People agents = people(row.agent, row.further_agents);
  Query(store,
        "UPDATE recording SET state = 'returned', call_id = ?2, subject = ?3, subject_key = ?4,"
        " agent = ?5, agent_key = ?6, source_id = ?7, indexed_on = ?8 WHERE key = ?1",
        known.key, row.call_id, subjects.written, subjects.keys, agents.written, agents.keys,
        known.by_digest ? row.id : std::string(), today)
      .run();
  ++counts.returned;
  note_several(subjects, agents);
  mark(known.key);  // It is counted; the rest of its rows shall not count it as changed as well.
}

std::string Importer::State::belongs_to_another(std::int64_t owner) {
  const std::optional<Known> known = find(owner);
  if (!known) fail_damaged("a file of no recording");
  return fmt::format(
      "its path belongs to another recording, {} (expunge explain {} tells of it); if the row's id "
      "or path is wrong, put it right in the list",
      base::printable(known->id), base::printable(known->id));
}

/// Takes a row of a recording that the index knows; why not, in words, or nullopt.
std::optional<std::string> Importer::State::add_to(const Known& known, const ImportRow& row) {
  std::optional<std::int64_t> owner = owner_of(row.file.path);
  if (owner && *owner != known.key) return belongs_to_another(*owner);
  const bool gone = is_gone(known.state);
  if (!owner && (gone || known.state == archive::State::returned) && !on_disk(row.file.path)) {
    ++counts.destroyed;
    return std::nullopt;
  }
  if (!owner && put_path_right(known, row)) owner = known.key;
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

/// Takes a row whose id is new, and whose file another recording has.
std::optional<std::string> Importer::State::take_shared(const ImportRow& row,
                                                        const base::Digest& digest,
                                                        std::int64_t owner) {
  const std::optional<Known> known = find(owner);
  if (!known) fail_damaged("a file of no recording");
  if (auto refused = take_known(*known, row)) return refused;
  Query(store, "INSERT INTO other_source(digest, recording_key) VALUES (?1, ?2)", digest, owner)
      .run();
  return std::nullopt;
}

std::optional<std::string> Importer::State::take_known(const Known& known, const ImportRow& row) {
  // With opaque ids a row's own would go into the log all the same when it was imported without.
  const bool logged = !known.opaque;
  if (logged && contains_subject(known.id, people(row.subject, row.further_subjects).keys)) {
    return "its id contains its subject's number, and was imported without --opaque-ids";
  }
  return add_to(known, row);
}

std::optional<std::string> Importer::State::take(const ImportRow& row) {
  const std::optional<base::Digest> digest = source_digest(row.id);
  std::optional<Known> known = find(row.id, digest);
  if (!known && adopt(store, row.file.path, row.id, digest)) known = find(row.id, digest);
  if (known) return take_known(*known, row);
  if (const auto owner = owner_of(row.file.path)) {
    if (kind.shared_files == SharedFiles::merge) return take_shared(row, *digest, *owner);
    return belongs_to_another(*owner);
  }
  if (kind.opaque_ids == OpaqueIds::no &&
      contains_subject(row.id, people(row.subject, row.further_subjects).keys)) {
    return "its id contains its subject's number, and ids go into the log; import with "
           "--opaque-ids";
  }
  add_recording(row, digest);
  return std::nullopt;
}

Importer::Importer(Index& index, const ImportKind& kind,
                   std::function<bool(const std::string& path)> on_disk, base::CivilDate today)
    : index_(index),
      state_(std::make_unique<State>(*index.connection_, kind, std::move(on_disk), today)) {
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

std::optional<Recording> Importer::recording_of(const std::string& id) {
  const auto known =
      guarded(state_->store, [&] { return state_->find(id, state_->source_digest(id)); });
  return known ? index_.find(known->key) : std::nullopt;
}

bool Importer::is_date_corrected(std::int64_t key) const {
  return guarded(state_->store, [&] { return is_corrected(state_->store, key, "recorded_at"); });
}

const ImportCounts& Importer::counts() const {
  return state_->counts;
}

void Importer::commit() {
  State& state = *state_;
  guarded(state.store, [&] {
    // Before its entry is in the log: a crash in between never looks like an import that was lost.
    add_to_imports(state.store, 1);
    state.store.commit();
  });
}

}  // namespace expunge::archive
