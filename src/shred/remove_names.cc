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

/// Up to its last slash, without it; empty for a name in the root.
std::string directory_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return std::string(path.substr(0, slash == std::string_view::npos ? 0 : slash));
}

std::string name_of(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

std::variant<base::Fd, int> open_directory(const ArchiveRoot& root, const std::string& directory) {
  return open_beneath(root, directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY);
}

/// Whether the name still means the file that was opened. Linux has no call that unlinks a
/// descriptor: between this and the unlink another file could be moved here, by somebody with
/// write access to the directory.
MaybeRefusal check_name(base::Sys& sys, int directory, const std::string& name,
                        const Target& target) {
  struct statx status {};
  const int error = sys.statx(directory, name.c_str(), AT_SYMLINK_NOFOLLOW, status_mask(), status);
  if (error == -ENOENT) return Refusal{Reason::missing, "renamed or removed meanwhile"};
  if (error != 0) return refusal(Reason::remove_failed, -error);
  if (identity_of(status) != target.identity) return Refusal{Reason::replaced, ""};
  return std::nullopt;
}

/// Whether the file has no name any more, wherever that was.
bool has_no_name(base::Sys& sys, const Target& target) {
  struct statx status {};
  return sys.statx(target.fd.get(), "", AT_EMPTY_PATH, STATX_NLINK, status) == 0 &&
         status.stx_nlink == 0;
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

MaybeRefusal remove_name(const ArchiveRoot& root, int directory, Target& target,
                         std::uint32_t number, const StreamKey& key) {
  base::Sys& sys = root.sys();
  std::string name = name_of(target.path);
  if (auto refused = check_name(sys, directory, name, target)) {
    return refused;
  }
  if (target.method == Method::unlink) {
    if (auto refused = check_sole_name(sys, target)) return refused;
    if (root.ground().hides_open_files) target.fd.reset();
  }
  for (unsigned step = 0; target.renames_before_unlink && step < kPassingSteps; ++step) {
    const std::string next = passing_path(key, number, step, name);
    // A crash between these leaves noise under a name that the next run derives from the key.
    const int error =
        sys.renameat2(directory, name.c_str(), directory, next.c_str(), RENAME_NOREPLACE);
    if (error == 0) {
      name = next;
    } else if (error != -EEXIST) {  // short names meet their neighbours
      return refusal(Reason::remove_failed, -error);
    }
  }
  if (name != name_of(target.path)) {
    if (auto refused = check_name(sys, directory, name, target)) return refused;
  }
  const int error = sys.unlinkat(directory, name.c_str(), 0);
  if (error != 0) return refusal(Reason::remove_failed, -error);
  return std::nullopt;
}

/// Directories from the deepest up: an order in which children come before their parents.
struct DeepestFirst {
  bool operator()(const std::string& a, const std::string& b) const {
    const auto depth = [](const std::string& path) {
      return path.empty() ? -1 : std::count(path.begin(), path.end(), '/');
    };
    return depth(a) != depth(b) ? depth(a) > depth(b) : a < b;
  }
};

/// A directory in which a name was removed, and the targets whose names hang on its flush.
using Touched = std::map<std::string, std::vector<std::size_t>, DeepestFirst>;

/// Removes `directory` if it is empty. The kernel decides, in one step: one that a recorder has
/// just put a file into stays.
bool remove_if_empty(const ArchiveRoot& root, const std::string& directory) {
  if (directory.empty()) return false;
  const auto parent = open_directory(root, directory_of(directory));
  const auto* const fd = std::get_if<base::Fd>(&parent);
  return fd != nullptr &&
         root.sys().unlinkat(fd->get(), name_of(directory).c_str(), AT_REMOVEDIR) == 0;
}

int sync_directory(const ArchiveRoot& root, const std::string& directory) {
  const auto opened = open_directory(root, directory);
  if (const int* const error = std::get_if<int>(&opened)) return *error;
  return -root.sys().fsync(std::get<base::Fd>(opened).get());
}

/// Removes the directories left empty, upwards, and syncs those that stay, each once.
void tidy(const ArchiveRoot& root, Touched touched, std::vector<MaybeRefusal>& results) {
  while (!touched.empty()) {
    const auto [directory, targets] = *touched.begin();
    touched.erase(touched.begin());
    if (remove_if_empty(root, directory)) {
      auto& above = touched[directory_of(directory)];
      above.insert(above.end(), targets.begin(), targets.end());
      continue;
    }
    const int error = sync_directory(root, directory);
    if (error == 0) continue;
    if (error == ENOENT && !directory.empty()) {
      // Somebody else removed it first: that must be durable where it was.
      auto& above = touched[directory_of(directory)];
      above.insert(above.end(), targets.begin(), targets.end());
      continue;
    }
    for (const std::size_t i : targets) {
      results[i] = Refusal{Reason::remove_failed, "flush: " + base::errno_text(error)};
    }
  }
}

}  // namespace

std::string passing_path(const StreamKey& key, std::uint32_t file_number, unsigned step,
                         std::string_view original_path) {
  EXPUNGE_ASSERT(step < kPassingSteps);
  const std::string directory = directory_of(original_path);
  const std::size_t name_bytes = name_of(original_path).size();
  std::string name;
  for (unsigned part = 0; name.size() < name_bytes; ++part) {
    const std::string text = base::to_hex(key) + " " + std::to_string(file_number) + " " +
                             std::to_string(step) + " " + std::to_string(part);
    name += base::to_hex(base::sha256(text));
  }
  name.resize(name_bytes);
  return directory.empty() ? name : directory + "/" + name;
}

std::vector<std::optional<Refusal>> remove_names(const ArchiveRoot& root,
                                                 std::span<Target* const> targets,
                                                 std::span<const std::uint32_t> numbers,
                                                 const StreamKey& key) {
  EXPUNGE_ASSERT(targets.size() == numbers.size());
  std::map<std::string, std::vector<std::size_t>> by_directory;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    by_directory[directory_of(targets[i]->path)].push_back(i);
  }
  std::vector<MaybeRefusal> results(targets.size());
  Touched touched;
  for (const auto& [directory, members] : by_directory) {
    const auto opened = open_directory(root, directory);
    for (const std::size_t i : members) {
      if (const auto* const fd = std::get_if<base::Fd>(&opened)) {
        results[i] = remove_name(root, fd->get(), *targets[i], numbers[i], key);
      } else {
        results[i] = open_refusal(std::get<int>(opened));
      }
      // Somebody else removed it, or the call did its work before it reported a failure.
      if (results[i] && results[i]->reason != Reason::replaced &&
          has_no_name(root.sys(), *targets[i])) {
        results[i] = std::nullopt;
      }
      if (!results[i]) touched[directory].push_back(i);
    }
  }
  tidy(root, std::move(touched), results);
  return results;
}

std::vector<std::optional<Refusal>> settle_removed(const ArchiveRoot& root,
                                                   std::span<const std::string> paths) {
  std::vector<MaybeRefusal> results(paths.size());
  Touched touched;
  for (std::size_t i = 0; i < paths.size(); ++i) touched[directory_of(paths[i])].push_back(i);
  tidy(root, std::move(touched), results);
  return results;
}

}  // namespace expunge::shred
