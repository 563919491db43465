#pragma once

#include <cstdint>
#include <string>

#include "audit/entry.h"
#include "audit/lines.h"
#include "base/sys.h"
#include "base/time.h"

namespace expunge::audit {

/// Reads `path` from the device (O_DIRECT), so that what a failed flush left in the page cache
/// alone is not believed; where the file system refuses that, drops the cached pages of `fd`, the
/// same file, and reads through the cache. Throws Failure(usage) naming the path.
[[nodiscard]] ReadAt device_reader(base::Sys& sys, int fd, const std::string& path);

/// Copies what lies from `begin_bytes` to `end_bytes` to `log.torn-TIME` in `directory`, durable,
/// then cuts it off the log `fd`, durable. Returns the entry to append. Throws
/// Failure(needs_person); the log is then as it was, or cut.
[[nodiscard]] LogRecovered put_tail_aside(base::Sys& sys, const std::string& directory, int fd,
                                          const ReadAt& read, std::uint64_t begin_bytes,
                                          std::uint64_t end_bytes, base::Time now);

}  // namespace expunge::audit
