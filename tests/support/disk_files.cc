#include "support/disk_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace expunge::test {
namespace {

constexpr std::size_t kPage = 4096;

template <typename T>
long word(T* pointer) {
  return reinterpret_cast<long>(pointer);
}

bool is_direct(int fd) {
  return (::fcntl(fd, F_GETFL) & O_DIRECT) != 0;
}

struct Freed {
  void operator()(char* data) const { std::free(data); }
};

std::size_t size_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

/// All of a file, whatever its descriptor is for.
std::string content_of(int fd) {
  int from = fd;
  if ((::fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY) {
    from = ::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY | O_CLOEXEC);
    if (from < 0) throw std::runtime_error("cannot read what was opened for writing");
  }
  const std::size_t room = (size_of(from) / kPage + 1) * kPage;
  const std::unique_ptr<char, Freed> buffer(static_cast<char*>(std::aligned_alloc(kPage, room)));
  const long got = raw_call(SYS_pread64, from, word(buffer.get()), static_cast<long>(room));
  std::string all(buffer.get(), got > 0 ? static_cast<std::size_t>(got) : 0);
  if (from != fd) ::close(from);
  return all;
}

std::optional<std::string> attribute_of(int fd, const char* name) {
  std::string value(65536, '\0');
  const ssize_t bytes = ::fgetxattr(fd, name, value.data(), value.size());
  if (bytes < 0) return std::nullopt;
  value.resize(static_cast<std::size_t>(bytes));
  return value;
}

/// Whether to cut the file to that size would free blocks.
bool has_blocks_beyond(const std::string& path, std::size_t bytes) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw std::runtime_error("no " + path);
  const auto block = static_cast<std::size_t>(status.st_blksize);
  return static_cast<std::size_t>(status.st_blocks) * 512 > (bytes + block - 1) / block * block;
}

}  // namespace

long raw_call(long number, long a, long b, long c, long d, long e) {
  const long result = ::syscall(number, a, b, c, d, e);
  return result == -1 ? -static_cast<long>(errno) : result;
}

std::optional<InodeId> inode_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return std::nullopt;
  return InodeId{status.st_dev, status.st_ino};
}

DiskFiles::File& DiskFiles::file_of(int fd, InodeId id) {
  const auto [found, fresh] = files_.try_emplace(id);
  if (fresh) found->second.durable = content_of(fd);
  return found->second;
}

ssize_t DiskFiles::write(int fd, const void* data, std::size_t bytes, off_t at) {
  File& file = file_of(fd, *inode_of(fd));
  const ssize_t put = raw_call(SYS_pwrite64, fd, word(data), static_cast<long>(bytes), at);
  if (put <= 0) return put;
  Change change;
  change.direct = is_direct(fd);
  change.at = static_cast<std::size_t>(at);
  std::size_t end = change.at + static_cast<std::size_t>(put);
  change.data.assign(static_cast<const char*>(data), static_cast<std::size_t>(put));
  if (change.direct) {
    file.direct = true;
  } else if (!file.lost.empty()) {
    // These pages are dirty again, with all that they hold.
    const std::size_t from = change.at / kPage * kPage;
    const std::size_t to = std::min((end + kPage - 1) / kPage * kPage, size_of(fd));
    std::vector<Range> kept;
    bool met = false;
    for (const Range& range : file.lost) {
      if (range.from >= to || range.to <= from) {
        kept.push_back(range);
        continue;
      }
      met = true;
      if (range.from < from) kept.push_back({range.from, from});
      if (range.to > to) kept.push_back({to, range.to});
    }
    file.lost = std::move(kept);
    if (met) {
      change.at = from;
      change.data = content_of(fd).substr(from, to - from);
      end = to;
    }
  }
  file.touched.push_back({change.at, end});
  file.pending.push_back(std::move(change));
  return put;
}

ssize_t DiskFiles::read(int fd, void* out, std::size_t bytes, off_t at) const {
  const ssize_t got = raw_call(SYS_pread64, fd, word(out), static_cast<long>(bytes), at);
  if (got <= 0) return got;
  const auto id = inode_of(fd);
  const auto found = id ? files_.find(*id) : files_.end();
  if (found == files_.end() || found->second.lost.empty() || !is_direct(fd)) return got;
  const File& file = found->second;
  const auto begin = static_cast<std::size_t>(at);
  const std::size_t end = begin + static_cast<std::size_t>(got);
  for (const Range& range : file.lost) {
    for (std::size_t i = std::max(begin, range.from); i < std::min(end, range.to); ++i) {
      static_cast<char*>(out)[i - begin] = i < file.durable.size() ? file.durable[i] : '\0';
    }
  }
  return got;
}

int DiskFiles::truncate(int fd, off_t length) {
  File& file = file_of(fd, *inode_of(fd));
  const std::size_t before = size_of(fd);
  const int result = static_cast<int>(raw_call(SYS_ftruncate, fd, length));
  if (result != 0) return result;
  const auto to = static_cast<std::size_t>(length);
  for (Range& range : file.lost) range = {std::min(range.from, to), std::min(range.to, to)};
  std::erase_if(file.lost, [](const Range& range) { return range.from >= range.to; });
  if (to < before) {
    file.pending.push_back({to, {}, true, false});
    file.touched.push_back({to, before});
  } else if (to > before) {
    file.pending.push_back({before, std::string(to - before, '\0'), false, false});
    file.touched.push_back({before, to});
  }
  return 0;
}

int DiskFiles::set_attribute(int fd, const char* name, const void* value, std::size_t bytes,
                             int flags) {
  File& file = file_of(fd, *inode_of(fd));
  const auto before = attribute_of(fd, name);
  const int result = static_cast<int>(
      raw_call(SYS_fsetxattr, fd, word(name), word(value), static_cast<long>(bytes), flags));
  if (result == 0) file.metadata.push_back({name, before});
  return result;
}

int DiskFiles::remove_attribute(int fd, const char* name) {
  File& file = file_of(fd, *inode_of(fd));
  const auto before = attribute_of(fd, name);
  const int result = static_cast<int>(raw_call(SYS_fremovexattr, fd, word(name)));
  if (result == 0) file.metadata.push_back({name, before});
  return result;
}

int DiskFiles::change_owner(int fd, uid_t owner, gid_t group) {
  struct stat status {};
  ::fstat(fd, &status);
  const int result = static_cast<int>(raw_call(SYS_fchown, fd, owner, group));
  if (result == 0) {
    file_of(fd, *inode_of(fd))
        .metadata.push_back({"", {}, status.st_uid, status.st_gid, status.st_mode});
  }
  return result;
}

int DiskFiles::change_mode(int fd, mode_t mode) {
  struct stat status {};
  ::fstat(fd, &status);
  const int result = static_cast<int>(raw_call(SYS_fchmod, fd, mode));
  if (result == 0) {
    file_of(fd, *inode_of(fd))
        .metadata.push_back({"", {}, status.st_uid, status.st_gid, status.st_mode});
  }
  return result;
}

void DiskFiles::apply(std::string& image, const Change& change) {
  if (change.cut) {
    if (change.at < image.size()) image.resize(change.at);
    return;
  }
  if (image.size() < change.at + change.data.size()) image.resize(change.at + change.data.size());
  std::copy(change.data.begin(), change.data.end(),
            image.begin() + static_cast<std::ptrdiff_t>(change.at));
}

void DiskFiles::removed(InodeId id) {
  const auto found = files_.find(id);
  if (found == files_.end()) return;
  File file = std::move(found->second);
  files_.erase(found);
  // Its pages go with it; what is in the device's cache may yet be written.
  std::erase_if(file.pending, [](const Change& change) { return !change.direct; });
  freed_.emplace_back(id.device, std::move(file));
}

std::string DiskFiles::freed() const {
  std::string all;
  for (const auto& [device, file] : freed_) all += file.durable;
  return all;
}

void DiskFiles::flush(InodeId id, bool with_metadata) {
  const auto found = files_.find(id);
  if (found == files_.end()) return;
  File& file = found->second;
  for (const Change& change : file.pending) apply(file.durable, change);
  file.pending.clear();
  if (with_metadata) file.metadata.clear();
  // The size that the lost pages gave it goes with the rest, and they are zeros there.
  for (const Range& range : file.lost) {
    if (range.to > file.durable.size()) file.durable.resize(range.to);
  }
}

void DiskFiles::flush_device(dev_t device) {
  for (auto& [id, file] : files_) {
    if (id.device != device) continue;
    for (const Change& change : file.pending) {
      if (change.direct) apply(file.durable, change);
    }
    std::erase_if(file.pending, [](const Change& change) { return change.direct; });
  }
  for (auto& [where, file] : freed_) {
    if (where != device) continue;
    for (const Change& change : file.pending) apply(file.durable, change);
    file.pending.clear();
  }
}

void DiskFiles::drop_direct(dev_t device) {
  for (auto& [id, file] : files_) {
    if (id.device != device) continue;
    std::erase_if(file.pending, [](const Change& change) { return change.direct; });
  }
  for (auto& [where, file] : freed_) {
    if (where == device) file.pending.clear();
  }
}

void DiskFiles::flush_all_buffered(dev_t device) {
  for (auto& [id, file] : files_) {
    if (id.device != device) continue;
    for (const Change& change : file.pending) {
      if (!change.direct) apply(file.durable, change);
    }
    std::erase_if(file.pending, [](const Change& change) { return !change.direct; });
    file.metadata.clear();
  }
}

void DiskFiles::flush_metadata(dev_t device) {
  for (auto& [id, file] : files_) {
    if (id.device == device) file.metadata.clear();
  }
}

void DiskFiles::lose_pages(File& file) {
  for (const Change& change : file.pending) {
    if (change.direct) continue;  // the device has dropped it: read from its cache, never durable
    if (change.cut) {
      apply(file.durable, change);  // no page of it is left to be lost
    } else {
      file.lost.push_back({change.at, change.at + change.data.size()});
    }
  }
  file.pending.clear();
}

void DiskFiles::lose(InodeId id) {
  if (const auto found = files_.find(id); found != files_.end()) lose_pages(found->second);
  drop_direct(id.device);
}

void DiskFiles::lose_all(dev_t device) {
  for (auto& [id, file] : files_) {
    if (id.device == device) lose_pages(file);
  }
  drop_direct(device);
}

void DiskFiles::write_back(const std::string& path, const std::string& image,
                           const std::vector<Range>& ranges) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) throw std::runtime_error("cannot put back " + path);
  const std::size_t size = size_of(fd);
  for (const Range& range : ranges) {
    std::string part(std::min(range.to, size) - std::min(range.from, size), '\0');
    if (range.from < image.size()) {
      const std::size_t bytes = std::min(range.to, image.size()) - range.from;
      if (part.size() < bytes) part.resize(bytes);
      std::copy_n(image.data() + range.from, bytes, part.data());
    }
    if (raw_call(SYS_pwrite64, fd, word(part.data()), static_cast<long>(part.size()),
                 static_cast<long>(range.from)) != static_cast<long>(part.size())) {
      throw std::runtime_error("cannot put back into " + path);
    }
  }
  // Also where the size is as it should be, this would free what is preallocated beyond.
  if (image.size() != size_of(fd) && raw_call(SYS_ftruncate, fd, static_cast<long>(image.size()))) {
    throw std::runtime_error("cannot put back the size of " + path);
  }
  ::close(fd);
}

void DiskFiles::undo(const Attribute& attribute, const std::string& path) {
  if (!attribute.name.empty()) {
    if (attribute.before) {
      ::setxattr(path.c_str(), attribute.name.c_str(), attribute.before->data(),
                 attribute.before->size(), 0);
    } else {
      ::removexattr(path.c_str(), attribute.name.c_str());
    }
    return;
  }
  if (::chown(path.c_str(), attribute.owner, attribute.group) != 0 ||
      ::chmod(path.c_str(), attribute.mode & 07777U) != 0) {
    throw std::runtime_error("cannot put back the owner of " + path);
  }
}

void DiskFiles::cut(const std::map<InodeId, std::string>& paths,
                    const std::function<Chosen(dev_t)>& chosen) {
  for (auto& [id, file] : files_) {
    const auto path = paths.find(id);
    if (path == paths.end()) continue;  // its last name is gone
    const Chosen part = chosen(id.device);
    std::string image = file.durable;
    for (const Change& change : file.pending) {
      if (part.part == Chosen::Part::all || (part.part == Chosen::Part::some && part.coin())) {
        apply(image, change);
      }
    }
    // What was written past the page cache into blocks that were preallocated beyond the end has
    // reached the disk before the new size did; it stays, or else these blocks would go.
    const bool stays = file.direct && has_blocks_beyond(path->second, image.size());
    if (!file.touched.empty() && !stays) write_back(path->second, image, file.touched);
    if (part.part == Chosen::Part::all || (part.part == Chosen::Part::some && part.coin())) {
      continue;
    }
    for (auto each = file.metadata.rbegin(); each != file.metadata.rend(); ++each) {
      undo(*each, path->second);
    }
  }
  files_.clear();
  for (auto& [device, file] : freed_) file.pending.clear();
}

void DiskFiles::evict(const std::map<InodeId, std::string>& paths) {
  for (auto& [id, file] : files_) {
    const auto path = paths.find(id);
    if (path == paths.end() || file.lost.empty()) continue;
    std::string image = file.durable;
    for (const Change& change : file.pending) apply(image, change);
    // The size is the inode's, which stays.
    for (const Range& range : file.lost) image.resize(std::max(image.size(), range.to));
    write_back(path->second, image, file.lost);
    file.lost.clear();
  }
}

void DiskFiles::settle() {
  for (auto& [id, file] : files_) flush(id, true);
}

}  // namespace expunge::test
