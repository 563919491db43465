#pragma once

#include <optional>
#include <string>

#include "archive/index.h"
#include "audit/facts.h"
#include "cli/desk.h"

namespace expunge::cli {

/// What keeps a letter about a recording from being written, and the remedy, in one line: the index
/// is not the one that the log's last commands wrote to, so that what it says of the recording may
/// be false. `last_end` is the last entry of the log in use by which it was destroyed or removed;
/// `facts` were read before the index. Nullopt: nothing does.
[[nodiscard]] std::optional<std::string> bar_to_letter(Desk& desk, const audit::LogFacts& facts,
                                                       const archive::RecordingHistory& history,
                                                       std::optional<std::uint64_t> last_end);

}  // namespace expunge::cli
