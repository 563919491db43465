#pragma once

#include "run/batch.h"

namespace expunge::run {

/// Finishes what an interrupted run left in the index's journal, through the same code as any other
/// batch, after deciding again: what the log says was destroyed loses its names and its rows; what
/// is still due is overwritten again, whole; what is now held, or no longer due, is left alone if
/// no byte of it was touched, and else stopped there (`destroy.partial`). A file that is not the
/// one begun on is never touched.
///
/// Call it after `run.start` is durable and before any new batch. On return the journal holds only
/// what could not be finished.
void recover(Tools& tools);

}  // namespace expunge::run
