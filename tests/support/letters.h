#pragma once

#include <string>

#include "support/council.h"

// What the program tells of the recordings of a council.
namespace expunge::test::letters {

inline const std::string kAudio(9000, 'A');

/// What `explain` tells before what is for the office alone, its lines joined.
[[nodiscard]] std::string letter(const Council& council, const std::string& id);

/// The page on a run, its lines joined.
[[nodiscard]] std::string certificate(const Council& council, const std::string& run);

/// An order to keep this one, SAR-1.
void hold(Council& council, const std::string& id);

}  // namespace expunge::test::letters

/// For tests that include "support/catch.h": skips one where runs cannot destroy anything.
#define NEEDS_A_DISK(council) \
  if (!(council).can_destroy()) SKIP_TEST("no file system here that overwrites in place")
