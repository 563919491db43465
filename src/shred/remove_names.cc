#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <string>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "shred/beneath.h"
#include "shred/destroy.h"
#include "shred/ground.h"

namespace expunge::shred {
namespace {

using MaybeRefusal = std::optional<Refusal>;

std::string name_of(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

std::variant<base::Fd, int> open_directory(const ArchiveRoot& root, const std::string& directory) {
  return open_beneath(root, directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY);
}

/// Whether the name still means the file that was opened. Linux has no call that unlinks a
/// descriptor: between this and the unlink another file could be moved here, by somebody with
/// write access to the directory. It is the last call before that, and has how many names there
/// were.
MaybeRefusal check_name(base::Sys& sys, int directory, const std::string& name,
                        const Target& target, std::uint32_t& links) {
  struct statx status {};
  const int error = sys.statx(directory, name.c_str(), AT_SYMLINK_NOFOLLOW, status_mask(), status);
  if (error == -ENOENT) return Refusal{Reason::missing, "renamed or removed meanwhile"};
  if (error != 0) return refusal(Reason::remove_failed, -error);
  if (identity_of(status) != target.identity) return Refusal{Reason::replaced, ""};
  links = status.stx_nlink;
  return std::nullopt;
}

/// How many names the file has; nullopt when it cannot be asked.
std::optional<std::uint32_t> links_of(base::Sys& sys, const Target& target) {
  struct statx status {};
  if (sys.statx(target.fd.get(), "", AT_EMPTY_PATH, STATX_NLINK, status) != 0) return std::nullopt;
  return status.stx_nlink;
}

/// Whether the file has no name any more, wherever that was.
bool has_no_name(base::Sys& sys, const Target& target) {
  return links_of(sys, target) == 0U;
}

/// Whether the name that went was the file's, and its only one. Too late to change anything; but
/// nobody else would ever say so.
MaybeRefusal check_removed(base::Sys& sys, const Target& target, std::uint32_t links_before) {
  const auto links = links_of(sys, target);
  if (!links || *links == 0) return std::nullopt;
  if (*links >= links_before) {
    return Refusal{Reason::replaced, "in that moment: what had taken the name is removed"};
  }
  return Refusal{Reason::hard_link, "just now; it holds noise"};
}

/// Whether the content, which nobody overwrote, goes with the name.
MaybeRefusal check_sole_name(base::Sys& sys, const Target& target) {
  if (target.leased && sys.fcntl(target.fd.get(), F_GETLEASE, 0) != F_WRLCK) {
    return Refusal{Reason::open_elsewhere, "just now; it was not removed"};
  }
  struct statx status {};
  const int error = sys.statx(target.fd.get(), "", AT_EMPTY_PATH, STATX_NLINK, status);
  if (error != 0) return refusal(Reason::unreadable, -error);
  if (status.stx_nlink > 1) return Refusal{Reason::hard_link, "just now"};
  return std::nullopt;
}

MaybeRefusal remove_name(const ArchiveRoot& root, int directory, Target& target, Removal& removal) {
  base::Sys& sys = root.sys();
  const std::string name = name_of(target.path);
  std::uint32_t links = 0;
  if (auto refused = check_name(sys, directory, name, target, links)) return refused;
  if (target.method == Method::unlink) {
    if (auto refused = check_sole_name(sys, target)) return refused;
    if (root.ground().hides_open_files) target.fd.reset();
  }
  const int error = sys.unlinkat(directory, name.c_str(), 0);
  if (error != 0) return refusal(Reason::remove_failed, -error);
  removal.unlinked(directory, name.size());
  if (target.method == Method::unlink) return std::nullopt;
  return check_removed(sys, target, links);
}

int sync_directory(const ArchiveRoot& root, const std::string& directory) {
  const auto opened = open_directory(root, directory);
  if (const int* const error = std::get_if<int>(&opened)) return *error;
  const int fd = std::get<base::Fd>(opened).get();
  const int error = root.sys().fsync(fd);
  if (error != 0) return -error;
  // On an XFS that shut down because another thread met the error, fsync of a directory finds
  // nothing left to write and succeeds; this does not.
  struct statx status {};
  return -root.sys().statx(fd, "", AT_EMPTY_PATH, STATX_INO, status);
}

/// Makes durable what is gone from `directory`. Where somebody removed that too, it must be durable
/// where it was.
int sync_upwards(const ArchiveRoot& root, std::string directory) {
  int error = sync_directory(root, directory);
  while (error == ENOENT && !directory.empty()) {
    directory = directory_of(directory);
    error = sync_directory(root, directory);
  }
  return error;
}

/// Indices by the directory of a path.
using ByDirectory = std::map<std::string, std::vector<std::size_t>>;

void sync_all(const ArchiveRoot& root, const ByDirectory& touched,
              std::vector<MaybeRefusal>& results) {
  for (const auto& [directory, members] : touched) {
    const int error = sync_upwards(root, directory);
    if (error == 0) continue;
    for (const std::size_t i : members) {
      results[i] = Refusal{Reason::remove_failed, "flush: " + base::errno_text(error), true};
    }
  }
}

}  // namespace

std::string directory_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return std::string(path.substr(0, slash == std::string_view::npos ? 0 : slash));
}

std::vector<std::optional<Refusal>> remove_names(const ArchiveRoot& root,
                                                 std::span<Target* const> targets,
                                                 Removal& removal) {
  ByDirectory by_directory;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    by_directory[directory_of(targets[i]->path)].push_back(i);
  }
  std::vector<MaybeRefusal> results(targets.size());
  ByDirectory touched;
  for (const auto& [directory, members] : by_directory) {
    const auto opened = open_directory(root, directory);
    const auto* const fd = std::get_if<base::Fd>(&opened);
    if (fd != nullptr) removal.entering(fd->get());
    for (const std::size_t i : members) {
      results[i] = fd != nullptr ? remove_name(root, fd->get(), *targets[i], removal)
                                 : open_refusal(std::get<int>(opened));
      // Somebody else removed it, or the call did its work before it reported a failure.
      if (results[i] && results[i]->reason != Reason::replaced &&
          has_no_name(root.sys(), *targets[i])) {
        results[i] = std::nullopt;
      }
      if (!results[i]) touched[directory].push_back(i);
    }
  }
  sync_all(root, touched, results);
  return results;
}

std::vector<std::optional<Refusal>> settle_removed(const ArchiveRoot& root,
                                                   std::span<const std::string> paths) {
  std::vector<MaybeRefusal> results(paths.size());
  ByDirectory touched;
  for (std::size_t i = 0; i < paths.size(); ++i) touched[directory_of(paths[i])].push_back(i);
  sync_all(root, touched, results);
  return results;
}

}  // namespace expunge::shred
