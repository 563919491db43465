#include "residue/xfs_attributes.h"

#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "residue/xfs_filler.h"
#include "residue/xfs_shape.h"
#include "shred/attributes.h"

namespace expunge::residue {
namespace {

std::vector<std::byte> noise(std::size_t bytes) {
  std::vector<std::byte> value(bytes);
  base::fill_random(value);
  return value;
}

/// `user.` or `trusted.`; empty for what its writer does not choose freely.
std::string space_of(const std::string& name) {
  for (const char* space : {"user.", "trusted."}) {
    if (name.starts_with(space)) return space;
  }
  return "";
}

/// Puts noise in the place that the removed attribute `name` had.
void put_noise(base::Sys& sys, int fd, const std::string& name, std::size_t value_bytes) {
  const std::string space = space_of(name);
  const std::vector<std::byte> value = noise(value_bytes);
  constexpr int kTries = 20;  // short names meet their neighbours
  for (int i = 0; i < kTries; ++i) {
    const std::string other = space + random_name(name.size() - space.size());
    if (sys.fsetxattr(fd, other.c_str(), value.data(), value.size(), XATTR_CREATE) != -EEXIST)
      return;
  }
}

}  // namespace

MaskedAttributes mask_attributes(base::Sys& sys, int fd) {
  const std::vector<std::string> names = shred::attribute_names(sys, fd);
  MaskedAttributes masked;
  masked.any = !names.empty();
  const auto geometry = xfs_geometry(sys, fd);
  if (std::all_of(names.begin(), names.end(), [](const auto& n) { return space_of(n).empty(); }) ||
      !geometry) {
    return masked;
  }
  // Whichever is removed, the attributes stay where they are while there is this one: the last
  // removed would give up their room in the inode, and few enough return there from a block, which
  // is freed as it is.
  const std::size_t block_bytes = geometry->block_bytes;
  const auto stay =
      noise(attributes_in_inode(sys, fd) ? 1 : std::min<std::size_t>(1000, block_bytes / 4));
  static_cast<void>(sys.fsetxattr(fd, "user.~x", stay.data(), stay.size(), 0));
  for (const std::string& name : names) {
    if (space_of(name).empty() || name == "user.~x") continue;
    const ssize_t bytes = sys.fgetxattr(fd, name.c_str(), nullptr, 0);
    if (bytes < 0) continue;
    const auto value_bytes = static_cast<std::size_t>(bytes);
    // xfs_attr_leaf_entsize_local_max(): what is larger lies in blocks of its own.
    masked.large = masked.large || name.size() + value_bytes > block_bytes / 4 * 3 - 8;
    if (sys.fremovexattr(fd, name.c_str()) == 0) put_noise(sys, fd, name, value_bytes);
  }
  return masked;
}

}  // namespace expunge::residue
