#pragma once

#include <string>

#include "audit/note.h"
#include "base/sys.h"

namespace expunge::audit {

/// The newest checkpoint of a log that is not continued, and what is at hand beside it.
struct LastCheckpoint {
  Checkpoint says;
  std::string directory;  ///< of its log, in which, or in whose `checkpoints/`, it lies; else empty
  std::string key_id;     ///< of a key published there that signed it; empty: none is there
};

/// Reads the file at `path`, which may be a copy far from its log, whose key may be lost. Throws
/// Failure(usage) when it cannot be read, or is no signed checkpoint; Failure(log_untrusted) when
/// the key that it names as its signer is at hand, and did not sign it.
[[nodiscard]] LastCheckpoint read_last_checkpoint(base::Sys& sys, const std::string& path);

}  // namespace expunge::audit
