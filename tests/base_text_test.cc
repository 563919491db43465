#include "base/text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "support/catch.h"

using namespace expunge::base;

TEST_CASE("Text for a terminal shows control and bidirectional characters as escapes") {
  CHECK(printable("plain caf\u00e9") == "plain caf\u00e9");
  CHECK(printable("a\nb\x1b[2J") == "a\\x0ab\\x1b[2J");
  CHECK(printable("x\u202ey") == "x\\xe2\\x80\\xaey");
  CHECK(printable("\xff") == "\\xff");
  CHECK(printable("back\\slash") == "back\\\\slash");
}

TEST_CASE("What a terminal obeys or reorders or nobody sees is an escape wherever it stands") {
  for (const char* unsafe :
       {"\x01",   "\x1b",     "\x7f",         "\u0080", "\u009b",     "\u00ad",
        "\u034f", "\u061c",   "\u115f",       "\u180e", "\u200b",     "\u200c",
        "\u200d", "\u200e",   "\u200f",       "\u2028", "\u2029",     "\u202a",
        "\u202e", "\u2060",   "\u2066",       "\u2069", "\u206f",     "\u3164",
        "\ufe0f", "\ufeff",   "\uffa0",       "\ufffb", "\U000e0001", "\U000e0061",
        "\xc3",   "\xe2\x80", "\xed\xa0\x80", "\n",     "\r",         "\t"}) {
    const std::string text = std::string("a") + unsafe + "b";
    for (const std::string& safe : {printable(text), one_line(text)}) {
      CAPTURE(safe);
      CHECK(safe.starts_with("a\\x"));
      CHECK(safe.ends_with("b"));
      CHECK(std::all_of(safe.begin(), safe.end(), [](char c) { return c >= ' ' && c < 0x7f; }));
      CHECK(one_line(safe) == safe);
    }
  }
  for (const char* plain :
       {"caf\u00e9", "\u0141\u00f3d\u017a", "\u4e2d\u6587", "\U0001f4de", "~ x"}) {
    CHECK(printable(plain) == plain);
    CHECK(one_line(plain) == plain);
  }
  CHECK(one_line("a\\b\n") == "a\\b\\x0a");
  CHECK(printable("abc", 3) == "abc");
  CHECK(printable("ab\ncd", 3) == "ab\\x0a\u2026");
}

TEST_CASE("JSON made safe for a terminal says what it said before") {
  const std::string text = "x\u202e\u200b\u0085\U000e0041 caf\u00e9 \U0001f4de \\ \" \n \x7f";
  const nlohmann::json json = {{"a", text}, {"b", {1, "\u2028"}}};
  const std::string safe = printable_json(json.dump());
  CHECK(nlohmann::json::parse(safe) == json);
  CHECK(one_line(safe) == safe);
  CHECK(safe.find("caf\u00e9 \U0001f4de") != std::string::npos);
  CHECK(safe.find("\\u202e\\u200b\\u0085\\udb40\\udc41") != std::string::npos);
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
