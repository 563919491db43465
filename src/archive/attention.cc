// What a person said about recordings that need attention: that they know, or what is right.

#include <vector>

#include "archive/connection.h"
#include "archive/contradiction.h"
#include "base/error.h"
#include "base/text.h"

namespace expunge::archive {
namespace {

#define EXPUNGE_ACKNOWLEDGEMENT                                                         \
  "SELECT a.recording_key, r.id, a.cause, a.until, a.reason, a.user, a.acknowledged_at" \
  " FROM acknowledgement AS a JOIN recording AS r ON r.key = a.recording_key"

Acknowledgement read_acknowledgement(const Query& query) {
  Acknowledgement found;
  found.recording_key = query.number(0);
  found.recording = query.text(1);
  found.cause = query.text(2);
  found.until = query.optional_date(3).value_or(base::CivilDate{});
  found.reason = query.text(4);
  found.user = query.text(5);
  found.acknowledged_at = query.time(6);
  return found;
}

std::vector<SaidAgainst> read_said(Query& query) {
  std::vector<SaidAgainst> said;
  while (query.next()) {
    said.push_back({query.number(0), query.string(1), query.string(2), query.number(3) != 0});
  }
  return said;
}

/// The value of the fact until now.
std::string read_fact(Store& store, const char* sql, std::int64_t key) {
  Query query(store, sql, key);
  EXPUNGE_ASSERT(query.next());
  return query.string(0);
}

/// Whose call it is: what the source said until now is kept as it keeps what it says otherwise.
void correct_person(Store& store, std::int64_t key, std::string_view fact, const char* select,
                    const char* update, std::string_view written, const std::string& right) {
  guarded(store, [&] {
    const std::string was = read_fact(store, select, key);
    Query(store, update, key, written, right).run();
    overrule(store, key, fact, secret(store, fact, was));
  });
}

/// Those that stand against its files.
std::vector<std::string> file_facts(Store& store, std::int64_t key) {
  std::vector<std::string> facts;
  Query query(store,
              "SELECT fact FROM contradiction WHERE recording_key = ?1 AND (fact = 'file'"
              " OR fact GLOB 'bytes of *' OR fact GLOB 'sha256 of *') ORDER BY fact",
              key);
  while (query.next()) facts.push_back(query.string(0));
  return facts;
}

}  // namespace

bool Index::is_contradicted(std::int64_t recording_key, std::string_view fact) const {
  return guarded(*connection_, [&] {
    return Query(*connection_, "SELECT 1 FROM contradiction WHERE recording_key = ?1 AND fact = ?2",
                 recording_key, fact)
        .next();
  });
}

std::optional<std::string> Index::said_otherwise(std::int64_t recording_key,
                                                 std::string_view fact) const {
  return guarded(*connection_, [&]() -> std::optional<std::string> {
    Query query(*connection_,
                "SELECT says FROM contradiction WHERE recording_key = ?1 AND fact = ?2",
                recording_key, fact);
    if (!query.next()) return std::nullopt;
    return query.string(0);
  });
}

bool Index::is_said(std::int64_t recording_key, std::string_view fact,
                    std::string_view value) const {
  Store& store = *connection_;
  return guarded(store, [&] {
    return Query(store,
                 "SELECT 1 FROM contradiction WHERE recording_key = ?1 AND fact = ?2 AND says = ?3",
                 recording_key, fact, secret(store, fact, value))
        .next();
  });
}

std::vector<std::int64_t> Index::said_of(std::string_view fact, std::string_view value) const {
  Store& store = *connection_;
  return guarded(store, [&] {
    std::vector<std::int64_t> keys;
    Query query(store, "SELECT recording_key FROM contradiction WHERE fact = ?1 AND says = ?2",
                fact, secret(store, fact, value));
    while (query.next()) keys.push_back(query.number(0));
    return keys;
  });
}

void Index::for_each_said_call(
    const std::function<void(std::int64_t, const std::string&)>& each) const {
  constexpr std::size_t kChunk = 2000;
  std::vector<std::pair<std::int64_t, std::string>> chunk;
  std::int64_t last = INT64_MIN;
  do {
    chunk.clear();
    guarded(*connection_, [&] {
      Query query(*connection_,
                  "SELECT recording_key, says FROM contradiction WHERE recording_key > ?1"
                  " AND fact = 'call_id' AND says <> '' ORDER BY recording_key",
                  last);
      while (chunk.size() < kChunk && query.next()) {
        chunk.emplace_back(query.number(0), query.string(1));
        if (chunk.back().first <= last) fail_damaged("rows out of order");
        last = chunk.back().first;
      }
    });
    for (const auto& [key, said] : chunk) each(key, said);
  } while (chunk.size() == kChunk);
}

std::string Index::secret_of(std::string_view fact, std::string_view value) const {
  return guarded(*connection_, [&] { return secret(*connection_, fact, value); });
}

std::vector<SaidAgainst> Index::said_against(std::int64_t recording_key) const {
  return guarded(*connection_, [&] {
    Query query(*connection_,
                "SELECT recording_key, fact, says, seen = 'log' FROM contradiction"
                " WHERE recording_key = ?1",
                recording_key);
    return read_said(query);
  });
}

std::vector<SaidAgainst> Index::said_against_call(std::string_view call_id) const {
  EXPUNGE_ASSERT(!call_id.empty());
  return guarded(*connection_, [&] {
    Query query(*connection_,
                "SELECT c.recording_key, c.fact, c.says, c.seen = 'log' FROM recording AS r"
                " JOIN contradiction AS c ON c.recording_key = r.key"
                " WHERE r.call_id = ?1 AND r.call_id <> '' ORDER BY c.recording_key",
                call_id);
    return read_said(query);
  });
}

std::vector<std::string> Index::contradicted_facts(std::int64_t recording_key) const {
  return guarded(*connection_, [&] {
    std::vector<std::string> facts;
    // `file` is what a run saw, but for the log's, and `order` is what the log alone knows.
    Query query(*connection_,
                "SELECT fact FROM contradiction WHERE recording_key = ?1"
                " AND fact <> 'order' AND (fact <> 'file' OR seen = 'log') ORDER BY fact",
                recording_key);
    while (query.next()) facts.push_back(query.string(0));
    return facts;
  });
}

bool Index::are_files_contradicted(std::int64_t recording_key) const {
  return guarded(*connection_, [&] { return !file_facts(*connection_, recording_key).empty(); });
}

std::optional<Acknowledgement> Index::acknowledgement(std::int64_t recording_key) const {
  return guarded(*connection_, [&]() -> std::optional<Acknowledgement> {
    Query query(*connection_, EXPUNGE_ACKNOWLEDGEMENT " WHERE a.recording_key = ?1", recording_key);
    if (!query.next()) return std::nullopt;
    return read_acknowledgement(query);
  });
}

void Index::for_each_acknowledgement(
    const std::function<void(const Acknowledgement&)>& each) const {
  constexpr std::size_t kChunk = 2000;
  std::vector<Acknowledgement> chunk;
  std::int64_t last = INT64_MIN;
  do {
    chunk.clear();
    guarded(*connection_, [&] {
      Query query(*connection_,
                  EXPUNGE_ACKNOWLEDGEMENT " WHERE a.recording_key > ?1 ORDER BY a.recording_key",
                  last);
      while (chunk.size() < kChunk && query.next()) {
        chunk.push_back(read_acknowledgement(query));
        // A damaged tree can hand out rows over and over.
        if (chunk.back().recording_key <= last) fail_damaged("rows out of order");
        last = chunk.back().recording_key;
      }
    });
    for (const Acknowledgement& acknowledgement : chunk) each(acknowledgement);
  } while (chunk.size() == kChunk);
}

void Index::Writing::acknowledge(const Acknowledgement& acknowledgement) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    Query(store,
          "INSERT OR REPLACE INTO acknowledgement(recording_key, cause, until, reason, user,"
          " acknowledged_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
          acknowledgement.recording_key, acknowledgement.cause, acknowledgement.until,
          acknowledgement.reason, acknowledgement.user, acknowledgement.acknowledged_at)
        .run();
  });
}

bool Index::Writing::withdraw_acknowledgement(std::int64_t recording_key) {
  Store& store = *index_.connection_;
  return guarded(store, [&] {
    Query(store, "DELETE FROM acknowledgement WHERE recording_key = ?1", recording_key).run();
    return store.database.getChanges() != 0;
  });
}

void Index::Writing::end_acknowledgements(base::CivilDate today) {
  Store& store = *index_.connection_;
  guarded(store,
          [&] { Query(store, "DELETE FROM acknowledgement WHERE until < ?1", today).run(); });
}

void Index::Writing::correct_department(std::int64_t recording_key, std::string_view department) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    const std::string was =
        read_fact(store, "SELECT department FROM recording WHERE key = ?1", recording_key);
    Query(store, "UPDATE recording SET department = ?2 WHERE key = ?1", recording_key, department)
        .run();
    overrule(store, recording_key, "department", was);
  });
}

void Index::Writing::correct_recorded_at(std::int64_t recording_key,
                                         std::chrono::sys_seconds recorded_at) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    const std::string was =
        read_fact(store, "SELECT recorded_at FROM recording WHERE key = ?1", recording_key);
    Query(store, "UPDATE recording SET recorded_at = ?2 WHERE key = ?1", recording_key,
          base::to_text(recorded_at))
        .run();
    overrule(store, recording_key, "recorded_at", was);
  });
}

void Index::Writing::correct_subject(std::int64_t recording_key, std::string_view subject) {
  correct_person(*index_.connection_, recording_key, "subject",
                 "SELECT subject_key FROM recording WHERE key = ?1",
                 "UPDATE recording SET subject = ?2, subject_key = ?3 WHERE key = ?1", subject,
                 subject_key(subject));
}

void Index::Writing::correct_agent(std::int64_t recording_key, std::string_view agent) {
  correct_person(
      *index_.connection_, recording_key, "agent", "SELECT agent_key FROM recording WHERE key = ?1",
      "UPDATE recording SET agent = ?2, agent_key = ?3 WHERE key = ?1", agent, subject_key(agent));
}

void Index::Writing::correct_call(std::int64_t recording_key, std::string_view call_id) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    const std::string was =
        read_fact(store, "SELECT call_id FROM recording WHERE key = ?1", recording_key);
    Query(store, "UPDATE recording SET call_id = ?2 WHERE key = ?1", recording_key, call_id).run();
    overrule(store, recording_key, "call_id", secret(store, "call_id", was));
  });
}

void Index::Writing::settle_contradictions(std::int64_t recording_key) {
  Store& store = *index_.connection_;
  const std::vector<std::string> facts = index_.contradicted_facts(recording_key);
  guarded(store, [&] {
    for (const std::string& fact : facts) {
      if (fact == "department") {
        overrule(
            store, recording_key, fact,
            read_fact(store, "SELECT department FROM recording WHERE key = ?1", recording_key));
      } else if (fact == "recorded_at") {
        overrule(
            store, recording_key, fact,
            read_fact(store, "SELECT recorded_at FROM recording WHERE key = ?1", recording_key));
      } else {
        settle(store, recording_key, fact);
      }
    }
  });
}

void Index::Writing::raise_indexed_on(std::int64_t recording_key, base::CivilDate day) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    Query(store,
          "UPDATE recording SET indexed_on = ?2"
          " WHERE key = ?1 AND indexed_on <> '' AND indexed_on < ?2",
          recording_key, day)
        .run();
  });
}

void Index::Writing::correct_files(std::int64_t recording_key, std::span<const File> files) {
  Store& store = *index_.connection_;
  // Whoever said it may say it again: the index, until now, for an import.
  const auto may_be_said = [&](const std::string& fact, const std::string& was) {
    Query(store, "INSERT OR IGNORE INTO correction(recording_key, fact, value) VALUES (?1, ?2, ?3)",
          recording_key, fact, was)
        .run();
  };
  guarded(store, [&] {
    for (const File& file : files) {
      std::optional<std::uint64_t> bytes;
      std::optional<base::Digest> sha256;
      {
        Query was(store, "SELECT bytes, sha256 FROM file WHERE recording_key = ?1 AND path = ?2",
                  recording_key, file.path);
        EXPUNGE_ASSERT(was.next());
        bytes = was.optional_count(0);
        sha256 = was.optional_digest(1);
      }
      if (bytes && bytes != file.bytes)
        may_be_said("bytes of " + file.path, std::to_string(*bytes));
      if (sha256 && sha256 != file.sha256) {
        may_be_said("sha256 of " + file.path, base::to_hex(*sha256));
      }
      Query(store, "UPDATE file SET bytes = ?3, sha256 = ?4 WHERE recording_key = ?1 AND path = ?2",
            recording_key, file.path, file.bytes, file.sha256)
          .run();
    }
    for (const std::string& fact : file_facts(store, recording_key)) {
      settle(store, recording_key, fact);
    }
    // Each of them was there.
    Query(store, "UPDATE recording SET missing_seq = NULL WHERE key = ?1", recording_key).run();
    end_acknowledgement(store, recording_key);
  });
}

}  // namespace expunge::archive
