#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <optional>
#include <vector>

#include "run/batch.h"

namespace expunge::run {

/// Carries batches out, each in the order that batch.h gives, and overlaps neighbours: while one is
/// overwritten and read back, the next is opened and fingerprinted, and the one before is logged
/// and loses its names. One index transaction settles a batch and begins another. At most
/// kBatchesOpen hold their files open. When a flush fails while the names of one go, the one that
/// is being overwritten meanwhile is not believed either, nor the other way round, and the run
/// stops.
///
/// A hold is looked for under the write lock that begins a batch, right before its first overwrite.
/// With one worker nothing overlaps.
class Pipeline {
 public:
  /// `each_logged` is told how many recordings have been decided about for good, whenever the
  /// number grows.
  Pipeline(Tools& tools, std::function<void(std::uint64_t)> each_logged);

  /// Takes the recordings of one batch. Throws Failure when a flush, the log or the index fails:
  /// nothing is claimed then that is not so, and the journal holds what was begun on.
  void add(std::vector<archive::Recording> recordings);

  /// Begins on all that was added, and finishes it. Durable on return; throws as add() does.
  void finish();

  /// Whether something was added that is not begun on.
  [[nodiscard]] bool has_waiting() const { return opened_.valid(); }

  /// Finishes what was begun on; what was only opened is let go, untouched.
  void stop();

 private:
  Batch take_opened();
  std::optional<Batch> wait_for_overwritten();
  void advance(std::optional<Batch> next);

  Tools& tools_;
  std::function<void(std::uint64_t)> each_logged_;
  std::uint64_t logged_ = 0;
  std::future<Batch> opened_;            ///< not begun on
  std::future<Batch> overwritten_;       ///< in the journal
  std::optional<Batch> removed_;         ///< logged and without names; to be settled
  std::optional<shred::Refusal> doubt_;  ///< a flush failed while the next batch was written
};

/// Opened, overwritten, and losing its names.
inline constexpr unsigned kBatchesOpen = 3;

/// Begins on this batch alone, whose journal stands, and settles it: for recovery.
void carry_out(Tools& tools, Batch& batch);

}  // namespace expunge::run
