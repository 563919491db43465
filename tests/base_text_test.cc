#include "base/text.h"

#include "support/catch.h"

using namespace expunge::base;

TEST_CASE("Text for a terminal shows control and bidirectional characters as escapes") {
  CHECK(printable("plain caf\u00e9") == "plain caf\u00e9");
  CHECK(printable("a\nb\x1b[2J") == "a\\x0ab\\x1b[2J");
  CHECK(printable("x\u202ey") == "x\\xe2\\x80\\xaey");
  CHECK(printable("\xff") == "\\xff");
  CHECK(printable("back\\slash") == "back\\\\slash");
}

TEST_CASE("UTF-8 is checked as RFC 3629 has it") {
  CHECK(is_utf8("caf\u00e9 \U0001f4de"));
  CHECK_FALSE(is_utf8("\xc0\xaf"));          // overlong
  CHECK_FALSE(is_utf8("\xed\xa0\x80"));      // surrogate
  CHECK_FALSE(is_utf8("\xf4\x90\x80\x80"));  // past U+10FFFF
  CHECK_FALSE(is_utf8("caf\xc3"));           // cut
}

TEST_CASE("Numbers for people are grouped, bytes are in decimal units") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1843244) == "1,843,244");
  CHECK(human_bytes(999) == "999 B");
  CHECK(human_bytes(1843244) == "1.8 MB");
  CHECK(human_bytes(999950) == "1.0 MB");
}

TEST_CASE("A number is read only in the one way that it is written") {
  CHECK(parse_number("0") == 0);
  CHECK(parse_number("18446744073709551615") == UINT64_MAX);
  CHECK_FALSE(parse_number("18446744073709551616"));
  CHECK_FALSE(parse_number("007"));
  CHECK_FALSE(parse_number("+1"));
  CHECK_FALSE(parse_number(""));
}
