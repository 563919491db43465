#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.h"
#include "support/office.h"

// For tests of pages that a person reads.
namespace expunge::test {

/// Without what the width of the page put in.
[[nodiscard]] inline std::string unwrapped(const std::string& text) {
  static constexpr std::string_view kWhole = "<span class=\"whole\">", kEnd = "</span>";
  std::string out;
  bool whole = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view mark = whole ? kEnd : kWhole;
    if (text.compare(at, mark.size(), mark) == 0) {
      whole = !whole;
      at += mark.size() - 1;
      continue;
    }
    const char c = text[at];
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
