#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace expunge::shred {

/// Why a file was not destroyed. The names are the log's `reason`, stable for ever.
enum class Reason {
  missing,              ///< no such file
  outside_root,         ///< `..`, absolute, or otherwise leaves the archive root
  symbolic_link,        ///< somewhere in the path
  crosses_file_system,  ///< a mount point below the root
  not_a_regular_file,   ///< directory, FIFO, socket, device
  hard_link,            ///< more than one name: the data is somebody else's too
  immutable,            ///< chattr +i
  append_only,          ///< chattr +a
  open_elsewhere,       ///< another process has it open
  permission_denied,
  size_differs,               ///< from the index
  content_differs,            ///< SHA-256 other than in the index
  replaced,                   ///< another file stands under the name than the one begun on
  cannot_overwrite_in_place,  ///< copy-on-write, shared, inline, encoded extents, data=journal, …
  unreadable,
  write_failed,
  flush_failed,
  read_back_differs,
  extents_moved,  ///< the overwrite went to other blocks: the old ones still hold the data
  remove_failed,
};

/// `missing`, `symbolic-link`, …: kebab-case, for the log.
[[nodiscard]] std::string_view code(Reason reason);

/// In words, for people, with what they can do about it; one clause without a full stop.
[[nodiscard]] std::string_view words(Reason reason);

/// The words for a code as it stands in the log; empty when it is none of these.
[[nodiscard]] std::string_view words_of(std::string_view code);

/// A file that was not destroyed, and why. `detail` is for the terminal only, never for the log.
struct Refusal {
  Reason reason;
  std::string detail;  ///< an error text, a file system's name; may be empty; never a path
  /// Its name is gone, and the flush of that failed: of what was written to the device until then,
  /// by whomever, no later flush says anything.
  bool unflushed = false;
};

}  // namespace expunge::shred
