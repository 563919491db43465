// Holds: placing them, their reviews, their end, and what is left of them.

#include "archive/connection.h"
#include "archive/one_view.h"
#include "base/error.h"

namespace expunge::archive {
namespace {

using base::ExitStatus;
using base::Failure;

#define EXPUNGE_HOLD_COLUMNS                                                              \
  "reference, kind, reason, user, placed_at, released_at, release_user, release_reason, " \
  "review_on, "                                                                           \
  "effective_on, confirmed_at, confirm_user, erased"

HoldScope read_scope(const Query& query) {
  HoldScope scope;
  scope.recording_id = query.text(0);
  scope.subject_key = query.text(1);
  scope.department = query.text(2);
  scope.from = query.optional_date(3);
  scope.to = query.optional_date(4);
  scope.agent_key = query.text(5);
  scope.everything = query.number(6) != 0;
  return scope;
}

std::vector<HoldScope> read_scopes(Store& store, const std::string& reference) {
  Query query(store,
              "SELECT recording_id, subject_key, department, first_day, last_day, agent_key,"
              " everything, number FROM hold_scope WHERE reference = ?1 ORDER BY number",
              reference);
  std::vector<HoldScope> scopes;
  Ascending<std::int64_t> order;
  while (query.next()) {
    order.take(query.number(7));
    scopes.push_back(read_scope(query));
  }
  return scopes;
}

std::vector<HoldReview> read_reviews(Store& store, const std::string& reference) {
  Query query(store,
              "SELECT until_on, reviewed_at, user, reason, number FROM hold_review"
              " WHERE reference = ?1 ORDER BY number",
              reference);
  std::vector<HoldReview> reviews;
  Ascending<std::int64_t> order;
  while (query.next()) {
    order.take(query.number(4));
    const auto until = query.optional_date(0);
    if (!until) fail_damaged("a review without a date");
    reviews.push_back({*until, query.time(1), query.string(2), query.string(3)});
  }
  return reviews;
}

Hold read_hold(const Query& query) {
  Hold hold;
  hold.reference = query.text(0);
  hold.kind = query.text(1);
  hold.reason = query.text(2);
  hold.user = query.text(3);
  hold.placed_at = query.time(4);
  if (!query.null(5)) hold.released_at = query.time(5);
  hold.release_user = query.text(6);
  hold.release_reason = query.text(7);
  hold.review_on = query.optional_date(8);
  hold.effective_on = query.optional_date(9);
  if (!query.null(10)) hold.confirmed_at = query.time(10);
  hold.confirm_user = query.text(11);
  hold.erased = query.number(12) != 0;
  // A release that nobody asked for would let go what should be kept.
  if (hold.effective_on && !hold.released_at) fail_damaged("a hold that ends without a release");
  if (hold.erased && !hold.effective_on) fail_damaged("a hold erased before its end");
  return hold;
}

/// Throws Failure(usage) when there is none.
Hold require_hold(Store& store, std::string_view reference) {
  Query query(store, "SELECT " EXPUNGE_HOLD_COLUMNS " FROM hold WHERE reference = ?1", reference);
  if (query.next()) return read_hold(query);
  throw Failure(ExitStatus::usage, "hold " + std::string(reference) + ": there is no such hold");
}

[[noreturn]] void refuse(std::string_view reference, const char* why) {
  throw Failure(ExitStatus::usage, "hold " + std::string(reference) + ": " + why);
}

void insert_scope(Store& store, const std::string& reference, const HoldScope& scope) {
  Query(store,
        "INSERT INTO hold_scope(reference, recording_id, subject_key, department, first_day,"
        " last_day, agent_key, everything) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        reference, scope.recording_id, scope.subject_key, scope.department, scope.from, scope.to,
        scope.agent_key, std::int64_t{scope.everything})
      .run();
}

}  // namespace

std::vector<Hold> Index::holds(bool with_erased) const {
  Store& store = *connection_;
  return guarded(store, [&] {
    const OneView view(store);
    std::vector<Hold> holds;
    Ascending<std::string> order;
    for (Query query(store,
                     "SELECT " EXPUNGE_HOLD_COLUMNS
                     " FROM hold WHERE ?1 OR erased = 0 ORDER BY reference",
                     std::int64_t{with_erased});
         query.next();) {
      Hold& hold = holds.emplace_back(read_hold(query));
      order.take(hold.reference);
      hold.scopes = read_scopes(store, hold.reference);
      hold.reviews = read_reviews(store, hold.reference);
    }
    return holds;
  });
}

void Index::Writing::place_hold(const Hold& hold) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    if (Query(store, "SELECT 1 FROM hold WHERE reference = ?1", hold.reference).next()) {
      refuse(hold.reference,
             "this reference was used before, and is used once only; choose another");
    }
    Query(store,
          "INSERT INTO hold(reference, kind, reason, user, placed_at, review_on)"
          " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
          hold.reference, hold.kind, hold.reason, hold.user, hold.placed_at, hold.review_on)
        .run();
    for (const HoldScope& scope : hold.scopes) insert_scope(store, hold.reference, scope);
  });
}

void Index::Writing::release_hold(std::string_view reference, const HoldRelease& release) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    if (require_hold(store, reference).released_at)
      refuse(reference, "it has been released already");
    Query(store,
          "UPDATE hold SET released_at = ?2, release_user = ?3, release_reason = ?4,"
          " effective_on = ?5 WHERE reference = ?1",
          reference, release.at, release.user, release.reason, release.effective_on)
        .run();
  });
}

void Index::Writing::confirm_release(std::string_view reference, std::string_view user,
                                     base::Time now, base::CivilDate effective_on) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    if (!require_hold(store, reference).awaits_confirmation()) {
      refuse(reference, "no release of it awaits confirmation");
    }
    Query(store,
          "UPDATE hold SET confirmed_at = ?2, confirm_user = ?3, effective_on = ?4"
          " WHERE reference = ?1",
          reference, now, user, effective_on)
        .run();
  });
}

void Index::Writing::keep_hold(std::string_view reference) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    const Hold hold = require_hold(store, reference);
    if (!hold.released_at) refuse(reference, "it is not released");
    if (hold.erased)
      refuse(
          reference,
          "its release has taken effect, and what it covered is erased; a new hold keeps what is "
          "still there: expunge hold place, under another reference, before the next run");
    Query(store,
          "UPDATE hold SET released_at = NULL, release_user = '', release_reason = '',"
          " effective_on = NULL, confirmed_at = NULL, confirm_user = '' WHERE reference = ?1",
          reference)
        .run();
  });
}

void Index::Writing::review_hold(std::string_view reference, const HoldReview& review) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    if (require_hold(store, reference).erased) refuse(reference, "its release has taken effect");
    Query(store,
          "INSERT INTO hold_review(reference, until_on, reviewed_at, user, reason)"
          " VALUES (?1, ?2, ?3, ?4, ?5)",
          reference, review.until, review.at, review.user, review.reason)
        .run();
  });
}

void Index::Writing::erase_ended_holds(base::CivilDate today, std::string_view only) {
  Store& store = *index_.connection_;
  guarded(store, [&] {
    std::vector<std::string> ended;
    for (Query query(store,
                     "SELECT reference FROM hold WHERE erased = 0 AND effective_on <= ?1"
                     " AND (?2 = '' OR reference = ?2)",
                     today, only);
         query.next();) {
      ended.push_back(query.string(0));
    }
    for (const std::string& reference : ended) {
      Query(store, "DELETE FROM hold_scope WHERE reference = ?1", reference).run();
      Query(store, "UPDATE hold_review SET reason = '' WHERE reference = ?1", reference).run();
      Query(store,
            "UPDATE hold SET erased = 1, reason = '', release_reason = '' WHERE reference = ?1",
            reference)
          .run();
    }
  });
}

}  // namespace expunge::archive
