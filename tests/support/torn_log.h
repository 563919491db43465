#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "audit/entry.h"
#include "base/time.h"
#include "support/audit_vectors.h"

// Logs as a crash leaves them.
namespace expunge::test::torn_log {

inline constexpr base::Time kNow =
    std::chrono::sys_days{std::chrono::year{2026} / 2 / 2} + std::chrono::hours{2};

/// Of the recordings with these numbers.
[[nodiscard]] std::vector<audit::Draft> destroys(std::uint64_t from, std::uint64_t count);

/// Whether the log verifies; warns of why it does not.
[[nodiscard]] bool verified(const LogOnDisk& log);

/// A log of 1 + 4 entries with the checkpoint of the first, as after a crash.
struct Interrupted {
  LogOnDisk log;
  std::string first, whole;

  Interrupted();
};

}  // namespace expunge::test::torn_log
