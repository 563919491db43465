#pragma once

#include <vector>

#include "audit/entry.h"
#include "audit/log.h"

namespace expunge::audit {

/// The files that an entry of a verified log names: a `destroy`, `remove` or `destroy.partial`.
[[nodiscard]] std::vector<FileDestroyed> files_of(const EntryView& entry);

}  // namespace expunge::audit
