// The small parsers: numbers, hexadecimal, base64, UTF-8, subjects, paths. The first byte chooses.

#include <algorithm>
#include <string>
#include <vector>

#include "archive/types.h"
#include "audit/base64.h"
#include "base/error.h"
#include "base/text.h"
#include "fuzz/support/input.h"
#include "shred/target.h"

using namespace expunge;

namespace {

/// RFC 3629 by its table, the slow way.
bool is_utf8_slowly(std::string_view text) {
  const auto in = [&](std::size_t at, unsigned low, unsigned high) {
    return at < text.size() && static_cast<unsigned char>(text[at]) >= low &&
           static_cast<unsigned char>(text[at]) <= high;
  };
  std::size_t at = 0;
  while (at < text.size()) {
    const auto tail = [&](std::size_t i) { return in(at + i, 0x80, 0xbf); };
    if (in(at, 0, 0x7f)) {
      at += 1;
    } else if (in(at, 0xc2, 0xdf) && tail(1)) {
      at += 2;
    } else if (((in(at, 0xe0, 0xe0) && in(at + 1, 0xa0, 0xbf)) || (in(at, 0xe1, 0xec) && tail(1)) ||
                (in(at, 0xed, 0xed) && in(at + 1, 0x80, 0x9f)) ||
                (in(at, 0xee, 0xef) && tail(1))) &&
               tail(2)) {
      at += 3;
    } else if (((in(at, 0xf0, 0xf0) && in(at + 1, 0x90, 0xbf)) || (in(at, 0xf1, 0xf3) && tail(1)) ||
                (in(at, 0xf4, 0xf4) && in(at + 1, 0x80, 0x8f))) &&
               tail(2) && tail(3)) {
      at += 4;
    } else {
      return false;
    }
  }
  return true;
}

void check_text(std::string_view text) {
  EXPUNGE_ASSERT(base::is_utf8(text) == is_utf8_slowly(text));
  const std::string safe = base::printable(text);
  EXPUNGE_ASSERT(is_utf8_slowly(safe));
  EXPUNGE_ASSERT(std::none_of(safe.begin(), safe.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '\x7f';
  }));
  // What was made safe has nothing left to be made safe but its backslashes.
  std::string doubled;
  for (const char c : safe) doubled += c == '\\' ? std::string("\\\\") : std::string(1, c);
  EXPUNGE_ASSERT(base::printable(safe) == doubled);
  const std::string_view trimmed = base::trim(text);
  EXPUNGE_ASSERT(base::trim(trimmed) == trimmed && text.find(trimmed) != std::string_view::npos);
}

void check_number(std::string_view text) {
  const auto number = base::parse_number(text);
  if (number) EXPUNGE_ASSERT(std::to_string(*number) == text);
  const bool canonical = !text.empty() && text.size() < 20 &&
                         (text == "0" || text.front() != '0') &&
                         text.find_first_not_of("0123456789") == std::string_view::npos;
  EXPUNGE_ASSERT(number || !canonical);
  if (!number) return;
  std::string grouped = base::grouped(*number);
  EXPUNGE_ASSERT(std::count(grouped.begin(), grouped.end(), ',') ==
                 static_cast<std::ptrdiff_t>((text.size() - 1) / 3));
  std::erase(grouped, ',');
  EXPUNGE_ASSERT(grouped == text);
  EXPUNGE_ASSERT(!base::human_bytes(*number).empty());
}

void check_bytes(std::string_view text) {
  const auto* const begin = reinterpret_cast<const std::uint8_t*>(text.data());
  const std::vector<std::uint8_t> bytes(begin, begin + text.size());
  EXPUNGE_ASSERT(base::from_hex(base::to_hex(bytes)) == bytes);
  EXPUNGE_ASSERT(audit::from_base64(audit::to_base64(bytes)) == bytes);
  if (const auto read = base::from_hex(text)) EXPUNGE_ASSERT(base::to_hex(*read) == text);
  if (const auto read = audit::from_base64(text)) EXPUNGE_ASSERT(audit::to_base64(*read) == text);
}

/// A hold finds a subject however it is written, so its key must be a key itself.
void check_subject(std::string_view subject, std::string_view id) {
  const std::string key = archive::subject_key(subject);
  if (!base::is_utf8(subject)) return;  // no import takes it
  EXPUNGE_ASSERT(key.size() <= subject.size());
  EXPUNGE_ASSERT(key.find_first_of(" ()-+.ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos);
  const std::string spaced = " " + std::string(subject) + " ";
  EXPUNGE_ASSERT(archive::subject_key(spaced) == key);
  const bool ascii = std::all_of(id.begin(), id.end(), [](char c) { return c >= 0; });
  const auto first = key.find_first_not_of('0');
  if (ascii && first != std::string::npos && key.size() - first >= 5) {
    EXPUNGE_ASSERT(archive::contains_subject(std::string(id) + key, key));
  }
}

void check_path(std::string_view path) {
  if (!shred::stays_within_root(path)) return;
  EXPUNGE_ASSERT(!path.empty() && path.size() <= 4095 && path.front() != '/');
  const std::string framed = "/" + std::string(path) + "/";
  for (const char* bad : {"//", "/./", "/../"}) {
    EXPUNGE_ASSERT(framed.find(bad) == std::string::npos);
  }
  EXPUNGE_ASSERT(framed.find('\0') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  switch (input.byte()) {
    case 'b':
      check_bytes(input.rest());
      break;
    case 'n':
      check_number(input.rest());
      break;
    case 'p':
      check_path(input.rest());
      break;
    case 's': {
      const std::string_view subject = input.text_until("\n");
      check_subject(subject, input.rest());
      break;
    }
    default:
      check_text(input.rest());
  }
  return 0;
}
