#include <fmt/format.h>

#include <map>

#include "audit/entry.h"
#include "audit/log.h"
#include "base/text.h"
#include "plan/plan.h"
#include "run/claims.h"
#include "run/recover.h"

namespace expunge::run {
namespace {

/// What one comparison of the index with what logs say comes to.
struct Comparison {
  explicit Comparison(Tools& with) : tools(with), begun(plan::in_journal(with.index)) {}

  Tools& tools;
  plan::KeySet begun;
  std::vector<archive::Outcome> outcomes;
  std::vector<archive::RecordingHistory> unheard_of;

  void count(const std::string& id, archive::State state) const {
    ++tools.tally.reconciled;
    note(tools.tally, id,
         fmt::format("the log says that it was {}, and the index did not know: was the index "
                     "restored from a backup?",
                     state == archive::State::removed ? "removed" : "destroyed"));
  }

  /// What stands in the journal is left to recover(); what came back is known to have been gone.
  void take(const archive::Recording& recording, const Logged& logged) {
    if (begun.contains(recording.key) || recording.state == archive::State::returned) return;
    outcomes.push_back(outcome_by_log(tools.root, recording, logged));
    count(recording.id, logged.state);
  }
};

using Orders = std::map<std::string, audit::OrderChange>;

/// The log's last word on each recording that was ordered to be destroyed, or no more, since the
/// index was compared with it, and that did not go.
Orders orders_since(const Tools& tools) {
  Orders last;
  audit::for_each_entry(tools.root.sys(), tools.log_place, tools.index.reconciled_size(),
                        [&](const audit::EntryView& entry) {
                          const bool ordered = entry.type.starts_with("order");
                          if (!ordered && last.empty()) return true;
                          const std::string id(audit::recording_of(entry));
                          if (ordered) {
                            last[id] = {entry.type == "order.withdraw", id,
                                        audit::text_of(entry, "ground"),
                                        audit::text_of(entry, "authority"), ""};
                          } else if (entry.type == "destroy" || entry.type == "remove") {
                            last.erase(id);
                          }
                          return true;
                        });
  return last;
}

/// Where an index has lost that an order was withdrawn, nothing may go by it: whether there was
/// one. What only the log says was ordered goes by no order until somebody repeats it.
bool settle_orders(Tools& tools) {
  if (orders_since(tools).empty()) return false;
  bool any = false;
  archive::Index::Writing writing(tools.index);
  // Anew, under the write lock: whoever orders or withdraws holds it from the log to the index.
  const Orders last = orders_since(tools);
  for (const auto& [id, order] : last) {
    const auto recording = tools.index.find(id);
    if (!recording || recording->order.has_value() != order.withdrawn) continue;
    const std::string words = fmt::format("ground {}, authority {}", base::printable(order.ground),
                                          base::printable(order.authority));
    if (order.withdrawn) {
      any = true;
      writing.withdraw_order(recording->key);
      note(tools.tally, id,
           "the log says that the order to destroy it (" + words +
               ") was withdrawn, and the index did not know: withdrawn again");
    } else {
      note(tools.tally, id,
           "the log says that it was ordered to be destroyed (" + words +
               "), and the index does not know: give that order again, if it is still meant "
               "(expunge destroy)");
    }
  }
  writing.commit();
  return any;
}

}  // namespace

bool reconcile(Tools& tools) {
  const bool withdrawn = settle_orders(tools);
  const std::uint64_t compared = tools.log.position().size;
  Comparison comparison(tools);
  auto said_before = said_by_past_logs(tools.index);
  for (const auto& [id, logged] :
       logged_since(tools.root.sys(), tools.log_place, tools.index.reconciled_size())) {
    if (logged.state == archive::State::partial) continue;
    if (const auto recording = tools.index.find(id)) {
      said_before.erase(recording->key);
      comparison.take(*recording, logged);
    } else if (!tools.index.history(id)) {
      comparison.unheard_of.push_back(
          {0, id, logged.department, logged.state, logged.recorded_on, logged.time, logged.seq});
      comparison.count(id, logged.state);
    }
  }
  for (const auto& [key, logged] : said_before) {
    if (const auto recording = tools.index.find(key)) comparison.take(*recording, logged);
  }
  archive::Index::Writing writing(tools.index);
  writing.record(comparison.outcomes, tools.tell);
  bool imported_meanwhile = false;
  for (const archive::RecordingHistory& gone : comparison.unheard_of) {
    if (tools.index.history(gone.id)) {
      imported_meanwhile = true;  // too late for tonight's plan; the next run compares again
    } else {
      writing.add_gone(gone);
    }
  }
  if (!imported_meanwhile) writing.remember_reconciled(compared);
  writing.commit();
  return withdrawn || !comparison.outcomes.empty();
}

}  // namespace expunge::run
