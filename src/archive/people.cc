#include "archive/people.h"

#include "archive/types.h"

namespace expunge::archive {

bool is_among(std::string_view keys, std::string_view key) {
  if (keys == key) return true;
  if (key.empty() || keys.size() <= key.size()) return false;
  for (std::size_t begin = 0; begin < keys.size();) {
    const std::size_t end = std::min(keys.find(' ', begin), keys.size());
    if (keys.substr(begin, end - begin) == key) return true;
    begin = end + 1;
  }
  return false;
}

bool People::add(std::string_view one_written) {
  const std::string key = subject_key(one_written);
  if (key.empty() ? !written.empty() || one_written.empty() : is_among(keys, key)) return false;
  if (!written.empty()) written += ", ";
  written += one_written;
  if (!keys.empty()) keys += ' ';
  keys += key;
  return true;
}

People people(std::string_view first, const std::vector<std::string>& further) {
  People all;
  all.add(first);
  for (const std::string& one : further) all.add(one);
  return all;
}

}  // namespace expunge::archive
