#include "shred/refusal.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/error.h"

namespace expunge::shred {
namespace {

struct Row {
  Reason reason;
  std::string_view code;
  std::string_view words;
};

// In the order of the enumeration.
constexpr std::array<Row, 20> kRows = {{
    {Reason::missing, "missing",
     "no such file; if it was moved or deleted by hand, find out by whom"},
    {Reason::outside_root, "outside-root",
     "the path leaves the archive root; import its row again with the path beneath the root"},
    {Reason::symbolic_link, "symbolic-link",
     "a symbolic link stands in the path; put what it points to in its place"},
    {Reason::crosses_file_system, "crosses-file-system",
     "another file system is mounted below the archive root; give it a configuration of its own"},
    {Reason::not_a_regular_file, "not-a-regular-file", "not a regular file; see what stands there"},
    {Reason::hard_link, "hard-link",
     "the file has more than one name; remove the others, or find out who needs them"},
    {Reason::immutable, "immutable",
     "the file is marked immutable; if nobody needs that, chattr -i it"},
    {Reason::append_only, "append-only",
     "the file is marked append-only; if nobody needs that, chattr -a it"},
    {Reason::open_elsewhere, "open-elsewhere",
     "another process has the file open; it will be tried again by the next run"},
    {Reason::permission_denied, "permission-denied",
     "no permission to write the file; see its owner, its mode and the mount options"},
    {Reason::size_differs, "size-differs",
     "the file has another size than the index says; see whether it is the same recording, and put "
     "back what was imported; or, if the file is right, say so (expunge correct ID --as-found)"},
    {Reason::content_differs, "content-differs",
     "the file has other content than the index says; see whether it is the same recording, and "
     "put "
     "back what was imported; or, if the file is right, say so (expunge correct ID --as-found)"},
    {Reason::replaced, "replaced",
     "another file stands under the name than the one begun on; see whose it is"},
    {Reason::cannot_overwrite_in_place, "cannot-overwrite-in-place",
     "an overwrite would not reach the bytes here; move the archive to ext4 or XFS, or accept that "
     "such files are only removed (accept = unlinked)"},
    {Reason::unreadable, "unreadable", "the file cannot be read; look at the disk"},
    {Reason::write_failed, "write-failed",
     "the overwrite failed part way; look at the disk, the next run tries again"},
    {Reason::flush_failed, "flush-failed",
     "the device did not confirm what was written; look at the disk before anything else"},
    {Reason::read_back_differs, "read-back-differs",
     "what was read back is not what was written; look at the disk"},
    {Reason::extents_moved, "extents-moved",
     "the overwrite went to other blocks and the old ones still hold the data; wipe the free "
     "space of the file system"},
    {Reason::remove_failed, "remove-failed",
     "the name could not be removed; see the directory's owner and mode"},
}};

const Row& row(Reason reason) {
  const auto index = static_cast<std::size_t>(reason);
  EXPUNGE_ASSERT(index < kRows.size() && kRows[index].reason == reason);
  return kRows[index];
}

}  // namespace

std::string_view code(Reason reason) {
  return row(reason).code;
}

std::string_view words(Reason reason) {
  return row(reason).words;
}

std::string_view words_of(std::string_view code) {
  const auto* const found =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& each) { return each.code == code; });
  return found == kRows.end() ? std::string_view() : found->words;
}

}  // namespace expunge::shred
