#include "residue/xfs_inode.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "residue/xfs_shape.h"
#include "shred/attributes.h"

namespace expunge::residue {
namespace {

constexpr std::string_view kPrefix = "user.~xp";
constexpr std::string_view kSuffixes = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr int kExtentBytes = 16;
constexpr int kAttributeHeaderBytes = 4;
/// Lengths of name and value, flags, and the four bytes of the name behind `user.`.
constexpr int kAttributeBytes = 3 + 4;
/// With more, adding an attribute may turn the extents into a tree (xfs_attr_shortform_bytesfit),
/// whose root takes so many bytes: parts of them are unused and keep what was in them before.
constexpr std::uint32_t kExtentsBesideAttributes = 12;
constexpr int kTreeRootBytes = 56;

}  // namespace

int XfsInode::cover(int directory) const {
  if (names_in_inode(sys_, directory)) return 0;
  const std::uint32_t count = extents(sys_, directory);
  const int content_bytes = count > kExtentsBesideAttributes
                                ? kTreeRootBytes
                                : kExtentBytes * std::max(static_cast<int>(count), 4);
  int room = static_cast<int>(room_bytes_) - content_bytes - kAttributeHeaderBytes;
  std::size_t part = 0;
  std::array<std::byte, 250> noise;  // more than 255 bytes never lie in an inode
  for (int bytes = room - kAttributeBytes; bytes > 0 && part < kSuffixes.size();) {
    bytes = std::min<int>(bytes, noise.size());
    const auto value = std::span(noise).first(static_cast<std::size_t>(bytes));
    base::fill_random(value);
    const std::string name = std::string(kPrefix) + kSuffixes[part];
    const int error = -sys_.fsetxattr(directory, name.c_str(), value.data(), value.size(), 0);
    if (error != 0 && error != ENOSPC && error != EDQUOT && error != ERANGE) return error;
    if (error == 0 && attributes_in_inode(sys_, directory)) {
      ++part;
      room -= bytes + kAttributeBytes;
      bytes = room - kAttributeBytes;
      continue;
    }
    // Too large, and so put into a block of its own: something shorter.
    if (error == 0) {
      if (const int undo = -sys_.fremovexattr(directory, name.c_str())) return undo;
    }
    bytes -= 8;
  }
  return 0;
}

int XfsInode::cover_with_extents(int directory, XfsFiller& filler) const {
  // Three extents reach from the inode's first byte to where the attribute begins: with so many
  // names, a block for them and two for the index.
  constexpr int kNamesUntilThen = 700;
  if (names_in_inode(sys_, directory)) return 0;
  for (int i = 0; i < kNamesUntilThen && extents(sys_, directory) < 4; ++i) {
    const int error = filler.put(directory, 4);
    if (error == ENOSPC || error == EDQUOT) break;
    if (error != 0) return error;
  }
  return extents(sys_, directory) > kExtentsBesideAttributes ? 0 : cover(directory);
}

bool XfsInode::out_of_reach(int directory) const {
  return !names_in_inode(sys_, directory) && extents(sys_, directory) > kExtentsBesideAttributes;
}

int XfsInode::uncover(int directory) const {
  int refused = 0;
  for (const std::string& name : shred::attribute_names(sys_, directory)) {
    if (name.size() != kPrefix.size() + 1 || !name.starts_with(kPrefix)) continue;
    const int error = -sys_.fremovexattr(directory, name.c_str());
    if (error != 0 && error != ENODATA) refused = error;
  }
  return refused;
}

}  // namespace expunge::residue
