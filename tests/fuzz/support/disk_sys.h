#pragma once

#include <map>
#include <string>
#include <vector>

#include "fuzz/support/memory_sys.h"

namespace expunge::fuzz {

/// An ext4 file system that a hostile hand made, with one directory in it: what the kernel says of
/// the directory, and the bytes of the device. Links and removals are asked for and not done.
class DiskSys final : public MemorySys {
 public:
  struct Piece {
    std::uint64_t logical_bytes = 0, physical_bytes = 0, length_bytes = 0;
  };

  static constexpr const char* kRoot = "/srv/recordings";

  std::string device;         ///< its bytes
  std::vector<Piece> pieces;  ///< of the directory: what FIEMAP says
  unsigned flags = 0;         ///< of the directory: FS_IOC_GETFLAGS
  std::uint64_t size_bytes = 0;
  std::uint64_t filler_inode = 0;  ///< of a file left by an interrupted run; 0: none
  unsigned links_fail = 0;         ///< of every so many linkat() one fails; 0: none
  std::uint64_t links = 0, unlinks = 0;

  /// Serves what the kernel says of the device besides.
  DiskSys();

  int openat(int dirfd, const char* path, int open_flags, mode_t mode) override;
  int openat2(int dirfd, const char* path, const open_how& how) override;
  ssize_t pread(int fd, void* buffer, std::size_t bytes, off_t offset_bytes) override;
  int fsync(int fd) override;
  int statx(int dirfd, const char* path, int statx_flags, unsigned mask,
            struct statx& out) override;
  int fstatfs(int fd, struct statfs& out) override;
  int ioctl(int fd, unsigned long request, void* argument) override;
  int linkat(int old_dirfd, const char* old_path, int new_dirfd, const char* new_path,
             int link_flags) override;
  int unlinkat(int dirfd, const char* path, int unlink_flags) override;

 private:
  enum class What { directory, device, filler, other };
  int opened(What what, std::string_view content = "");

  std::map<int, What> what_;
};

}  // namespace expunge::fuzz
