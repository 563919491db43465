#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "support/council.h"

namespace expunge::test {

inline constexpr std::uint64_t kBtrfsBytes = 160 << 20;
/// What is short lies in the inode here, where no overwrite reaches it; what is long can be
/// overwritten.
inline constexpr const char* kInlineExt4 = "mkfs.ext4 -q -O inline_data -I 512";
inline constexpr const char* kOctober = "2025-10-01T09:00:00Z";

[[nodiscard]] const std::string& audio();

/// Lays the council's archive on another file system, and accepts what is said.
void move_to(Council& council, const std::string& root,
             shred::Accept accept = shred::Accept::unlinked);

/// Approved recordings for kInlineExt4: `mixed`, `whole` (can be overwritten), `keyed`; `new` is
/// not due.
void furnish_mixed(Council& council);
/// The same for a file system where nothing can be overwritten: `one`, `two`, `new`.
void furnish_unlinked(Council& council);

/// A file system and what is furnished there.
struct Scene {
  const char* make;
  std::uint64_t bytes;
  void (*furnish)(Council&);
};
/// Each of the two in turn, as GENERATE has it.
[[nodiscard]] Scene any_scene();

/// Whether a file of that name is one of theirs.
[[nodiscard]] bool is_recording(std::string_view name);

/// The files of all but `new` as they were written, by id and path.
[[nodiscard]] const std::map<std::string, std::map<std::string, std::string>>& originals();

[[nodiscard]] bool is_original(const Council& council, const std::string& path,
                               const std::string& content);

}  // namespace expunge::test
