#pragma once

#include "archive/index.h"
#include "audit/log.h"

namespace expunge::run {

// The index remembers where the log stood, so that a log that lost its end is noticed: audit and
// archive do not know each other, and this is where the two meet.

/// What the index remembers, for opening the log.
[[nodiscard]] audit::Position remembered(const archive::Index& index);

/// Stores where the log stands now, with the transaction.
void remember(archive::Index::Writing& writing, const audit::LogWriter& log);

}  // namespace expunge::run
