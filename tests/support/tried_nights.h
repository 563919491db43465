#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/fd.h"
#include "support/council.h"
#include "support/program.h"

namespace expunge::test::tried_nights {

inline const std::string kAudio(9000, 'A');

/// Two nights lie behind it: of what was due one was held open by a program, one is longer than
/// what was imported, and one went.
struct Nights {
  Nights();

  /// The day of a run then, which failed two.
  std::string run_at(std::chrono::hours from_now);
  [[nodiscard]] Ended call(std::vector<std::string> words) const;
  /// The plan, by its schema.
  [[nodiscard]] nlohmann::json json() const;
  /// What the plan has of a recording; null when it has not that one.
  [[nodiscard]] nlohmann::json planned(const std::string& id) const;
  /// As the reason of its line ends.
  [[nodiscard]] std::string since(const std::string& why) const;

  Council council;
  base::Fd holder;
  std::string first, last;  ///< the days of those nights
  bool ready = false;       ///< whether files here can be destroyed: else there were none
};

}  // namespace expunge::test::tried_nights

/// For tests that include "support/catch.h": skips one that needs those runs where there were none.
#define NEEDS_A_DISK(nights) \
  if (!(nights).ready) SKIP_TEST("no file system here that overwrites in place")
