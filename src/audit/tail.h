#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "audit/entry.h"
#include "audit/lines.h"
#include "base/sys.h"
#include "base/time.h"

namespace expunge::audit {

/// Reads `path` from the device (O_DIRECT), so that what a failed flush left in the page cache
/// alone is not believed; where the file system refuses that, drops the cached pages of `fd`, the
/// same file, and reads through the cache. Throws Failure(usage) naming the path.
[[nodiscard]] ReadAt device_reader(base::Sys& sys, int fd, const std::string& path);

// A torn tail is put aside, cut off and logged, in this order, and a crash may come at any moment:
//
//   log.torn.new               the copy is being made; nobody looks at it
//   log.torn-TIME.after-N      the copy is durable, N the entries before it; perhaps it is not cut
//                              off yet, or not logged yet
//   log.torn-TIME              logged
//
// Whoever finds the second finishes it, which is why it is logged once and not twice: an entry of
// it can only be the N-th or a later one.

/// A tail that was put aside, and of which the log may not speak yet.
struct PutAside {
  std::string name;         ///< in the log's directory
  std::uint64_t after = 0;  ///< how many entries stood before it
  LogRecovered entry;
};

/// Those in `directory`, by name. Throws Failure(usage) when they cannot be read.
[[nodiscard]] std::vector<PutAside> find_put_aside(base::Sys& sys, const std::string& directory);

/// What lies from `begin_bytes` to `end_bytes`.
struct Tail {
  const ReadAt& read;
  std::uint64_t begin_bytes, end_bytes;
};

/// The entry for it.
[[nodiscard]] LogRecovered describe(const Tail& tail);

/// Copies it into `directory`, durable on return. Throws Failure(needs_person).
[[nodiscard]] PutAside put_aside(base::Sys& sys, const std::string& directory, const Tail& tail,
                                 std::uint64_t after, base::Time now);

/// Cuts off what lies past `end_bytes`, durable on return. Throws Failure(needs_person).
void cut_log(base::Sys& sys, int fd, const std::string& path, std::uint64_t end_bytes);

/// Gives it the name of one that is logged. If that fails, the next writer does it.
void call_logged(base::Sys& sys, const std::string& directory, const PutAside& aside);

}  // namespace expunge::audit
