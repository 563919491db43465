#pragma once

#include <string>

#include "archive/index.h"

// Holds in an index, without a log.
namespace expunge::test {

/// One with three scopes: a subject, the days of a department, and the recording r-1.
[[nodiscard]] archive::Hold hold(const std::string& reference);

/// In a transaction of its own.
void place(archive::Index& index, const archive::Hold& made);

}  // namespace expunge::test
