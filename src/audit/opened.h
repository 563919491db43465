#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "audit/course.h"
#include "audit/log.h"
#include "base/fd.h"
#include "base/sys.h"

// The checks that a reader and a writer of the log share. All throw Failure(log_untrusted), or
// Failure(usage) when a file cannot be read.
namespace expunge::audit {

/// Opens log.jsonl. That there is no log at all is Failure(usage), unless one is remembered.
[[nodiscard]] base::Fd open_log(base::Sys& sys, const LogPlace& place, int flags,
                                const std::optional<Position>& remembered);

/// That the log had this last entry at that size: that it is the log which the index remembers.
void check_remembered(const Position& remembered, const Milestone& at, const std::string& path);

/// That a log of `size` entries is as long as its checkpoint knows it to be.
void check_reaches_checkpoint(std::uint64_t size, std::uint64_t expected, const std::string& path);

/// That it is as long as the index remembers: that it is no older copy of itself.
void check_reaches_remembered(std::uint64_t size, const Position& remembered,
                              const std::string& path);

/// That the keys which the log's first entry names are those published beside it.
void check_key_files(base::Sys& sys, const LogPlace& place, const Trail& trail);

}  // namespace expunge::audit
