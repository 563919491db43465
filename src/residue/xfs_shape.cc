#include "residue/xfs_shape.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <xfs/xfs.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string_view>

#include "base/fd.h"

namespace expunge::residue {
namespace {

/// Sectors of the blocks that the names (or the attributes) lie in.
std::optional<std::uint64_t> mapped_sectors(base::Sys& sys, int fd, int flags) {
  std::array<getbmapx, 256> maps{};
  maps[0].bmv_length = -1;
  maps[0].bmv_count = static_cast<std::int32_t>(maps.size());
  maps[0].bmv_iflags = BMV_IF_NO_HOLES | flags;
  std::uint64_t sectors = 0;
  do {
    const int error = -sys.ioctl(fd, XFS_IOC_GETBMAPX, maps.data());
    if (error == ENOENT) return 0;  // no attributes
    if (error != 0) return std::nullopt;
    for (int i = 1; i <= maps[0].bmv_entries; ++i) {
      sectors += static_cast<std::uint64_t>(maps[static_cast<std::size_t>(i)].bmv_length);
    }
    // It has left in maps[0] where to go on.
  } while (maps[0].bmv_entries == maps[0].bmv_count - 1 && maps[0].bmv_length != 0);
  return sectors;
}

}  // namespace

bool names_in_inode(base::Sys& sys, int directory) {
  return all_sectors(sys, directory) == 0 || name_sectors(sys, directory) == 0U;
}

bool attributes_in_inode(base::Sys& sys, int fd) {
  return all_sectors(sys, fd) == 0 || mapped_sectors(sys, fd, BMV_IF_ATTRFORK) == 0U;
}

std::uint32_t extents(base::Sys& sys, int directory) {
  fsxattr status{};
  return sys.ioctl(directory, FS_IOC_FSGETXATTR, &status) == 0 ? status.fsx_nextents : 0;
}

std::uint64_t all_sectors(base::Sys& sys, int fd) {
  struct statx status {};
  return sys.statx(fd, "", AT_EMPTY_PATH, STATX_BLOCKS, status) == 0 ? status.stx_blocks : 0;
}

std::uint64_t size_bytes(base::Sys& sys, int directory) {
  struct statx status {};
  return sys.statx(directory, "", AT_EMPTY_PATH, STATX_SIZE, status) == 0 ? status.stx_size : 0;
}

std::optional<std::uint64_t> name_sectors(base::Sys& sys, int directory) {
  // The kernel stops at the directory's size, which its index, at 32 GiB, is not counted in.
  return mapped_sectors(sys, directory, 0);
}

int walk(base::Sys& sys, int directory,
         const std::function<bool(const char* name, std::uint64_t inode)>& look) {
  struct Close {
    void operator()(DIR* open) const { ::closedir(open); }
  };
  const int fd = sys.openat(directory, ".", O_RDONLY | O_DIRECTORY, 0);
  if (fd < 0) return -fd;
  const std::unique_ptr<DIR, Close> entries(::fdopendir(fd));
  if (entries == nullptr) {
    const base::Fd closes(fd);
    return ENOMEM;
  }
  errno = 0;
  while (const dirent* entry = ::readdir(entries.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && !look(entry->d_name, entry->d_ino)) return 0;
    errno = 0;
  }
  return errno;
}

std::optional<XfsGeometry> xfs_geometry(base::Sys& sys, int fd) {
  xfs_fsop_geom_v1 geometry{};
  if (sys.ioctl(fd, XFS_IOC_FSGEOMETRY_V1, &geometry) != 0) return std::nullopt;
  // xfs_dinode: 176 bytes since version 5 of the format, 100 before.
  const bool v5 = (geometry.flags & XFS_FSOP_GEOM_FLAGS_V5SB) != 0;
  return XfsGeometry{geometry.blocksize, geometry.inodesize - (v5 ? 176 : 100),
                     std::uint64_t{geometry.logblocks} * geometry.blocksize};
}

}  // namespace expunge::residue
