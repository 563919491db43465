#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/error.h"

namespace expunge::archive {

/// That an index can be opened once a command that writes has: a write was interrupted, or an older
/// version of this program made it.
class NeedsWriter : public base::Failure {
 public:
  using base::Failure::Failure;
};

/// What SQLite finds amiss in the file as a whole, one line each, at most `at_most`; empty:
/// nothing. Reads all of it, and changes nothing. Throws as Index::open does.
[[nodiscard]] std::vector<std::string> find_faults(const std::string& path, std::size_t at_most);

}  // namespace expunge::archive
