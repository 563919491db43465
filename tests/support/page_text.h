#pragma once

#include <string>
#include <vector>

#include "support/catch.h"
#include "support/office.h"

// For tests of pages that a person reads.
namespace expunge::test {

/// Without what the width of the page put in.
[[nodiscard]] inline std::string unwrapped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n';
    if (space && (out.empty() || out.back() == ' ')) continue;
    out += space ? ' ' : c;
  }
  return out;
}

/// Checks that each stands in it.
inline void check_all_in(const std::string& text, const std::vector<std::string>& parts) {
  INFO(text);
  for (const std::string& part : parts) {
    INFO(part);
    CHECK(contains(text, part));
  }
}

}  // namespace expunge::test
