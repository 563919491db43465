#include "fuzz/support/memory_sys.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace expunge::fuzz {

const std::string* MemorySys::find(const std::string& path) const {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

int MemorySys::file_of(std::string_view content) {
  const int fd = ::memfd_create("fuzz", MFD_CLOEXEC);
  if (fd < 0) return -errno;
  const bool written =
      ::write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size());
  if (written && ::fchmod(fd, 0600) == 0) return fd;
  ::close(fd);
  return -EIO;
}

int MemorySys::openat(int, const char* path, int, mode_t) {
  const std::string* const content = find(path);
  return content == nullptr ? -ENOENT : file_of(*content);
}

int MemorySys::openat2(int, const char*, const open_how&) {
  return -ENOENT;
}

ssize_t MemorySys::pwrite(int, const void*, std::size_t, off_t) {
  return -EROFS;
}

int MemorySys::ftruncate(int, off_t) {
  return -EROFS;
}

int MemorySys::mkdirat(int, const char*, mode_t) {
  return -EROFS;
}

int MemorySys::renameat2(int, const char*, int, const char*, unsigned) {
  return -EROFS;
}

int MemorySys::linkat(int, const char*, int, const char*, int) {
  return -EROFS;
}

int MemorySys::unlinkat(int, const char*, int) {
  return -EROFS;
}

}  // namespace expunge::fuzz
