#pragma once

#include <vector>

#include "run/batch.h"

namespace expunge::run {

/// A file that is being destroyed, and the recording that it belongs to.
struct Work {
  Item* item;
  OpenFile* file;
};

/// What a step takes of a batch. Keys go before all the rest, so that a crash in between leaves
/// audio that nobody can read rather than audio without its key destroyed.
enum class Part { all, keys, rest };

/// The open files of recordings that are not refused.
[[nodiscard]] std::vector<Work> work_of(Batch& batch, shred::Method method, Part part = Part::all);

/// Logs that these failed, each for its own reason or else for this one, and throws the Failure
/// that ends the run: after a flush that failed nothing is believed, and nothing more is begun.
[[noreturn]] void fail_flush(Tools& tools, const std::vector<Item>& items,
                             const shred::Refusal& failure);

/// Writes the batch's entries, durable on return, and gives each outcome its place in the log.
void log_outcomes(Tools& tools, Batch& batch);

}  // namespace expunge::run
