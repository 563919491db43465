#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"

namespace expunge::cli {

/// Recordings that a command's argument `id` names.
struct NamedIds {
  std::vector<std::string> ids;  ///< as given, in that order
  bool in_bulk = false;          ///< some came from standard input: nobody has typed each
};

/// Where an id is `-`, those on standard input take its place, one a line. Throws Failure(usage)
/// when it names none.
[[nodiscard]] NamedIds read_named_ids(const Options& options);

/// The option `expect`; nullopt: not given. Throws Failure(usage) when it is no number.
[[nodiscard]] std::optional<std::uint64_t> read_expected(const Options& options);

}  // namespace expunge::cli
