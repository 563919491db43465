#include "archive/page.h"

#include <algorithm>
#include <vector>

namespace expunge::archive {
namespace {

constexpr std::size_t kSmallestUsable = 480;  // file format §1.3.4
constexpr std::size_t kFreeblockHeader = 4;

// Types of b-tree pages.
constexpr std::uint8_t kIndexInterior = 2;
constexpr std::uint8_t kTableInterior = 5;
constexpr std::uint8_t kIndexLeaf = 10;
constexpr std::uint8_t kTableLeaf = 13;

std::size_t number16(std::span<const std::uint8_t> page, std::size_t at) {
  return static_cast<std::size_t>(page[at] << 8 | page[at + 1]);
}

/// What a cell takes up, up to `end`.
struct Cell {
  std::size_t begin, end;
};

/// Where things lie in a page; all of it checked.
struct Layout {
  std::size_t pointers_end = 0;
  std::size_t content = 0;
  std::size_t first_freeblock = 0;
};

/// Steps over a variable-length integer; 0 when it does not end before `usable`.
std::uint64_t take_varint(std::span<const std::uint8_t> page, std::size_t usable, std::size_t& at) {
  constexpr std::size_t kLongest = 9;  // whose last byte has eight bits
  std::uint64_t value = 0;
  for (std::size_t i = 1; i <= kLongest && at < usable; ++i) {
    const std::uint8_t byte = page[at++];
    if (i == kLongest) return value << 8 | byte;
    value = value << 7 | (byte & 0x7fU);
    if (byte < 0x80) return value;
  }
  at = usable + 1;
  return 0;
}

/// Bytes of a payload that stay in the page, with the number of the first overflow page, if any.
std::size_t local_bytes(std::uint64_t payload, std::uint8_t type, std::size_t usable) {
  const std::size_t most = type == kTableLeaf ? usable - 35 : (usable - 12) * 64 / 255 - 23;
  if (payload <= most) return static_cast<std::size_t>(payload);
  const std::size_t least = (usable - 12) * 32 / 255 - 23;
  const std::size_t local = least + static_cast<std::size_t>((payload - least) % (usable - 4));
  return (local <= most ? local : least) + 4;
}

/// The cell at `begin` of a page of that type; its end lies beyond `usable` when it makes no sense.
Cell cell_at(std::span<const std::uint8_t> page, std::size_t begin, std::uint8_t type,
             std::size_t usable) {
  constexpr std::size_t kSmallest = 4;
  std::size_t at = begin;
  if (type == kTableInterior || type == kIndexInterior) at += 4;
  const std::uint64_t first = take_varint(page, usable, at);
  if (type == kTableLeaf) take_varint(page, usable, at);
  if (type != kTableInterior && at <= usable) at += local_bytes(first, type, usable);
  return {begin, std::max(at, begin + kSmallest)};
}

/// Whether all cells lie where cells may, and none of them in a freeblock.
bool cells_make_sense(std::span<const std::uint8_t> page, std::size_t header, std::size_t pointers,
                      const Layout& layout, std::size_t usable) {
  thread_local std::vector<Cell> cells;
  cells.clear();
  for (std::size_t at = pointers; at < layout.pointers_end; at += 2) {
    const std::size_t begin = number16(page, at);
    if (begin < layout.content) return false;
    cells.push_back(cell_at(page, begin, page[header], usable));
    if (cells.back().end > usable) return false;
  }
  if (layout.first_freeblock == 0) return true;
  std::sort(cells.begin(), cells.end(),
            [](const Cell& a, const Cell& b) { return a.begin < b.begin; });
  std::size_t free = layout.first_freeblock;
  for (const Cell& cell : cells) {
    // The chain ascends: what ends before this cell ends before all that follow.
    while (free != 0 && free + number16(page, free + 2) <= cell.begin) free = number16(page, free);
    if (free != 0 && free < cell.end) return false;
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
  const bool interior = type == kIndexInterior || type == kTableInterior;
  if (!interior && type != kIndexLeaf && type != kTableLeaf) return false;
  const std::size_t pointers = header + (interior ? 12 : 8);
  layout.first_freeblock = number16(page, header + 1);
  layout.pointers_end = pointers + 2 * number16(page, header + 3);
  layout.content = number16(page, header + 5);
  if (layout.content == 0) layout.content = 65536;
  if (layout.pointers_end > layout.content || layout.content > usable) return false;
  return freeblocks_make_sense(page, layout, usable) &&
         cells_make_sense(page, header, pointers, layout, usable);
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
