#pragma once

// Debian 12 has Catch2 2.13, Debian 13 has 3.x.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <cstdio>

/// Ends a test that lacks the means; ctest then counts it as skipped and prints the reason.
#define SKIP_TEST(reason)                                      \
  do {                                                         \
    std::printf("skipped: %s\n", std::string(reason).c_str()); \
    SUCCEED("skipped");                                        \
    return;                                                    \
  } while (false)
