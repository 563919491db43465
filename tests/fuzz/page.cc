// Zeroing the gaps of b-tree pages must never change a cell that is alive. The input is a list of
// changes to a page that SQLite itself wrote, or a page as it is; cells are measured here in a way
// of their own, from the file format's description (sqlite.org/fileformat2.html, §1.6).

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "archive/page.h"
#include "base/error.h"
#include "fuzz/support/input.h"

using namespace expunge;

namespace {

using Page = std::vector<std::uint8_t>;

struct Varint {
  std::uint64_t value = 0;
  std::size_t bytes = 0;
};

std::optional<Varint> varint_at(const Page& page, std::size_t at, std::size_t usable) {
  Varint varint;
  for (; varint.bytes < 9; ++varint.bytes) {
    if (at + varint.bytes >= usable) return std::nullopt;
    const std::uint8_t byte = page[at + varint.bytes];
    if (varint.bytes == 8) {
      varint.value = varint.value << 8 | byte;
      ++varint.bytes;
      break;
    }
    varint.value = varint.value << 7 | (byte & 0x7fU);
    if ((byte & 0x80U) == 0) {
      ++varint.bytes;
      break;
    }
  }
  return varint;
}

/// How many bytes a cell has in the page; nullopt when it does not end within it.
std::optional<std::size_t> cell_bytes(const Page& page, std::size_t at, std::size_t usable) {
  const unsigned type =
      page[0] == 2 || page[0] == 5 || page[0] == 10 || page[0] == 13 ? page[0] : 0;
  const std::size_t begin = at;
  if (type == 2 || type == 5) at += 4;
  const auto first = varint_at(page, at, usable);
  if (!first) return std::nullopt;
  at += first->bytes;
  if (type != 5) {
    if (type == 13) {
      const auto rowid = varint_at(page, at, usable);
      if (!rowid) return std::nullopt;
      at += rowid->bytes;
    }
    const std::uint64_t payload = first->value;
    const std::uint64_t most = type == 13 ? usable - 35 : (usable - 12) * 64 / 255 - 23;
    const std::uint64_t least = (usable - 12) * 32 / 255 - 23;
    if (payload <= most) {
      at += payload;
    } else {
      const std::uint64_t local = least + (payload - least) % (usable - 4);
      at += (local <= most ? local : least) + 4;
    }
  }
  const std::size_t bytes = std::max<std::size_t>(4, at - begin);
  if (begin + bytes > usable) return std::nullopt;
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t header = (input.byte() & 1U) == 0 ? 0 : 100;
  const std::size_t reserved = input.byte() % 64;
  const std::string_view bytes = input.rest();
  if (bytes.size() < 512) return 0;
  Page page(bytes.begin(), bytes.end());
  page.resize(std::min<std::size_t>(65536, page.size()));
  const Page before = page;
  archive::clear_unused(page, header, reserved);
  if (page == before) return 0;
  EXPUNGE_ASSERT(page.size() == before.size());

  // It took the page for one: header and pointers stand, and so does every cell.
  const std::size_t usable = page.size() - reserved;
  const Page inner(before.begin() + static_cast<std::ptrdiff_t>(header), before.end());
  const bool interior = inner[0] == 2 || inner[0] == 5;
  const std::size_t pointers = header + (interior ? 12 : 8);
  const std::size_t count = static_cast<std::size_t>(inner[3] << 8 | inner[4]);
  const auto check_same = [&](std::size_t from, std::size_t to) {
    EXPUNGE_ASSERT(std::equal(page.begin() + static_cast<std::ptrdiff_t>(from),
                              page.begin() + static_cast<std::ptrdiff_t>(to),
                              before.begin() + static_cast<std::ptrdiff_t>(from)));
  };
  check_same(0, pointers + 2 * count);
  check_same(usable, page.size());
  // Cells lie at offsets from the page's beginning; their type is in the header.
  Page typed = before;
  typed[0] = inner[0];
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = pointers + 2 * i;
    const auto cell = static_cast<std::size_t>(before[at] << 8 | before[at + 1]);
    const auto length = cell_bytes(typed, cell, usable);
    EXPUNGE_ASSERT(length.has_value());
    check_same(cell, cell + *length);
  }
  // Once is enough.
  Page twice = page;
  archive::clear_unused(twice, header, reserved);
  EXPUNGE_ASSERT(twice == page);
  return 0;
}
