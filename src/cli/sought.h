#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/desk.h"

// From what an office knows of a call to the ids of its recordings.
namespace expunge::cli {

/// The id of the recording that has the file: a path beneath the archive's root, or the absolute
/// one of a file there. Throws Failure(usage) when there is none.
[[nodiscard]] std::vector<std::string> ids_by_path(const Desk& desk, const std::string& path);

/// By the recorder's own key, also once they are destroyed. Throws Failure(usage) when there are
/// none.
[[nodiscard]] std::vector<std::string> ids_by_source(const Desk& desk, const std::string& source);

/// Prints a line for each of the recordings: id, department, civil date and verdict on `day`.
void print_recordings(const Desk& desk, const std::vector<std::string>& ids, base::CivilDate day);

/// The same for those of one subject, in whatever way its number is written. Throws Failure(usage)
/// when there are none. Memory does not grow.
void print_recordings_of(const Desk& desk, const std::string& subject, base::CivilDate day);

}  // namespace expunge::cli
