#pragma once

// Debian 12 has Catch2 2.13, Debian 13 has 3.x.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#define EXPUNGE_CATCH_CONTAINS ContainsSubstring
#else
#include <catch2/catch.hpp>
#define EXPUNGE_CATCH_CONTAINS Contains
#endif

#include <cstdio>
#include <string>

namespace expunge::test {

/// A matcher: the text holds `part`.
inline auto contains_text(const std::string& part) {
  return Catch::Matchers::EXPUNGE_CATCH_CONTAINS(part);
}

}  // namespace expunge::test

/// Ends a test that lacks the means; ctest then counts it as skipped and prints the reason.
#define SKIP_TEST(reason)                                      \
  do {                                                         \
    std::printf("skipped: %s\n", std::string(reason).c_str()); \
    SUCCEED("skipped");                                        \
    return;                                                    \
  } while (false)
