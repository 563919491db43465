#include "archive/page.h"

#include <algorithm>
#include <vector>

#include "support/catch.h"

using expunge::archive::clear_unused;

namespace {

using Page = std::vector<std::uint8_t>;

void put16(Page& page, std::size_t at, unsigned value) {
  page[at] = static_cast<std::uint8_t>(value >> 8);
  page[at + 1] = static_cast<std::uint8_t>(value);
}

/// A table leaf full of 0xAA: cells of 42 bytes at 900 and 22 at 1000, a freeblock of 20 at 950.
Page leaf(std::size_t header = 0) {
  Page page(1024, 0xAA);
  page[header] = 13;
  put16(page, header + 1, 950);
  put16(page, header + 3, 2);
  put16(page, header + 5, 900);
  page[header + 7] = 0;
  put16(page, header + 8, 900);
  put16(page, header + 10, 1000);
  put16(page, 900, 40 << 8 | 1);  // bytes of payload, row number
  put16(page, 1000, 20 << 8 | 1);
  put16(page, 950, 0);
  put16(page, 952, 20);
  return page;
}

std::size_t zeros(const Page& page, std::size_t from, std::size_t to) {
  return static_cast<std::size_t>(std::count(page.begin() + static_cast<std::ptrdiff_t>(from),
                                             page.begin() + static_cast<std::ptrdiff_t>(to), 0));
}

void check_untouched(Page page) {
  const Page before = page;
  clear_unused(page, 0, 0);
  CHECK(page == before);
}

}  // namespace

TEST_CASE("The gap and the freeblocks of a b-tree page are zeroed and its cells are not") {
  for (const std::size_t header : {std::size_t{0}, std::size_t{100}}) {
    Page page = leaf(header);
    const Page before = page;
    clear_unused(page, header, 0);
    CHECK(zeros(page, header + 12, 900) == 900 - header - 12);
    CHECK(zeros(page, 954, 970) == 16);
    const auto same = [&](std::size_t from, std::size_t to) {
      return std::equal(page.begin() + static_cast<std::ptrdiff_t>(from),
                        page.begin() + static_cast<std::ptrdiff_t>(to),
                        before.begin() + static_cast<std::ptrdiff_t>(from));
    };
    CHECK(same(0, header + 12));
    CHECK(same(900, 954));
    CHECK(same(970, 1024));
  }
}

TEST_CASE("A page whose header makes no sense is left as it is") {
  for (const unsigned type : {0U, 1U, 3U, 4U, 6U, 12U, 255U}) {
    Page page = leaf();
    page[0] = static_cast<std::uint8_t>(type);
    check_untouched(page);
  }
  Page page = leaf();
  put16(page, 5, 1025);  // content beyond the page
  check_untouched(page);
  page = leaf();
  put16(page, 5, 0);  // means 65536
  check_untouched(page);
  page = leaf();
  put16(page, 3, 500);  // pointers run into the content
  check_untouched(page);
  page = leaf();
  put16(page, 8, 899);  // a cell before the content
  check_untouched(page);
  page = leaf();
  put16(page, 10, 1022);  // a cell beyond the end
  check_untouched(page);
  page = leaf();
  put16(page, 950, 950);  // a freeblock that follows itself
  check_untouched(page);
  page = leaf();
  put16(page, 950, 940);  // one that goes back
  check_untouched(page);
  page = leaf();
  put16(page, 952, 100);  // one that leaves the page
  check_untouched(page);
  page = leaf();
  put16(page, 1, 890);  // one before the content
  check_untouched(page);
}

TEST_CASE("A page whose cells lie in freeblocks or beyond its end is left as it is") {
  Page page = leaf();
  page[900] = 49;  // one byte too many: into the freeblock
  check_untouched(page);
  page[900] = 48;
  Page cleared = page;
  clear_unused(cleared, 0, 0);
  CHECK(cleared != page);
  page[1000] = 23;  // one byte beyond the page
  check_untouched(page);
  page = leaf();
  put16(page, 10, 960);  // begins in the freeblock
  page[960] = 4;
  check_untouched(page);
  page = leaf();
  std::fill(page.begin() + 1000, page.end(), std::uint8_t{0xff});
  put16(page, 10, 1018);  // a length that has no end
  check_untouched(page);
}

TEST_CASE("Reserved bytes at the end of a page are never part of it") {
  Page page = leaf();
  const Page before = page;
  clear_unused(page, 0, 40);  // the cell at 1000 would lie in them
  CHECK(page == before);
}

TEST_CASE("Content start 0 means 65536") {
  Page page(65536, 0xAA);
  page[0] = 13;
  put16(page, 1, 0);
  put16(page, 3, 0);
  put16(page, 5, 0);
  clear_unused(page, 0, 0);
  CHECK(zeros(page, 8, 65536) == 65528);
}
