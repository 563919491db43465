#include "archive/page.h"

#include <algorithm>

namespace expunge::archive {
namespace {

constexpr std::size_t kSmallestUsable = 480;  // file format §1.3.4
constexpr std::size_t kFreeblockHeader = 4;

std::size_t number16(std::span<const std::uint8_t> page, std::size_t at) {
  return static_cast<std::size_t>(page[at] << 8 | page[at + 1]);
}

/// Where things lie in a page; all of it checked.
struct Layout {
  std::size_t pointers_end = 0;
  std::size_t content = 0;
  std::size_t first_freeblock = 0;
};

bool cells_make_sense(std::span<const std::uint8_t> page, std::size_t pointers,
                      const Layout& layout, std::size_t usable) {
  for (std::size_t at = pointers; at < layout.pointers_end; at += 2) {
    const std::size_t cell = number16(page, at);
    if (cell < layout.content || cell + 4 > usable) return false;
  }
  return true;
}

bool freeblocks_make_sense(std::span<const std::uint8_t> page, const Layout& layout,
                           std::size_t usable) {
  std::size_t floor = layout.content;
  for (std::size_t at = layout.first_freeblock; at != 0; at = number16(page, at)) {
    if (at < floor || at + kFreeblockHeader > usable) return false;
    const std::size_t size = number16(page, at + 2);
    if (size < kFreeblockHeader || at + size > usable) return false;
    floor = at + size;  // The chain ascends, so that it ends.
  }
  return true;
}

/// False when `page` is no b-tree page, or a damaged one.
bool read_layout(std::span<const std::uint8_t> page, std::size_t header, std::size_t usable,
                 Layout& layout) {
  if (usable > page.size() || usable < kSmallestUsable) return false;
  const std::uint8_t type = page[header];
  const bool interior = type == 2 || type == 5;
  if (!interior && type != 10 && type != 13) return false;
  const std::size_t pointers = header + (interior ? 12 : 8);
  layout.first_freeblock = number16(page, header + 1);
  layout.pointers_end = pointers + 2 * number16(page, header + 3);
  layout.content = number16(page, header + 5);
  if (layout.content == 0) layout.content = 65536;
  if (layout.pointers_end > layout.content || layout.content > usable) return false;
  return cells_make_sense(page, pointers, layout, usable) &&
         freeblocks_make_sense(page, layout, usable);
}

}  // namespace

void clear_unused(std::span<std::uint8_t> page, std::size_t header_bytes,
                  std::size_t reserved_bytes) {
  Layout layout;
  if (reserved_bytes > page.size() ||
      !read_layout(page, header_bytes, page.size() - reserved_bytes, layout)) {
    return;
  }
  const auto zero = [&](std::size_t from, std::size_t to) {
    std::fill(page.begin() + static_cast<std::ptrdiff_t>(from),
              page.begin() + static_cast<std::ptrdiff_t>(to), std::uint8_t{0});
  };
  zero(layout.pointers_end, layout.content);
  for (std::size_t at = layout.first_freeblock; at != 0; at = number16(page, at)) {
    zero(at + kFreeblockHeader, at + number16(page, at + 2));
  }
}

}  // namespace expunge::archive
