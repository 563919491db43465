#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace expunge::archive {

/// Zeroes what no row uses in one SQLite b-tree page: the gap between the cell pointers and the
/// cells, and the inside of freeblocks (SQLite file format §1.6). secure_delete leaves copies of
/// moved cells in the gap when a page is split or balanced.
///
/// `header_bytes` is where the page's own header starts: 100 on page 1, else 0. `reserved_bytes` is
/// what the database keeps free at the end of each page. A page that is not a b-tree page, or whose
/// header, cells and freeblock chain do not all make sense, is left as it is: a cell that begins
/// outside of the content area, ends beyond the page or lies in a freeblock.
void clear_unused(std::span<std::uint8_t> page, std::size_t header_bytes,
                  std::size_t reserved_bytes);

}  // namespace expunge::archive
