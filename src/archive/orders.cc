// Orders to destroy recordings ahead of the schedule, and of which destructions the recorder's
// database is to be told.

#include <algorithm>

#include "archive/connection.h"
#include "archive/contradiction.h"
#include "archive/rows.h"
#include "base/error.h"

namespace expunge::archive {
namespace {

// A hold may depend on whose call it is, and what lies in another file's place was not recorded.
#define EXPUNGE_BARRING_FACTS "'subject', 'call_id', 'agent', 'file'"
#define EXPUNGE_CONTRADICTED(facts)                                                                \
  "EXISTS (SELECT 1 FROM contradiction AS c WHERE c.recording_key = o.recording_key AND c.fact IN" \
  " (" facts "))"
#define EXPUNGE_ORDERS \
  "SELECT o.ground, o.authority, o.ordered_on, o.user, " EXPUNGE_CONTRADICTED(                  \
      EXPUNGE_BARRING_FACTS) ", o.recording_key, " EXPUNGE_CONTRADICTED("'recorded_at'") ", "   \
  EXPUNGE_CONTRADICTED("'department'") " FROM destruction_order AS o"

Order read_row(const Query& query) {
  const auto ordered_on = query.optional_date(2);
  if (!ordered_on) fail_damaged("an order without a date");
  return {query.string(0),      query.string(1),      *ordered_on,         query.string(3),
          query.number(4) != 0, query.number(6) != 0, query.number(7) != 0};
}

}  // namespace

std::unordered_map<std::int64_t, Order> read_orders(Store& store) {
  std::unordered_map<std::int64_t, Order> orders;
  Query query(store, EXPUNGE_ORDERS " ORDER BY o.recording_key");
  std::int64_t last = INT64_MIN;
  while (query.next()) {
    const std::int64_t key = query.number(5);
    if (key <= last) fail_damaged("rows out of order");
    last = key;
    orders.emplace(key, read_row(query));
  }
  return orders;
}

std::optional<Order> read_order(Store& store, std::int64_t recording_key) {
  Query query(store, EXPUNGE_ORDERS " WHERE o.recording_key = ?1", recording_key);
  if (!query.next()) return std::nullopt;
  return read_row(query);
}

void Index::Writing::order(std::int64_t recording_key, const Order& order) {
  Store& store = *index_.connection_;
  EXPUNGE_ASSERT(std::find(kGrounds.begin(), kGrounds.end(), order.ground) != kGrounds.end());
  guarded(store, [&] {
    Query(store,
          "INSERT INTO destruction_order(recording_key, ground, authority, ordered_on, user)"
          " VALUES (?1, ?2, ?3, ?4, ?5)",
          recording_key, order.ground, order.authority, order.ordered_on, order.user)
        .run();
    drop(store, recording_key, "order");
  });
}

void Index::Writing::withdraw_order(std::int64_t recording_key) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    Query(store, "DELETE FROM destruction_order WHERE recording_key = ?1", recording_key).run();
    drop(store, recording_key, "order");
  });
}

bool Index::bars_order(std::int64_t recording_key) const {
  return guarded(*connection_, [&] {
    return Query(*connection_,
                 "SELECT 1 FROM contradiction WHERE recording_key = ?1"
                 " AND fact IN (" EXPUNGE_BARRING_FACTS ") LIMIT 1",
                 recording_key)
        .next();
  });
}

std::vector<Untold> Index::untold(std::int64_t after, std::size_t at_most) const {
  return guarded(*connection_, [&] {
    std::vector<Untold> found;
    Query query(*connection_,
                "SELECT number, recording_id, source_id, state, destroyed_at, log_seq FROM to_tell"
                " WHERE number > ?1 ORDER BY number",
                after);
    while (found.size() < at_most && query.next()) {
      const std::int64_t number = query.number(0);
      if (number <= (found.empty() ? after : found.back().number)) {
        fail_damaged("rows out of order");
      }
      found.push_back({number, query.string(1), query.string(2), parse_state(query.text(3)),
                       query.time(4), query.count(5)});
    }
    return found;
  });
}

Index::UntoldCount Index::count_untold() const {
  return guarded(*connection_, [&] {
    Query query(*connection_, "SELECT count(*), coalesce(max(number), 0) FROM to_tell");
    return query.next() ? UntoldCount{query.count(0), query.number(1)} : UntoldCount{};
  });
}

bool Index::Writing::forget_untold(std::int64_t newest, std::size_t at_most) {
  Store& store = *index_.connection_;
  return guarded(store, [&] {
    Query(store,
          "DELETE FROM to_tell WHERE number IN (SELECT number FROM to_tell WHERE number <= ?1"
          " ORDER BY number LIMIT ?2)",
          newest, std::uint64_t{at_most})
        .run();
    return Query(store, "SELECT 1 FROM to_tell WHERE number <= ?1 LIMIT 1", newest).next();
  });
}

}  // namespace expunge::archive
