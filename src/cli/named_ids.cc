#include "cli/named_ids.h"

#include <iostream>

#include "base/text.h"

namespace expunge::cli {

NamedIds read_named_ids(const Options& options) {
  NamedIds named;
  for (const std::string& id : options.list("id")) {
    if (id != "-") {
      named.ids.push_back(id);
      continue;
    }
    named.in_bulk = true;
    for (std::string line; std::getline(std::cin, line);) {
      if (line.ends_with('\r')) line.pop_back();
      if (!line.empty()) named.ids.push_back(line);
    }
  }
  if (named.in_bulk && named.ids.empty()) options.refuse("standard input names no recording");
  return named;
}

std::optional<std::uint64_t> read_expected(const Options& options) {
  if (!options.has("expect")) return std::nullopt;
  const auto expected = base::parse_number(options.text("expect"));
  if (!expected) options.refuse("--expect takes a number of recordings");
  return expected;
}

}  // namespace expunge::cli
