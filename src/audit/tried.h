#pragma once

#include "audit/facts.h"
#include "audit/line.h"
#include "audit/log.h"

// What runs tried to destroy, and did not, as the entries of the log say it one by one.
namespace expunge::audit {

/// Takes what one entry says of it: a `destroy.failed` tells of an attempt; a `destroy`, a `remove`
/// and a `correct` of its files end that. Looks at the text alone, as there are millions.
void take_attempt(LogFacts& facts, const LineParts& entry);

/// Whether an entry's line can be one that ends an attempt that the facts have. Quick: where a
/// single recording fails night for night, every line that follows is asked this.
[[nodiscard]] bool may_end_attempt(const LogFacts& facts, std::string_view line);

/// All of them. Reads the log from where there are more than `facts`, which are its, have room for;
/// of these `since` is no earlier than that. Throws as for_each_entry().
[[nodiscard]] TriedRecordings all_tried(base::Sys& sys, const LogPlace& place,
                                        const LogFacts& facts);

}  // namespace expunge::audit
