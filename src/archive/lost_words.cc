// What the log says, and an index put back from a backup had lost.

#include "archive/connection.h"
#include "archive/contradiction.h"
#include "base/text.h"

namespace expunge::archive {

// As may_matter_to_holds() has it.
#define EXPUNGE_MATTERS " AND fact NOT IN ('order', 'file')"

std::uint64_t take_lost_words(Store& store, std::int64_t key, std::string_view id) {
  std::vector<LostWord> words;
  {
    Query query(
        store, "SELECT fact, words, says FROM lost_word WHERE recording_id = ?1 ORDER BY fact", id);
    while (query.next()) {
      words.push_back({std::string(id), query.string(0), query.string(1), query.string(2)});
    }
  }
  for (const LostWord& word : words) {
    contradict_by_log(store, key, word.fact, word.words, word.says);
  }
  if (!words.empty()) Query(store, "DELETE FROM lost_word WHERE recording_id = ?1", id).run();
  return words.size();
}

std::vector<LostWord> Index::lost_words(std::string_view recording_id) const {
  return guarded(*connection_, [&] {
    std::vector<LostWord> words;
    Query query(*connection_,
                "SELECT recording_id, fact, words, says, awaited FROM lost_word"
                " WHERE recording_id = ?1 OR ?1 = '' ORDER BY recording_id, fact",
                recording_id);
    while (query.next()) {
      words.push_back({query.string(0), query.string(1), query.string(2), query.string(3),
                       query.number(4) != 0});
    }
    return words;
  });
}

std::vector<std::int64_t> Index::lost_calls() const {
  return guarded(*connection_, [&] {
    std::vector<std::int64_t> keys;
    Query query(*connection_,
                "SELECT recording_key FROM contradiction"
                " WHERE seen = 'log' AND seen <> '' AND fact = 'call_id'");
    while (query.next()) keys.push_back(query.number(0));
    return keys;
  });
}

bool Index::is_lost(std::int64_t recording_key, std::string_view fact) const {
  return guarded(*connection_, [&] {
    return Query(*connection_,
                 "SELECT 1 FROM contradiction WHERE recording_key = ?1 AND seen = 'log'"
                 " AND fact = ?2",
                 recording_key, fact)
        .next();
  });
}

bool Index::has_lost_correction(std::int64_t recording_key) const {
  return guarded(*connection_, [&] {
    return Query(*connection_,
                 "SELECT 1 FROM contradiction WHERE recording_key = ?1 AND seen = "
                 "'log'" EXPUNGE_MATTERS,
                 recording_key)
        .next();
  });
}

std::uint64_t Index::unsettled_corrections() const {
  return guarded(*connection_, [&]() -> std::uint64_t {
    // The second condition is that of the index over these alone.
    Query query(*connection_,
                "SELECT (SELECT count(DISTINCT recording_key) FROM contradiction"
                " WHERE seen = 'log' AND seen <> ''" EXPUNGE_MATTERS
                ") + (SELECT count(DISTINCT recording_id) FROM lost_word"
                " WHERE awaited = 1" EXPUNGE_MATTERS ")");
    return query.next() ? query.count(0) : 0;
  });
}

void Index::Writing::contradict_by_log(std::int64_t recording_key, std::string_view fact,
                                       std::string_view words, std::string_view says) {
  Store& store = *index_.connection_;
  guarded(store, [&] { archive::contradict_by_log(store, recording_key, fact, words, says); });
}

void Index::Writing::await(const LostWord& word) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    Query(store,
          "INSERT INTO lost_word(recording_id, fact, words, says, awaited)"
          " VALUES (?1, ?2, ?3, ?4, 1) ON CONFLICT DO UPDATE SET words = excluded.words,"
          " says = excluded.says, awaited = 1 WHERE words <> excluded.words",
          word.recording, word.fact, word.words, word.says)
        .run();
  });
}

void Index::Writing::await_no_more(std::string_view recording_id, std::string_view fact) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    Query(store, "UPDATE lost_word SET awaited = 0 WHERE recording_id = ?1 AND fact = ?2",
          recording_id, fact)
        .run();
  });
}

void Index::Writing::forget_lost_word(std::string_view recording_id, std::string_view fact) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    Query(store, "DELETE FROM lost_word WHERE recording_id = ?1 AND fact = ?2", recording_id, fact)
        .run();
  });
}

}  // namespace expunge::archive
