#pragma once

#include <string>
#include <vector>

// What an entry's JSON may hold, and what it must not, at the edges of expunge-log(5).
namespace expunge::test {

/// Values, as they are written: of all kinds, in canonical and in other writings.
[[nodiscard]] const std::vector<std::string>& odd_values();

/// Names of members, with their quotes but for one.
[[nodiscard]] const std::vector<std::string>& odd_names();

/// What may stand, or must not, within a string: escapes, UTF-8 and what is none.
[[nodiscard]] const std::vector<std::string>& odd_pieces();

/// What must not stand in a number, and a digit that may.
[[nodiscard]] const std::vector<std::string>& odd_number_parts();

}  // namespace expunge::test
