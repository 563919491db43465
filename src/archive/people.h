#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace expunge::archive {

/// The subjects or agents of a recording, as the index keeps several of them: as written, with `, `
/// between them, and their keys (subject_key()) with a space between them, each once, in the same
/// order.
struct People {
  std::string written;
  std::string keys;

  /// Adds one, unless its key is there; one without a key only if it is the first. Returns whether
  /// anything changed.
  bool add(std::string_view one_written);
};

/// No recording keeps more bytes of keys than this.
inline constexpr std::size_t kMaxPeopleBytes = 4096;

[[nodiscard]] People people(std::string_view first, const std::vector<std::string>& further);

}  // namespace expunge::archive
