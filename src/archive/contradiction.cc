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

}  // namespace

void contradict(Store& store, std::int64_t key, std::string_view fact, std::string_view words) {
  Query(store,
        "INSERT INTO contradiction(recording_key, fact, words, seen) VALUES (?1, ?2, ?3, '')"
        " ON CONFLICT DO NOTHING",
        key, fact, words)
      .run();
  write_words(store, key);
}

bool ContradictionsOfImport::differs(std::int64_t key, std::string_view fact, std::string_view was,
                                     std::string_view says) {
  Query(store_,
        "UPDATE contradiction SET seen = 'differed'"
        " WHERE recording_key = ?1 AND fact = ?2",
        key, fact)
      .run();
  if (store_.database.getChanges() != 0) return false;
  Query(store_,
        "INSERT INTO contradiction(recording_key, fact, words, seen)"
        " VALUES (?1, ?2, ?3, 'differed')",
        key, fact,
        fmt::format("{} was {}, the import of {} says {}", fact, was, base::to_text(today_), says))
      .run();
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
