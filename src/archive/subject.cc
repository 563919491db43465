#include <algorithm>
#include <string>
#include <string_view>

#include "archive/types.h"

namespace expunge::archive {
namespace {

/// Bytes of the character at `at` when it is one that people paste along with a number and do not
/// see, or see as a space or a dash: U+00A0, U+00AD, U+2000 to U+206F, U+3000, U+FEFF. Else 0.
std::size_t unseen_character(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  for (const std::string_view two : {"\xc2\xa0", "\xc2\xad"}) {
    if (rest.starts_with(two)) return two.size();
  }
  for (const std::string_view three : {"\xe3\x80\x80", "\xef\xbb\xbf"}) {
    if (rest.starts_with(three)) return three.size();
  }
  const bool general_punctuation = rest.size() >= 3 && rest[0] == '\xe2' &&
                                   (rest[1] == '\x80' || (rest[1] == '\x81' && rest[2] <= '\xaf'));
  return general_punctuation ? 3 : 0;
}

/// Letters and digits, lower case; bytes beyond ASCII as they are.
std::string folded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (const std::size_t unseen = unseen_character(text, at); unseen != 0) {
      at += unseen;
      continue;
    }
    if (c >= 'A' && c <= 'Z') {
      out.push_back(static_cast<char>(c - 'A' + 'a'));
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               static_cast<unsigned char>(c) >= 0x80) {
      out.push_back(c);
    }
    ++at;
  }
  return out;
}

bool is_number(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// How many characters of `key` say "the United Kingdom, from abroad".
std::size_t country_code(std::string_view key, bool plus, bool bracketed_zero) {
  if (key.starts_with("0044")) return 4;
  if (!key.starts_with("44")) return 0;
  if (plus || bracketed_zero) return 2;
  // As telephone systems write it, without the plus: 12 digits, or 13 with the zero.
  if (!is_number(key)) return 0;
  return (key.size() == 12 && key[2] != '0') || (key.size() == 13 && key[2] == '0') ? 2 : 0;
}

}  // namespace

std::string subject_key(std::string_view subject) {
  std::string key = folded(subject);
  const auto first = subject.find_first_of("+0123456789");
  const bool plus = first != std::string_view::npos && subject[first] == '+';
  const bool bracketed_zero = subject.find("(0)") != std::string_view::npos;
  if (const std::size_t code = country_code(key, plus, bracketed_zero);
      code != 0 && key.size() > code) {
    // Its last digit, or the zero that follows it, becomes the leading zero.
    key.erase(0, key[code] == '0' ? code : code - 1);
    key[0] = '0';
    return key;
  }
  // Any other country: `00…` and `+…` are one number. Long enough to be one, that is.
  if (key.size() >= 11 && key.starts_with("00") && key[2] != '0' && is_number(key)) {
    key.erase(0, 2);
  }
  return key;
}

bool contains_subject(std::string_view id, std::string_view subject_key) {
  constexpr std::size_t kShortest = 5;
  const auto first = subject_key.find_first_not_of('0');
  if (first == std::string_view::npos) return false;
  const std::string_view number = subject_key.substr(first);
  return number.size() >= kShortest && folded(id).find(number) != std::string::npos;
}

}  // namespace expunge::archive
