#include "cli/config_lines.h"

#include <algorithm>

#include "base/text.h"

namespace expunge::cli {
namespace {

std::string lower(std::string_view text) {
  std::string low(text);
  for (char& c : low) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return low;
}

std::string_view key_alone(std::string_view key) {
  const auto dot = key.find('.');
  return dot == std::string_view::npos ? key : key.substr(dot + 1);
}

/// Letters to put in, take out or replace (Levenshtein).
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

ConfigLines::ConfigLines(std::string_view text) {
  std::string section;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = base::trim(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    if (line.front() == '[' && line.back() == ']') {
      section = std::string(line.substr(1, line.size() - 2)) + ".";
      continue;
    }
    Line read{number, std::string(line), "", ""};
    if (const auto equals = line.find('='); equals != std::string_view::npos) {
      read.key = section + std::string(base::trim(line.substr(0, equals)));
      read.value = base::trim(line.substr(equals + 1));
    }
    lines_.push_back(std::move(read));
  }
}

std::size_t ConfigLines::line_of(std::string_view key,
                                 std::optional<std::string_view> value) const {
  const auto found = std::find_if(lines_.rbegin(), lines_.rend(), [&](const Line& line) {
    return line.key == key && (!value || line.value == *value);
  });
  return found == lines_.rend() ? 0 : found->number;
}

std::size_t ConfigLines::first_line_of(std::string_view key) const {
  const auto found =
      std::find_if(lines_.begin(), lines_.end(), [&](const Line& line) { return line.key == key; });
  return found == lines_.end() ? 0 : found->number;
}

std::size_t ConfigLines::line_saying(std::string_view text) const {
  const auto found = std::find_if(lines_.begin(), lines_.end(),
                                  [&](const Line& line) { return line.text == text; });
  return found == lines_.end() ? 0 : found->number;
}

std::string nearest_key(const std::string& key, const std::vector<std::string>& known) {
  constexpr std::size_t kMostLetters = 64;  // longer than any key that there is
  constexpr std::size_t kMostWrong = 2;
  if (key.size() > kMostLetters) return "";
  const std::string low = lower(key);
  std::string nearest;
  std::size_t least = kMostWrong + 1;
  for (const std::string& each : known) {
    if (const std::size_t wrong = distance(low, each); wrong < least) {
      least = wrong;
      nearest = each;
    }
  }
  if (!nearest.empty()) return nearest;
  const auto is_named_so = [&](const std::string& each) {
    return key_alone(each) == key_alone(low);
  };
  const auto first = std::find_if(known.begin(), known.end(), is_named_so);
  if (first == known.end() || std::any_of(first + 1, known.end(), is_named_so)) return "";
  return *first;
}

}  // namespace expunge::cli
