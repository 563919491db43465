#include "archive/contradiction.h"

#include <fmt/format.h>

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

/// It was given for what was known of the recording until now.
void end_acknowledgement(Store& store, std::int64_t key) {
  Query(store, "DELETE FROM acknowledgement WHERE recording_key = ?1", key).run();
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

bool is_corrected(Store& store, std::int64_t key, std::string_view fact) {
  return Query(store, "SELECT 1 FROM correction WHERE recording_key = ?1 AND fact = ?2", key, fact)
      .next();
}

void contradict(Store& store, std::int64_t key, std::string_view fact, std::string_view words) {
  Query(store,
        "INSERT INTO contradiction(recording_key, fact, words, seen) VALUES (?1, ?2, ?3, '')"
        " ON CONFLICT DO NOTHING",
        key, fact, words)
      .run();
  if (store.database.getChanges() != 0) end_acknowledgement(store, key);
  write_words(store, key);
}

void overrule(Store& store, std::int64_t key, std::string_view fact, std::string_view was) {
  // What a person had said before is not what the source says.
  Query(store,
        "INSERT INTO correction(recording_key, fact, value) SELECT ?1, ?2, ?3"
        " WHERE NOT EXISTS (SELECT 1 FROM correction WHERE recording_key = ?1 AND fact = ?2)",
        key, fact, was)
      .run();
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

bool ContradictionsOfImport::differs(std::int64_t key, std::string_view fact, std::string_view was,
                                     std::string_view says) {
  if (is_overruled(store_, key, fact, says)) {
    agrees(key, fact);
    return false;
  }
  Query(store_,
        "UPDATE contradiction SET seen = 'differed'"
        " WHERE recording_key = ?1 AND fact = ?2",
        key, fact)
      .run();
  if (store_.database.getChanges() != 0) return false;
  Query(store_,
        "INSERT INTO contradiction(recording_key, fact, words, seen, says)"
        " VALUES (?1, ?2, ?3, 'differed', ?4)",
        key, fact,
        fmt::format("{} was {}, the import of {} says {}", fact, was, base::to_text(today_), says),
        says)
      .run();
  end_acknowledgement(store_, key);
  write_words(store_, key);
  return true;
}

void ContradictionsOfImport::agrees(std::int64_t key, std::string_view fact) {
  Query(store_,
        "UPDATE contradiction SET seen = 'agreed'"
        " WHERE recording_key = ?1 AND fact = ?2 AND seen = ''",
        key, fact)
      .run();
}

void ContradictionsOfImport::settle(const std::function<void(std::int64_t key)>& changed) {
  for (;;) {
    std::int64_t key = 0;
    std::string fact;
    {
      Query query(store_,
                  "SELECT recording_key, fact FROM contradiction INDEXED BY contradiction_seen"
                  " WHERE seen = 'agreed' AND seen <> '' LIMIT 1");
      if (!query.next()) break;
      key = query.number(0);
      fact = query.text(1);
    }
    Query(store_, "DELETE FROM contradiction WHERE recording_key = ?1 AND fact = ?2", key, fact)
        .run();
    write_words(store_, key);
    changed(key);
  }
  Query(store_, "UPDATE contradiction SET seen = '' WHERE seen <> ''").run();
}

}  // namespace expunge::archive
