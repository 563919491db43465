#include "support/disk_names.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <stdexcept>

namespace expunge::test {
namespace {

long word(const char* text) {
  return reinterpret_cast<long>(text);
}

std::optional<struct stat> look(int dirfd, const std::string& name) {
  struct stat status {};
  if (::fstatat(dirfd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  return status;
}

InodeId id_of(const struct stat& status) {
  return {status.st_dev, status.st_ino};
}

int move(int from, const std::string& old_name, int to, const std::string& name) {
  return static_cast<int>(
      raw_call(SYS_renameat2, from, word(old_name.c_str()), to, word(name.c_str()), 0));
}

void move_or_throw(int from, const std::string& old_name, int to, const std::string& name) {
  if (move(from, old_name, to, name) != 0) {
    throw std::runtime_error("cannot put back the name " + name);
  }
}

}  // namespace

Place place_of(int dirfd, const char* path) {
  const std::string all = path;
  const auto slash = all.rfind('/');
  const std::string parent = slash == std::string::npos ? "."
                             : slash == 0               ? "/"
                                                        : all.substr(0, slash);
  const long fd =
      raw_call(SYS_openat, dirfd, word(parent.c_str()), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return {fd < 0 ? base::Fd() : base::Fd(static_cast<int>(fd)), all.substr(slash + 1)};
}

DiskNames::DiskNames(const std::vector<std::string>& graveyards, std::function<void(InodeId)> gone)
    : gone_(std::move(gone)) {
  for (const std::string& graveyard : graveyards) {
    std::filesystem::create_directories(graveyard);
    struct stat status {};
    if (::stat(graveyard.c_str(), &status) != 0) throw std::runtime_error("no " + graveyard);
    graveyards_[status.st_dev] = graveyard;
  }
}

DiskNames::Directory& DiskNames::directory_of(int fd) {
  const InodeId id = *inode_of(fd);
  const auto [found, fresh] = directories_.try_emplace(id);
  if (fresh) found->second.fd = base::Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  return found->second;
}

std::string DiskNames::bury(int dirfd, const std::string& name, InodeId id) {
  std::string grave = graveyards_.at(id.device) + "/" + std::to_string(order_++);
  const int error = move(dirfd, name, AT_FDCWD, grave);
  if (error != 0) throw std::runtime_error("cannot bury " + name);
  ++buried_[id];
  return grave;
}

int DiskNames::make_directory(int dirfd, const char* path, mode_t mode) {
  const int result = static_cast<int>(raw_call(SYS_mkdirat, dirfd, word(path), mode));
  if (result == 0) created(dirfd, path);
  return result;
}

void DiskNames::created(int dirfd, const char* path) {
  const Place place = place_of(dirfd, path);
  directory_of(place.directory.get())
      .pending.push_back({order_++, Kind::made, place.name, "", "", {}});
}

int DiskNames::rename(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                      unsigned flags) {
  const Place from = place_of(old_dirfd, old_path);
  const Place to = place_of(new_dirfd, new_path);
  const bool same = from.directory && to.directory &&
                    inode_of(from.directory.get()) == inode_of(to.directory.get());
  const bool replaces = flags != RENAME_NOREPLACE;
  if ((flags != 0 && replaces) || !same || !look(from.directory.get(), from.name)) {
    // Nothing that is swept renames so; it is then as if it were on the disk at once.
    return static_cast<int>(raw_call(SYS_renameat2, old_dirfd, word(old_path), new_dirfd,
                                     word(new_path), static_cast<long>(flags)));
  }
  Change change{order_++, Kind::renamed, to.name, from.name, "", {}};
  if (const auto replaced = look(to.directory.get(), to.name)) {
    if (!replaces) return -EEXIST;
    change.buried = id_of(*replaced);
    change.grave = bury(to.directory.get(), to.name, change.buried);
  }
  const int result = move(from.directory.get(), from.name, to.directory.get(), to.name);
  if (result == 0) directory_of(to.directory.get()).pending.push_back(std::move(change));
  return result;
}

int DiskNames::link(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
                    int flags) {
  const int result = static_cast<int>(
      raw_call(SYS_linkat, old_dirfd, word(old_path), new_dirfd, word(new_path), flags));
  if (result != 0) return result;
  const Place place = place_of(new_dirfd, new_path);
  directory_of(place.directory.get())
      .pending.push_back({order_++, Kind::linked, place.name, "", "", {}});
  return 0;
}

int DiskNames::unlink(int dirfd, const char* path, int flags) {
  const Place place = place_of(dirfd, path);
  if (!place.directory) return -ENOENT;
  const auto status = look(place.directory.get(), place.name);
  if (!status) return -ENOENT;
  const bool is_directory = S_ISDIR(status->st_mode);
  if (is_directory != ((flags & AT_REMOVEDIR) != 0)) return is_directory ? -EISDIR : -ENOTDIR;
  if (is_directory) {
    const std::string below =
        "/proc/self/fd/" + std::to_string(place.directory.get()) + "/" + place.name;
    if (!std::filesystem::is_empty(below)) return -ENOTEMPTY;
  }
  Change change{order_++, Kind::removed, place.name, "", "", id_of(*status)};
  change.grave = bury(place.directory.get(), place.name, change.buried);
  directory_of(place.directory.get()).pending.push_back(std::move(change));
  return 0;
}

unsigned DiskNames::removed_names(InodeId file) const {
  const auto found = buried_.find(file);
  return found == buried_.end() ? 0 : found->second;
}

/// It is so for good.
void DiskNames::seal(const Change& change) {
  if (change.grave.empty()) return;
  const auto status = look(AT_FDCWD, change.grave);
  if (!status) throw std::runtime_error("an empty grave " + change.grave);
  if (--buried_[change.buried] == 0) buried_.erase(change.buried);
  const bool is_directory = S_ISDIR(status->st_mode);
  if (is_directory) flush(change.buried);
  raw_call(SYS_unlinkat, AT_FDCWD, word(change.grave.c_str()), is_directory ? AT_REMOVEDIR : 0);
  if (!is_directory && status->st_nlink == 1) gone_(change.buried);
}

void DiskNames::flush(InodeId directory) {
  const auto found = directories_.find(directory);
  if (found == directories_.end()) return;
  const std::vector<Change> changes = std::move(found->second.pending);
  directories_.erase(found);
  for (const Change& change : changes) seal(change);
}

void DiskNames::flush_all(dev_t device) {
  std::vector<InodeId> all;
  for (const auto& [id, directory] : directories_) {
    if (id.device == device) all.push_back(id);
  }
  // Those below before those above: a removed directory's own changes are of no matter then.
  for (const InodeId id : all) flush(id);
}

void DiskNames::undo(const Directory& directory, const Change& change) {
  const int fd = directory.fd.get();
  switch (change.kind) {
    case Kind::made: {
      const auto status = look(fd, change.name);
      if (!status) throw std::runtime_error("what was made is not there: " + change.name);
      const int flags = S_ISDIR(status->st_mode) ? AT_REMOVEDIR : 0;
      if (raw_call(SYS_unlinkat, fd, word(change.name.c_str()), flags) != 0) {
        throw std::runtime_error("cannot undo the making of " + change.name);
      }
      if (flags == 0 && status->st_nlink == 1) gone_(id_of(*status));
      return;
    }
    case Kind::linked:
      raw_call(SYS_unlinkat, fd, word(change.name.c_str()), 0);
      return;
    case Kind::renamed:
      move_or_throw(fd, change.name, fd, change.old_name);
      break;
    case Kind::removed:
      break;
  }
  if (change.grave.empty()) return;
  move_or_throw(AT_FDCWD, change.grave, fd, change.name);
  if (--buried_[change.buried] == 0) buried_.erase(change.buried);
}

std::map<InodeId, std::size_t> DiskNames::choose(const std::function<Chosen(dev_t)>& chosen) const {
  std::map<InodeId, std::size_t> kept;
  for (const auto& [id, directory] : directories_) {
    const Chosen part = chosen(id.device);
    // In one directory what comes later is not there without what came before.
    std::size_t& number = kept[id];
    while (part.part != Chosen::Part::none && number < directory.pending.size() &&
           (part.part == Chosen::Part::all || part.coin())) {
      ++number;
    }
  }
  // A directory that is gone was empty.
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& [id, directory] : directories_) {
      for (std::size_t i = 0; i < kept[id]; ++i) {
        const auto below = directories_.find(directory.pending[i].buried);
        if (below == directories_.end()) continue;
        std::size_t& number = kept[below->first];
        changed = changed || number != below->second.pending.size();
        number = below->second.pending.size();
      }
    }
  }
  return kept;
}

void DiskNames::cut(const std::function<Chosen(dev_t)>& chosen) {
  struct Undone {
    const Directory* directory;
    const Change* change;
  };
  std::vector<Undone> undone;
  std::vector<Change> sealed;
  for (const auto& [id, kept] : choose(chosen)) {
    const Directory& directory = directories_.at(id);
    for (std::size_t i = 0; i < directory.pending.size(); ++i) {
      if (i < kept) {
        sealed.push_back(directory.pending[i]);
      } else {
        undone.push_back({&directory, &directory.pending[i]});
      }
    }
  }
  std::sort(undone.begin(), undone.end(), [](const Undone& one, const Undone& other) {
    return one.change->order > other.change->order;
  });
  for (const Undone& each : undone) undo(*each.directory, *each.change);
  directories_.clear();
  std::sort(sealed.begin(), sealed.end(),
            [](const Change& one, const Change& other) { return one.order < other.order; });
  for (const Change& change : sealed) seal(change);
}

void DiskNames::settle() {
  std::vector<InodeId> all;
  for (const auto& [id, directory] : directories_) all.push_back(id);
  for (const InodeId id : all) flush(id);
}

}  // namespace expunge::test
