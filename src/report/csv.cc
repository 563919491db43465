#include "report/csv.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace expunge::report {
namespace {

/// By its beginning. The wide forms count too: some spreadsheets read them as the narrow ones.
bool is_formula(std::string_view text) {
  if (text.empty()) return false;
  if (std::string_view("=+-@\t\r\n").find(text.front()) != std::string_view::npos) return true;
  constexpr std::array<std::string_view, 4> kWide = {"\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D",
                                                     "\xEF\xBC\xA0"};
  return std::any_of(kWide.begin(), kWide.end(),
                     [&](std::string_view wide) { return text.starts_with(wide); });
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Most cells: ASCII that needs nothing, whoever it is for.
bool is_plain(std::string_view text) {
  const char first = text.empty() ? 'a' : text.front();
  const bool is_letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
  return (is_letter || is_digit(first)) && std::all_of(text.begin(), text.end(), [](char c) {
           return c >= ' ' && c <= '~' && c != ',' && c != '"';
         });
}

/// Whether a spreadsheet may take it for something else than text. It may be more than any does.
bool is_changed_by_spreadsheets(std::string_view text) {
  std::string lower(text.substr(0, 6));
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (text.size() == lower.size() && (lower == "true" || lower == "false")) return true;
  if (std::none_of(text.begin(), text.end(), is_digit)) return false;
  const char first = text.front();
  if (is_digit(first) || first == '.' || first == ',' || first == ' ' || first == '(' ||
      first == '$' || text.starts_with("£") || text.starts_with("€")) {
    return true;
  }
  constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                        "jul", "aug", "sep", "oct", "nov", "dec"};
  return std::any_of(kMonths.begin(), kMonths.end(),
                     [&](std::string_view month) { return lower.starts_with(month); });
}

/// What is no UTF-8, and NUL, by U+FFFD, as in the JSON.
std::string in_utf8(std::string_view text) {
  if (base::is_utf8(text) && text.find('\0') == std::string_view::npos) return std::string(text);
  std::string out;
  while (!text.empty()) {
    std::size_t length = 1;
    while (length < 4 && length < text.size() && !base::is_utf8(text.substr(0, length))) ++length;
    const bool whole = text.front() != '\0' && base::is_utf8(text.substr(0, length));
    out += whole ? text.substr(0, length) : "\xEF\xBF\xBD";
    text.remove_prefix(whole ? length : 1);
  }
  return out;
}

}  // namespace

std::string_view csv_begin(CsvFor whom) {
  return whom == CsvFor::spreadsheet ? "\xEF\xBB\xBF" : "";
}

std::string csv_cell(std::string_view text, CsvFor whom) {
  if (whom == CsvFor::program && is_plain(text)) return std::string(text);
  std::string safe = in_utf8(text);
  const bool guarded =
      is_formula(safe) || (whom == CsvFor::spreadsheet && is_changed_by_spreadsheets(safe));
  if (guarded) safe.insert(0, 1, '\'');
  if (safe.find_first_of(",\"\r\n") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (const char c : safe) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace expunge::report
