#pragma once

#include <cstdint>
#include <functional>

#include "run/batch.h"

namespace expunge::run {

/// Finishes what an interrupted run left in the index's journal, after deciding again under the
/// index's write lock: what the log says was destroyed loses its names and its rows; what is still
/// due is overwritten again, whole, by carry_out(); what is now held, or no longer due, or has
/// other files than then, is left alone if no byte of it was touched, and else stopped there
/// (`destroy.partial`). What was only to be unlinked, and is gone, is logged as removed (`remove`)
/// even so, since nothing is left to keep. A file that is not the one begun on is never touched.
///
/// Call it after `run.start` is durable and before any new batch. On return the journal holds only
/// what could not be finished, or was not begun on before `must_stop` said so. Returns the
/// recordings whose failure or hold this run has thereby counted: it is not to come to them again.
[[nodiscard]] plan::KeySet recover(Tools& tools, const std::function<bool()>& must_stop);

/// What a comparison came to.
struct Reconciled {
  /// It changed what the index had: what a plan counted before is not so any more, and no part of
  /// the tally says by how much.
  bool changed = false;
  /// Corrections were lost, by which a hold may mean what the plan took for due.
  bool must_wait = false;
};

/// Brings an index up to date that is behind the log, as a restored backup is: a recording that the
/// log, since a run last compared the two, says was destroyed is so in the index too, or has come
/// back if one of its files is there; one that the index has never heard of is known from then on,
/// so that no import brings it to life. What stands in the journal is left to recover(). What
/// people decided about others, settle_lost_words() settles. `behind`: how far the index
/// was when the run began; it counts lost imports from then on.
[[nodiscard]] Reconciled reconcile(Tools& tools, const plan::Behind& behind);

}  // namespace expunge::run
