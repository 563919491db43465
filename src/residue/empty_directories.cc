#include "residue/empty_directories.h"

#include <fcntl.h>

#include <cerrno>
#include <set>

#include "shred/beneath.h"
#include "shred/destroy.h"

namespace expunge::residue {
namespace {

std::variant<base::Fd, int> open_directory(const shred::ArchiveRoot& root,
                                           const std::string& directory) {
  return shred::open_beneath(root, directory.empty() ? "." : directory.c_str(),
                             O_RDONLY | O_DIRECTORY);
}

/// A directory's links count its subdirectories (on ext4 and XFS).
bool has_subdirectories(const shred::ArchiveRoot& root, const std::string& directory) {
  struct statx status {};
  const auto opened = open_directory(root, directory);
  const auto* const fd = std::get_if<base::Fd>(&opened);
  return fd != nullptr &&
         root.sys().statx(fd->get(), "", AT_EMPTY_PATH, STATX_NLINK, status) == 0 &&
         status.stx_nlink > 2;
}

/// Removes one; true also when somebody else did.
bool remove(const shred::ArchiveRoot& root, const std::string& directory) {
  const auto parent = open_directory(root, shred::directory_of(directory));
  const auto* const fd = std::get_if<base::Fd>(&parent);
  if (fd == nullptr) return std::get<int>(parent) == ENOENT;
  const std::string name = directory.substr(directory.rfind('/') + 1);
  const int error = root.sys().unlinkat(fd->get(), name.c_str(), AT_REMOVEDIR);
  return error == 0 || error == -ENOENT;
}

}  // namespace

Tidied remove_empty(const shred::ArchiveRoot& root, const std::vector<std::string>& directories,
                    const std::function<bool()>& push) {
  Tidied tidied;
  std::set<std::string> kept;
  std::set<std::string> level(directories.begin(), directories.end());
  while (!level.empty()) {
    std::set<std::string> parents;
    bool is_pushed = false;
    for (const std::string& directory : level) {
      kept.insert(directory);
      if (directory.empty() || has_subdirectories(root, directory)) continue;
      if (!is_pushed) tidied.pushed = push() && tidied.pushed;
      is_pushed = true;
      if (!remove(root, directory)) continue;
      kept.erase(directory);
      tidied.gone.push_back(directory);
      parents.insert(shred::directory_of(directory));
    }
    level = std::move(parents);
  }
  for (const std::string& directory : kept) {
    const auto opened = open_directory(root, directory);
    if (const auto* const fd = std::get_if<base::Fd>(&opened)) {
      static_cast<void>(root.sys().fsync(fd->get()));
    }
  }
  tidied.kept.assign(kept.begin(), kept.end());
  return tidied;
}

}  // namespace expunge::residue
