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

/// Letters and digits alone, and a number as the national one.
std::string plain_key(std::string_view subject) {
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

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Whether `text` begins with `prefix`, which is in lower case; takes it away.
bool take(std::string_view& text, std::string_view prefix) {
  if (text.size() < prefix.size() || !std::equal(prefix.begin(), prefix.end(), text.begin(),
                                                 [](char a, char b) { return a == lower(b); })) {
    return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

/// Bytes at the beginning that a number may be written with.
std::size_t number_characters(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t unseen = unseen_character(text, at);
    if (unseen == 0 && !is_digit(text[at]) &&
        std::string_view("+-./() ").find(text[at]) == std::string_view::npos) {
      break;
    }
    at += std::max<std::size_t>(unseen, 1);
  }
  return at;
}

std::size_t count_digits(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_digit));
}

/// `ext 12`, `x12`, `#12`, with nothing behind it.
bool is_extension(std::string_view text) {
  constexpr std::size_t kLongest = 6;
  if (!take(text, "extension") && !take(text, "ext") && !take(text, "x") && !take(text, "#")) {
    return false;
  }
  const std::size_t digits = count_digits(text);
  return digits > 0 && digits <= kLongest && text.find_first_not_of("0123456789. :") == text.npos;
}

/// What stands between the last `<` and the `>` behind it, as telephone systems write a caller
/// (`"A. Name" <01462474000>`); else all.
std::string_view within_brackets(std::string_view text) {
  const auto open = text.rfind('<');
  if (open == std::string_view::npos) return text;
  const auto close = text.find('>', open);
  return close == std::string_view::npos ? text : text.substr(open + 1, close - open - 1);
}

struct Address {
  std::string_view rest;  ///< without the scheme
  bool is_uri = false;
  bool is_sip = false;
};

/// `tel:` (RFC 3966), also as people write it (`Tel. 01462 474000`), `sip:` and `sips:` (RFC 3261).
Address without_scheme(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {text};
  std::string_view rest = text.substr(first);
  if (take(rest, "sip:") || take(rest, "sips:")) return {rest, true, true};
  if (take(rest, "tel:") || take(rest, "callto:")) return {rest, true, false};
  std::string_view label = rest;
  if (take(label, "tel") && !label.empty() && number_characters(label) > 0) return {label, true};
  return {text};
}

/// The telephone number in a text that holds more than that number; empty: there is none.
std::string_view dressed_number(std::string_view text) {
  constexpr std::size_t kShortestNumber = 7;
  constexpr std::size_t kShortestInternal = 3;
  const std::string_view inside = within_brackets(text);
  const Address address = without_scheme(inside);
  const std::string_view number = address.rest.substr(0, number_characters(address.rest));
  const std::string_view rest = address.rest.substr(number.size());
  const bool dressed = address.is_uri || inside.size() != text.size();
  if (count_digits(number) < (dressed ? kShortestInternal : kShortestNumber)) return {};
  if (rest.empty()) return dressed ? number : std::string_view();
  if (rest[0] == '@' || rest[0] == ';' || (dressed && rest[0] == '?')) return number;
  if (address.is_sip && rest[0] == ':') return number;  // a password or a port
  // A customer reference may end so too, but does not begin as numbers do.
  const char begin = number[number.find_first_of("+0123456789")];
  return is_extension(rest) && (begin == '0' || begin == '+') ? number : std::string_view();
}

}  // namespace

std::string subject_key(std::string_view subject) {
  if (const std::string_view number = dressed_number(subject); !number.empty()) {
    return plain_key(number);
  }
  // A name in a SIP URI: without what says how to reach it.
  const Address address = without_scheme(within_brackets(subject));
  if (address.is_sip && address.rest.find('@') != std::string_view::npos) {
    return plain_key(address.rest.substr(0, address.rest.find_first_of(";?")));
  }
  return plain_key(subject);
}

std::string renewed_key(std::string_view old_key) {
  constexpr std::size_t kShortestNumber = 7;
  std::string_view rest = old_key;
  if (take(rest, "sips") || take(rest, "sip")) {
    // The key of a URI ran number and host together.
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (digits >= kShortestNumber) return subject_key(rest.substr(0, digits));
  }
  return subject_key(old_key);
}

std::vector<std::string> subject_forms(const std::string& key) {
  std::vector<std::string> forms = {key};
  const std::string_view national = key.starts_with('0') ? std::string_view(key).substr(1) : key;
  // Of nine or ten digits, as Ofcom numbers the United Kingdom.
  const bool is_national = (national.size() == 9 || national.size() == 10) && is_number(national) &&
                           national.front() != '0';
  if (is_national)
    forms.push_back(key.size() == national.size() ? "0" + key : std::string(national));
  return forms;
}

bool contains_subject(std::string_view id, std::string_view subject_key) {
  constexpr std::size_t kShortest = 5;
  std::string folded_id;
  for (std::size_t begin = 0; begin < subject_key.size();) {
    const std::size_t end = std::min(subject_key.find(' ', begin), subject_key.size());
    std::string_view number = subject_key.substr(begin, end - begin);
    begin = end + 1;
    number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
    if (number.size() < kShortest) continue;
    if (folded_id.empty()) folded_id = folded(id);
    if (folded_id.find(number) != std::string::npos) return true;
  }
  return false;
}

}  // namespace expunge::archive
