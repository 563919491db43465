#include "fuzz/support/disk_sys.h"

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace expunge::fuzz {
namespace {

constexpr const char* kFiller = ".expunge-filler";
constexpr unsigned kMajor = 8;
constexpr unsigned kMinor = 1;

}  // namespace

DiskSys::DiskSys() {
  put("/proc/self/mountinfo", "7 1 8:1 / /srv rw,relatime - ext4 /dev/sda1 rw\n");
  put("/sys/dev/block/8:1/uevent", "DEVNAME=sda1\n");
  put("/sys/dev/block/8:1/dev", "8:1\n");
  put("/proc/fs/ext4/sda1/options", "rw\nbarrier\n");
}

int DiskSys::opened(What what, std::string_view content) {
  const int fd = file_of(content);
  if (fd >= 0) what_[fd] = what;
  return fd;
}

int DiskSys::openat(int, const char* path, int open_flags, mode_t) {
  const std::string_view wanted = path;
  if (wanted == kRoot) return opened(What::directory);
  if (wanted == "/dev/sda1") return opened(What::device);
  if (wanted == kFiller) {
    if ((open_flags & O_CREAT) != 0 && filler_inode == 0) filler_inode = 99;
    return filler_inode == 0 ? -ENOENT : opened(What::filler);
  }
  const std::string* const content = find(path);
  return content == nullptr ? -ENOENT : opened(What::other, *content);
}

int DiskSys::openat2(int, const char* path, const open_how&) {
  return std::string_view(path) == "." ? opened(What::directory) : -ENOENT;
}

ssize_t DiskSys::pread(int fd, void* buffer, std::size_t bytes, off_t offset_bytes) {
  if (what_[fd] != What::device) return Sys::pread(fd, buffer, bytes, offset_bytes);
  const auto offset = static_cast<std::size_t>(offset_bytes);
  if (offset_bytes < 0) return -EINVAL;
  if (offset >= device.size()) return 0;
  const std::size_t some = std::min(bytes, device.size() - offset);
  std::memcpy(buffer, device.data() + offset, some);
  return static_cast<ssize_t>(some);
}

int DiskSys::fsync(int) {
  return 0;
}

int DiskSys::statx(int dirfd, const char* path, int, unsigned, struct statx& out) {
  out = {};
  out.stx_mask = STATX_BASIC_STATS | STATX_MNT_ID;
  out.stx_mnt_id = 7;
  out.stx_dev_major = kMajor;
  out.stx_dev_minor = kMinor;
  out.stx_nlink = 1;
  if (*path != '\0') {
    // An entry of the directory: this must be its name, and no way out of it.
    EXPUNGE_ASSERT(std::strchr(path, '/') == nullptr);
    EXPUNGE_ASSERT(std::strcmp(path, "..") != 0 && std::strcmp(path, ".") != 0);
    out.stx_mode = S_IFREG;
    out.stx_ino = filler_inode;
    return 0;
  }
  switch (what_[dirfd]) {
    case What::directory:
      out.stx_mode = S_IFDIR | 0700;
      out.stx_ino = 2;
      out.stx_size = size_bytes;
      break;
    case What::device:
      out.stx_mode = S_IFBLK | 0600;
      out.stx_rdev_major = kMajor;
      out.stx_rdev_minor = kMinor;
      break;
    case What::filler:
      out.stx_mode = S_IFREG;
      out.stx_uid = ::geteuid();
      out.stx_ino = filler_inode;
      break;
    case What::other:
      out.stx_mode = S_IFREG | 0444;
  }
  return 0;
}

int DiskSys::fstatfs(int, struct statfs& out) {
  out = {};
  out.f_type = EXT4_SUPER_MAGIC;
  out.f_bsize = 1024;
  return 0;
}

int DiskSys::ioctl(int fd, unsigned long request, void* argument) {
  if (what_[fd] != What::directory) return -ENOTTY;
  if (request == FS_IOC_GETFLAGS) {
    *static_cast<int*>(argument) = static_cast<int>(flags);
    return 0;
  }
  if (request != FS_IOC_FIEMAP) return -ENOTTY;
  auto* const header = static_cast<struct fiemap*>(argument);
  auto* const out = static_cast<std::byte*>(argument) + sizeof *header;
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < pieces.size() && count < header->fm_extent_count; ++i) {
    if (pieces[i].logical_bytes < header->fm_start) continue;
    struct fiemap_extent extent {};
    extent.fe_logical = pieces[i].logical_bytes;
    extent.fe_physical = pieces[i].physical_bytes;
    extent.fe_length = pieces[i].length_bytes;
    if (i + 1 == pieces.size()) extent.fe_flags = FIEMAP_EXTENT_LAST;
    std::memcpy(out + count * sizeof extent, &extent, sizeof extent);
    ++count;
  }
  header->fm_mapped_extents = count;
  return 0;
}

int DiskSys::linkat(int, const char*, int, const char* new_path, int) {
  EXPUNGE_ASSERT(std::strchr(new_path, '/') == nullptr && std::strlen(new_path) <= 255);
  ++links;
  return links_fail != 0 && links % links_fail == 0 ? -EEXIST : 0;
}

int DiskSys::unlinkat(int, const char* path, int unlink_flags) {
  EXPUNGE_ASSERT(unlink_flags == 0 && std::strchr(path, '/') == nullptr);
  ++unlinks;
  return 0;
}

}  // namespace expunge::fuzz
