#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "support/council.h"

namespace expunge::test::settled_council {

inline const std::string kAudio(9000, 'A');

/// A council whose first run lies some hours behind it.
struct Settled {
  Settled();

  /// One more recording, of 9 kB, which is due.
  void add_due(const std::string& id);
  /// The newest entry of that type.
  [[nodiscard]] nlohmann::json last(const std::string& type) const;
  /// The page on a run, its lines joined.
  [[nodiscard]] std::string certificate(const std::string& run) const;

  Council council;
  bool ready = false;  ///< whether files here can be destroyed: else there was no run
};

}  // namespace expunge::test::settled_council

/// For tests that include "support/catch.h": skips one that needs those runs where there were none.
#define NEEDS_A_DISK(settled) \
  if (!(settled).ready) SKIP_TEST("no file system here that overwrites in place")
