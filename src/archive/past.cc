// The logs that an index belonged to before, and how it is handed over to another.

#include "archive/connection.h"
#include "archive/rows.h"
#include "base/error.h"

namespace expunge::archive {
namespace {

/// Everything that was only ever compared with the log in use.
void forget_comparison(Store& store) {
  for (const char* sql :
       {"DELETE FROM approval_recording", "DELETE FROM approval",
        "DELETE FROM meta WHERE name IN ('imports', 'reconciled')",
        "UPDATE recording SET missing_seq = NULL WHERE missing_seq IS NOT NULL"}) {
    Query(store, sql).run();
  }
  // Recovery looks from there on for what the log says of a batch.
  Query(store, "UPDATE journal_batch SET log_size = 0, log_last_hash = ?1", base::Digest{}).run();
}

}  // namespace

void Index::Writing::succeed(const PastLog& past, std::string_view origin,
                             const LogPosition& position) {
  Store& store = *index_.connection_;
  EXPUNGE_ASSERT(past.origin == store.origin && past.origin != origin);
  guarded(store, [&] {
    Query(store,
          "INSERT INTO past_log(number, origin, size, root)"
          " SELECT count(*), ?1, ?2, ?3 FROM past_log",
          past.origin, past.size, past.root)
        .run();
    Query(store, "UPDATE meta SET value = ?1 WHERE name = 'origin'", origin).run();
    Query(store, "UPDATE log_position SET size = ?1, last_hash = ?2", position.size,
          position.last_hash)
        .run();
    forget_comparison(store);
  });
  next_origin_ = origin;
}

void Index::Writing::keep_claim(const PastClaim& claim) {
  Store& store = *index_.connection_;
  EXPUNGE_ASSERT(claim.state == State::destroyed || claim.state == State::removed);
  guarded(store, [&] {
    Query(store,
          "INSERT OR REPLACE INTO past_claim(recording_key, state, recorded_on, destroyed_at,"
          " log_seq, log_number)"
          " VALUES (?1, ?2, ?3, ?4, ?5, (SELECT count(*) FROM past_log))",
          claim.recording_key, to_text(claim.state), claim.recorded_on, claim.destroyed_at,
          claim.log_seq)
        .run();
  });
}

std::vector<PastLog> Index::past_logs() const {
  return guarded(*connection_, [&] {
    std::vector<PastLog> logs;
    Query query(*connection_, "SELECT origin, size, root, number FROM past_log ORDER BY number");
    while (query.next()) {
      if (query.count(3) != logs.size()) fail_damaged("past logs out of order");
      logs.push_back({query.string(0), query.count(1), query.digest(2)});
    }
    return logs;
  });
}

std::vector<PastClaim> Index::past_claims() const {
  return guarded(*connection_, [&] {
    std::vector<PastClaim> claims;
    Query query(*connection_,
                "SELECT recording_key, state, recorded_on, destroyed_at, log_seq, log_number"
                " FROM past_claim ORDER BY recording_key");
    while (query.next()) {
      const std::int64_t key = query.number(0);
      const auto recorded_on = query.optional_date(2);
      if (!recorded_on) fail_damaged("a claim without a date");
      if (!claims.empty() && key <= claims.back().recording_key) fail_damaged("rows out of order");
      claims.push_back({key, parse_state(query.text(1)), *recorded_on, query.time(3),
                        query.count(4), query.count(5)});
    }
    return claims;
  });
}

}  // namespace expunge::archive
