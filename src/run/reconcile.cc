#include <fmt/format.h>

#include "audit/log.h"
#include "plan/plan.h"
#include "run/claims.h"
#include "run/lost_words.h"
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

}  // namespace

Reconciled reconcile(Tools& tools, const plan::Behind& behind) {
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
  // Under the write lock: whoever orders or puts right holds it from the log to the index.
  const LostWords lost = settle_lost_words(
      {tools.root.sys(), tools.log_place, tools.index, tools.schedule, tools.tally}, writing,
      behind.imports > 0 || behind.lacks_run);
  if (!imported_meanwhile) writing.remember_reconciled(compared);
  // Not before: an index that no run has compared stays one that is behind.
  if (behind.imports > 0) writing.count_imports(behind.imports);
  // The log before this one told of its corrections when this one was opened.
  const bool must_wait =
      lost.corrections > 0 || (behind.past_log && tools.index.unsettled_corrections() > 0);
  if (behind.past_log) writing.mark_behind_past_log(false);
  writing.commit();
  return {lost.changed || !comparison.outcomes.empty(), must_wait};
}

}  // namespace expunge::run
