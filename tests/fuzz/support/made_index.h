#pragma once

#include <string>
#include <string_view>

namespace expunge::fuzz {

inline constexpr const char* kOrigin = "recordings.example.gov.uk/destruction-log";

/// A directory of this process's own, in memory where that can be had, gone when the process ends.
[[nodiscard]] const std::string& scratch_directory();

/// The bytes of an index with something in every table. Its pages have 512 bytes, so that it is
/// small and its trees have several levels. The same in every process, but for the salt.
[[nodiscard]] const std::string& made_index();

/// Those of an index that holds nothing.
[[nodiscard]] const std::string& empty_index();

void put_file(const std::string& path, std::string_view content);
[[nodiscard]] std::string file_text(const std::string& path);
/// Removes the file, if it is there.
void drop_file(const std::string& path);

}  // namespace expunge::fuzz
