#include "residue/ext4_device.h"

#include <endian.h>
#include <ext2fs/ext2_fs.h>
#include <fcntl.h>
#include <linux/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/io.h"
#include "shred/ground.h"

namespace expunge::residue {
namespace {

static_assert(sizeof(ext2_super_block) == kSuperblockBytes);

constexpr const char* kNoDevice = "no block device to read";

std::string open_cause(int error) {
  if (error == EACCES || error == EPERM) return "not permitted to read the block device";
  return error == ENOENT || error == ENXIO || error == ENODEV
             ? kNoDevice
             : "block device: " + base::errno_text(error);
}

/// Opens the node of the device that the root lies on, and makes sure that it is this one: /dev
/// may be another's, in a container.
std::variant<base::Fd, std::string> open_node(const shred::ArchiveRoot& root) {
  base::Sys& sys = root.sys();
  struct statx above {};
  if (sys.statx(root.fd(), "", AT_EMPTY_PATH, STATX_BASIC_STATS, above) != 0) return kNoDevice;
  const auto path = device_node(root);
  if (!path) return kNoDevice;
  const int fd = sys.openat(AT_FDCWD, path->c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
  if (fd < 0) return open_cause(-fd);
  base::Fd node(fd);
  struct statx status {};
  const bool same = sys.statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, status) == 0 &&
                    (status.stx_mode & S_IFMT) == S_IFBLK &&
                    status.stx_rdev_major == above.stx_dev_major &&
                    status.stx_rdev_minor == above.stx_dev_minor;
  if (!same) return kNoDevice;
  return node;
}

}  // namespace

std::optional<std::string> device_node(const shred::ArchiveRoot& root) {
  struct statx status {};
  if (root.sys().statx(root.fd(), "", AT_EMPTY_PATH, STATX_BASIC_STATS, status) != 0) {
    return std::nullopt;
  }
  const auto name =
      shred::block_device_name(root.sys(), status.stx_dev_major, status.stx_dev_minor);
  return name ? std::optional("/dev/" + *name) : std::nullopt;
}

std::optional<Ext4Format> read_superblock(std::span<const std::byte> bytes) {
  EXPUNGE_ASSERT(bytes.size() == kSuperblockBytes);
  ext2_super_block super{};
  std::memcpy(&super, bytes.data(), sizeof super);
  constexpr std::uint32_t kMaxLogBlockSize = 6;  // 64 KiB
  const std::uint32_t log_block_size = le32toh(super.s_log_block_size);
  if (le16toh(super.s_magic) != EXT2_SUPER_MAGIC || log_block_size > kMaxLogBlockSize) {
    return std::nullopt;
  }
  Ext4Format format;
  format.block_bytes = std::uint32_t{EXT2_MIN_BLOCK_SIZE} << log_block_size;
  std::transform(std::begin(super.s_hash_seed), std::end(super.s_hash_seed),
                 format.hash_seed.begin(), [](std::uint32_t part) { return le32toh(part); });
  format.unsigned_hash = (le32toh(super.s_flags) & EXT2_FLAGS_UNSIGNED_HASH) != 0;
  format.checksums =
      (le32toh(super.s_feature_ro_compat) & EXT4_FEATURE_RO_COMPAT_METADATA_CSUM) != 0;
  return format;
}

Ext4Device::Ext4Device(base::Sys& sys, base::Fd fd, const Ext4Format& format)
    : sys_(&sys), fd_(std::move(fd)), format_(format) {}

std::variant<Ext4Device, std::string> Ext4Device::open(const shred::ArchiveRoot& root) {
  const shred::Ground& ground = root.ground();
  // A driver of its own may serve ext2, which keeps directories elsewhere and splits none.
  if (ground.family != shred::Family::ext4 || ground.filesystem == "ext2") return "no means";
  auto opened = open_node(root);
  if (auto* const cause = std::get_if<std::string>(&opened)) return std::move(*cause);
  base::Fd& node = std::get<base::Fd>(opened);
  std::array<std::byte, kSuperblockBytes> bytes{};
  constexpr std::uint64_t kSuperblockOffsetBytes = 1024;
  const int error = base::pread_exactly(root.sys(), node.get(), bytes, kSuperblockOffsetBytes);
  if (error != 0) return "block device: " + base::errno_text(error);
  const auto format = read_superblock(bytes);
  if (!format) return "no ext4 on the block device";
  return Ext4Device(root.sys(), std::move(node), *format);
}

int Ext4Device::read(std::uint64_t offset_bytes, std::span<std::byte> out) const {
  return base::pread_exactly(*sys_, fd_.get(), out, offset_bytes);
}

}  // namespace expunge::residue
