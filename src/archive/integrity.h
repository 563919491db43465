#pragma once

#include <chrono>
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

/// What SQLite finds amiss in an index as a whole.
struct Faults {
  std::vector<std::string> lines;  ///< none: nothing, as far as it came
  bool finished = true;            ///< else the time was over before
};

/// At most `at_most` of them. Reads all of the file, for as long as `within` at most, since nobody
/// can commit to it meanwhile; changes nothing. Throws as Index::open does.
[[nodiscard]] Faults find_faults(const std::string& path, std::size_t at_most,
                                 std::chrono::milliseconds within);

}  // namespace expunge::archive
