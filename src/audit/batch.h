#pragma once

#include <span>
#include <string>

#include "audit/entry.h"
#include "audit/keys.h"
#include "audit/trail.h"
#include "base/time.h"

namespace expunge::audit {

/// Entries ready to be written.
struct Batch {
  std::string text;  ///< lines, each with its LF
  Trail after;       ///< where the trail stands once they are written
};

/// Chains the drafts to where `trail` stands, then signs them on up to `workers` threads, and
/// checks the lines as a reader would. Throws Failure(usage) when one would not be a valid line.
/// Requires at least one draft, and `key` to be the one in force.
[[nodiscard]] Batch make_batch(const Trail& trail, const SigningKey& key,
                               std::span<const Draft> drafts, base::Time now, unsigned workers);

}  // namespace expunge::audit
