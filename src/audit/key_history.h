#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/log.h"

namespace expunge::audit {

/// One key that signed entries.
struct PastKey {
  std::string vkey, id;
  std::uint64_t from_seq = 0;             ///< the first entry that it signed
  std::optional<std::uint64_t> last_seq;  ///< unset: it is in force
  std::string since;                      ///< time of the entry that names it, as written
  std::string reason;                     ///< of the rotation that brought it; empty: the first
};

/// The keys that a log names, the oldest first; the last is in force. Requires a log that
/// read_log() trusts. Reads every line. Throws as for_each_entry() does.
[[nodiscard]] std::vector<PastKey> key_history(base::Sys& sys, const LogPlace& place);

}  // namespace expunge::audit
