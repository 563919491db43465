#include <algorithm>
#include <array>
#include <cstddef>

#include "shred/medium.h"

namespace expunge::shred {
namespace {

using Kind = Medium::Kind;

constexpr std::size_t kMaxBytes = 64;

std::string term(const Medium::Layer& layer) {
  switch (layer.kind) {
    case Kind::rotational:
      return "rotational";
    case Kind::solid_state:
      return "ssd";
    case Kind::virtual_disk:
      return "virtual";
    case Kind::network:
      return "network";
    case Kind::memory:
      return "memory";
    case Kind::crypt:
      return "dm-crypt";
    case Kind::logical_volume:
      return "lvm";
    case Kind::thin_volume:
      return "lvm thin";
    case Kind::snapshot_origin:
      return "snapshot origin";
    case Kind::snapshot:
      return "snapshot";
    case Kind::multipath:
      return "multipath";
    case Kind::raid:
      return layer.detail.empty() ? "md" : "md " + layer.detail;
    case Kind::loop:
      return layer.detail.empty() ? "loop" : "loop on " + layer.detail;
    case Kind::cache:
      return "cache";
    case Kind::volume:
      return "zvol";
    case Kind::mapped:
      return "dm";
    case Kind::zoned:
      return "zoned";
    case Kind::unknown:
      break;
  }
  return "unknown";
}

}  // namespace

std::string medium_text(const Medium& medium, bool discard_mounted) {
  // Room for what says that terms were left out.
  constexpr std::string_view kMore = ", more";
  constexpr std::string_view kDiscard = " discard";
  std::string text;
  for (const Medium::Layer& layer : medium.layers) {
    const std::string next = (text.empty() ? "" : ", ") + term(layer);
    if (text.size() + next.size() + kMore.size() + kDiscard.size() > kMaxBytes) {
      text += kMore;
      break;
    }
    text += next;
  }
  if (text.empty()) text = "unknown";
  if (medium.discards && discard_mounted) text += kDiscard;
  return text;
}

std::string_view known_filesystem(std::string_view name) {
  constexpr std::array<std::string_view, 24> kUsual = {
      "ext4", "ext3", "ext2",   "xfs",  "btrfs", "zfs",  "bcachefs", "overlay",
      "nfs",  "nfs4", "cifs",   "smb3", "fuse",  "9p",   "tmpfs",    "ramfs",
      "f2fs", "ceph", "nilfs2", "vfat", "exfat", "ntfs", "ntfs3",    "jfs"};
  if (name.starts_with("fuse")) return "fuse";
  const auto* const found = std::find(kUsual.begin(), kUsual.end(), name);
  return found == kUsual.end() ? "other" : *found;
}

}  // namespace expunge::shred
