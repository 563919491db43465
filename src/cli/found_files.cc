#include "cli/found_files.h"

#include <fmt/format.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "shred/walk.h"
#include "survey/contents.h"

namespace expunge::cli {
namespace {

[[noreturn]] void refuse(const archive::Recording& recording, const std::string& path,
                         const std::string& why) {
  throw base::Failure(base::ExitStatus::usage,
                      fmt::format("recording {}: its file '{}' {}; nothing was changed",
                                  base::printable(recording.id), base::printable(path), why));
}

/// The size of the regular file that stands there.
std::uint64_t size_of(const shred::ArchiveRoot& root, const archive::Recording& recording,
                      const std::string& path) {
  const auto seen = shred::look_at(root, path);
  if (const int* const error = std::get_if<int>(&seen)) {
    refuse(recording, path,
           *error == ENOENT ? "is missing: find out who moved or removed it"
                            : "cannot be looked at: " + base::errno_text(*error));
  }
  const auto& entry = std::get<shred::Entry>(seen);
  if (entry.kind != shred::Entry::Kind::file) {
    refuse(recording, path,
           fmt::format("is no regular file of the archive's own file system, but a {}",
                       words(entry.kind)));
  }
  return entry.bytes;
}

}  // namespace

std::vector<archive::File> files_as_found(const shred::ArchiveRoot& root,
                                          const archive::Recording& recording) {
  std::vector<archive::File> found = recording.files;
  for (archive::File& file : found) {
    file.bytes = size_of(root, recording, file.path);
    if (!file.sha256) continue;
    const auto content = survey::read_content(root, file.path);
    if (const int* const error = std::get_if<int>(&content)) {
      refuse(recording, file.path, "cannot be read: " + base::errno_text(*error));
    }
    file.sha256 = std::get<base::Digest>(content);
    if (size_of(root, recording, file.path) != file.bytes) {
      refuse(recording, file.path, "is being written to: call this again when that has ended");
    }
  }
  return found;
}

}  // namespace expunge::cli
