#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "base/fd.h"
#include "shred/target.h"

namespace expunge::residue {

/// What an ext4 superblock says about directories.
struct Ext4Format {
  std::uint32_t block_bytes = 4096;
  std::array<std::uint32_t, 4> hash_seed{};
  bool unsigned_hash = false;  ///< names are hashed as unsigned characters
  bool checksums = false;      ///< metadata_csum: a leaf ends with a checksum
};

inline constexpr std::size_t kSuperblockBytes = 1024;

/// Reads a superblock, of kSuperblockBytes; nullopt when it is none of ext4.
[[nodiscard]] std::optional<Ext4Format> read_superblock(std::span<const std::byte> bytes);

/// Where the node of the device should be that the root lies on; nullopt when it has none.
[[nodiscard]] std::optional<std::string> device_node(const shred::ArchiveRoot& root);

/// The block device below a mounted ext4 file system, opened for reading alone. The page cache of
/// the device is where ext4 keeps its directories' blocks, so a read sees what the kernel sees; a
/// block that is being changed may be seen half changed.
class Ext4Device {
 public:
  /// The device of the root's file system, or why it cannot be read, in words.
  [[nodiscard]] static std::variant<Ext4Device, std::string> open(const shred::ArchiveRoot& root);

  [[nodiscard]] const Ext4Format& format() const { return format_; }

  /// Fills `out` with a block that begins at `offset_bytes` on the device. 0 or an errno value.
  [[nodiscard]] int read(std::uint64_t offset_bytes, std::span<std::byte> out) const;

 private:
  Ext4Device(base::Sys& sys, base::Fd fd, const Ext4Format& format);

  base::Sys* sys_;
  base::Fd fd_;
  Ext4Format format_;
};

}  // namespace expunge::residue
