#include "archive/contradiction.h"

#include <fmt/format.h>

#include "base/sha256.h"
#include "base/text.h"

namespace expunge::archive {
namespace {

/// Puts a recording's contradictions into one text, for the plan.
void write_words(Store& store, std::int64_t key) {
  Query(store,
        "UPDATE recording SET contradiction = coalesce((SELECT group_concat(words, '; ')"
        " FROM (SELECT words FROM contradiction WHERE recording_key = ?1 ORDER BY fact)), '')"
        " WHERE key = ?1",
        key)
      .run();
}

/// Whether a person has put the fact right, and this is what the source said before.
bool is_overruled(Store& store, std::int64_t key, std::string_view fact, std::string_view says) {
  return Query(store,
               "SELECT 1 FROM correction WHERE recording_key = ?1 AND fact = ?2 AND value = ?3",
               key, fact, says)
      .next();
}

}  // namespace

bool same_day(std::string_view civil_date, std::chrono::sys_seconds instant) {
  const auto date = base::parse_date(civil_date);
  if (!date) return false;
  const auto apart = std::chrono::floor<std::chrono::days>(instant) - std::chrono::sys_days{*date};
  return apart >= std::chrono::days{-1} && apart <= std::chrono::days{1};
}

std::string secret(Store& store, std::string_view fact, std::string_view value) {
  Query query(store, "SELECT value FROM meta WHERE name = 'salt'");
  const std::string salt = query.next() ? query.string(0) : std::string();
  return base::to_hex(base::Sha256().update(salt).update(fact).update(" ").update(value).finish());
}

bool is_corrected(Store& store, std::int64_t key, std::string_view fact) {
  return Query(store, "SELECT 1 FROM correction WHERE recording_key = ?1 AND fact = ?2", key, fact)
      .next();
}

void end_acknowledgement(Store& store, std::int64_t key) {
  Query(store, "DELETE FROM acknowledgement WHERE recording_key = ?1", key).run();
}

void contradict(Store& store, std::int64_t key, std::string_view fact, std::string_view words) {
  Query(store,
        "INSERT INTO contradiction(recording_key, fact, words, seen) VALUES (?1, ?2, ?3, '')"
        " ON CONFLICT DO UPDATE SET words = excluded.words || '; ' || words, seen = ''"
        " WHERE seen = 'log'",
        key, fact, words)
      .run();
  if (store.database.getChanges() != 0) end_acknowledgement(store, key);
  write_words(store, key);
}

void contradict_by_log(Store& store, std::int64_t key, std::string_view fact,
                       std::string_view words, std::string_view says) {
  // A hold may mean others by what an import said, too: that is never lost. Nor is what a run saw
  // of a file, which alone `--as-found` settles.
  Query(store,
        "INSERT INTO contradiction(recording_key, fact, words, seen, says)"
        " VALUES (?1, ?2, ?3, 'log', ?4) ON CONFLICT DO UPDATE SET seen = 'log',"
        " words = excluded.words || CASE seen WHEN 'log' THEN '' ELSE '; ' || words END,"
        " says = CASE excluded.says WHEN '' THEN says ELSE excluded.says END"
        " WHERE (seen = 'log' AND instr(words, excluded.words) = 0)"
        " OR (seen <> 'log' AND fact <> 'file')",
        key, fact, words, says)
      .run();
  if (store.database.getChanges() == 0) return;
  end_acknowledgement(store, key);
  write_words(store, key);
}

void drop(Store& store, std::int64_t key, std::string_view fact) {
  Query(store, "DELETE FROM contradiction WHERE recording_key = ?1 AND fact = ?2", key, fact).run();
  if (store.database.getChanges() != 0) write_words(store, key);
}

void drop_log_words(Store& store, std::int64_t key) {
  Query(store, "DELETE FROM contradiction WHERE recording_key = ?1 AND seen = 'log'", key).run();
  if (store.database.getChanges() != 0) write_words(store, key);
}

void settle(Store& store, std::int64_t key, std::string_view fact) {
  Query(store,
        "INSERT OR IGNORE INTO correction(recording_key, fact, value)"
        " SELECT ?1, ?2, says FROM contradiction"
        " WHERE recording_key = ?1 AND fact = ?2 AND says <> ''",
        key, fact)
      .run();
  Query(store, "DELETE FROM contradiction WHERE recording_key = ?1 AND fact = ?2", key, fact).run();
  end_acknowledgement(store, key);
  write_words(store, key);
}

void overrule(Store& store, std::int64_t key, std::string_view fact, std::string_view was) {
  // What a person had said before is not what the source says.
  Query(store,
        "INSERT INTO correction(recording_key, fact, value) SELECT ?1, ?2, ?3"
        " WHERE NOT EXISTS (SELECT 1 FROM correction WHERE recording_key = ?1 AND fact = ?2)",
        key, fact, was)
      .run();
  settle(store, key, fact);
}

std::string ContradictionsOfImport::words_of(std::string_view fact, std::string_view was,
                                             std::string_view says) const {
  const std::string day = base::to_text(today_);
  if (was.empty() && says.empty()) {
    return fmt::format("{} is another than the import of {} says",
                       fact == "call_id" ? "call" : fact, day);
  }
  return fmt::format("{} was {}, the import of {} says {}", fact, was, day, says);
}

bool ContradictionsOfImport::differs(std::int64_t key, std::string_view fact, std::string_view was,
                                     std::string_view says, std::string_view kept) {
  if (is_overruled(store_, key, fact, kept)) return false;
  Query(store_,
        "INSERT INTO contradiction(recording_key, fact, words, seen, says)"
        " VALUES (?1, ?2, ?3, '', ?4) ON CONFLICT DO UPDATE SET says = excluded.says,"
        " words = words || '; ' || excluded.words WHERE seen = 'log' AND says = ''",
        key, fact, words_of(fact, was, says), kept)
      .run();
  if (store_.database.getChanges() == 0) return false;
  end_acknowledgement(store_, key);
  write_words(store_, key);
  return true;
}

}  // namespace expunge::archive
