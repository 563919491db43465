#pragma once

#include <string>
#include <string_view>

namespace expunge::certify {

/// A name that a file of this recording can have in any directory, and that a shell takes for one
/// word: letters, digits, `_`, `-` and `.` stand for themselves, but for a `-` or `.` in front, and
/// every other byte is written as `%` and two hexadecimal digits. Two ids never have the same one:
/// of a name that gets longer than 200 bytes the first 150 are followed by `%~` and half of the
/// id's SHA-256.
[[nodiscard]] std::string file_name_of(std::string_view id);

}  // namespace expunge::certify
