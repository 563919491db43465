#include "cli/log_ahead.h"

#include <fmt/format.h>

#include "audit/log.h"
#include "base/text.h"
#include "run/claims.h"

namespace expunge::cli {

using archive::State;

bool is_on_disk(const archive::RecordingHistory& history) {
  return history.state != State::destroyed && history.state != State::removed;
}

bool is_behind(const archive::RecordingHistory& history, std::optional<std::uint64_t> last_end) {
  if (!last_end || !is_on_disk(history)) return false;
  // Of what came back the index knows which entry it went by.
  if (history.state != State::returned) return true;
  return history.past_log.empty() && history.log_seq.value_or(0) < *last_end;
}

StandingOrders standing_orders(const Desk& desk, std::uint64_t from) {
  StandingOrders orders;
  audit::for_each_entry(desk.sys(), desk.config().log, from, [&](const audit::EntryView& entry) {
    const std::string_view id = audit::recording_of(entry);
    if (entry.type == "order") {
      orders[std::string(id)] = {false, std::string(id), audit::text_of(entry, "ground"),
                                 audit::text_of(entry, "authority"), ""};
    } else if (entry.type == "order.withdraw" || entry.type == "destroy" ||
               entry.type == "remove") {
      const auto at = orders.find(id);
      if (at != orders.end()) orders.erase(at);
    }
    return true;
  });
  return orders;
}

LogAhead::LogAhead(const Desk& desk, const audit::LogFacts& facts) : desk_(desk) {
  for (const archive::PastClaim& claim : desk.index().past_claims()) {
    if (claim.state != State::partial) past_ends_[claim.recording_key] = claim.log_seq;
  }
  const plan::IndexMemory memory = plan::memory_of(desk.index());
  if (!plan::behind(facts, memory).any()) return;
  older_ = plan::index_brake(facts, memory);
  run::for_each_logged(desk.sys(), desk.config().log, desk.index().reconciled_size(),
                       [this](const std::string& id, const run::Logged& logged) {
                         if (logged.state != State::partial) ends_[id] = logged.seq;
                       });
  orders_ = standing_orders(desk, desk.index().reconciled_size());
}

std::optional<std::string> LogAhead::other_order(const std::string& id,
                                                 const archive::Order& order) const {
  const auto stands = orders_.find(id);
  if (stands == orders_.end()) return std::nullopt;
  const audit::OrderChange& by_log = stands->second;
  if (by_log.ground == order.ground && by_log.authority == order.authority) return std::nullopt;
  return fmt::format(
      "the log says that it is ordered already ({}, authority {}), and the index does not know: "
      "give that order, or take it back first (--withdraw)",
      base::printable(by_log.ground), base::printable(by_log.authority));
}

std::optional<std::string> LogAhead::why_gone(const std::string& id) const {
  const auto end = ends_.find(id);
  if (end == ends_.end() && past_ends_.empty()) return std::nullopt;
  const auto history = desk_.index().history(id);
  if (history && is_on_disk(*history) && history->state != State::returned) {
    const auto past = past_ends_.find(history->key);
    if (past != past_ends_.end()) {
      return fmt::format(
          "a log before the one in use says that it was destroyed or removed (entry {}), and the "
          "index does not know yet: the next run settles that",
          past->second);
    }
  }
  if (end == ends_.end() || !history || !is_behind(*history, end->second)) return std::nullopt;
  return fmt::format(
      "the log says that it was destroyed or removed (entry {}), and the index does not know: {}",
      end->second, older_->way_on_text);
}

}  // namespace expunge::cli
