#include "intake/path_rule.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace expunge::intake {
namespace {

constexpr std::string_view kScheme = "://";
/// The web server's name for the recordings of VICIdial (its audio compression scripts).
constexpr std::string_view kRecordings = "/RECORDINGS/";

bool is_address(std::string_view path) {
  return path.substr(0, path.find('/') == std::string_view::npos ? 0 : path.find('/') + 2)
      .ends_with(kScheme);
}

/// Without empty and `.` steps, nor a slash at either end.
std::string tidied(std::string_view path) {
  std::string out;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view step = path.substr(begin, end - begin);
    begin = end + 1;
    if (step.empty() || step == ".") continue;
    if (!out.empty()) out += '/';
    out += step;
  }
  return out;
}

/// What `path` has below `prefix`, both tidied; nullopt: it is not below it.
std::optional<std::string> below(std::string_view path, std::string_view prefix) {
  if (prefix.empty()) return std::string(path);
  if (!path.starts_with(prefix) || path.size() <= prefix.size() || path[prefix.size()] != '/') {
    return std::nullopt;
  }
  return std::string(path.substr(prefix.size() + 1));
}

std::optional<std::string> cut(const PathRule& rule, const std::string& path) {
  const bool address = is_address(path);
  const std::string whole = tidied(path);
  for (const std::string& prefix : rule.strip) {
    if (is_address(prefix) != address) continue;
    if (auto rest = below(whole, tidied(prefix))) return rest;
  }
  if (!rule.strip.empty()) return std::nullopt;
  if (!address) return below(whole, tidied(rule.root));
  const auto marker = path.find(kRecordings);
  if (marker == std::string::npos) return std::nullopt;
  return tidied(path.substr(marker + kRecordings.size()));
}

/// A word of a command line that a shell takes as it stands.
std::string shell_word(std::string_view text) {
  const bool is_plain = text.find_first_not_of(
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                            "0123456789/._-+:@%,") == std::string_view::npos;
  if (is_plain) return std::string(text);
  std::string word = "'";
  for (const char c : text) c == '\'' ? word += "'\\''" : word += c;
  return word + "'";
}

}  // namespace

std::optional<std::string> beneath(std::string_view root, std::string_view path) {
  return below(tidied(path), tidied(root));
}

std::optional<std::string> place_relative(const PathRule& rule, std::string& path) {
  constexpr std::size_t kMostShownBytes = 80;
  if (path.empty()) return std::nullopt;
  const bool address = is_address(path);
  if (path.front() != '/' && !address) {
    path = tidied(path);
    return std::nullopt;
  }
  const bool in_root = !address && !rule.root.empty() && beneath(rule.root, path).has_value();
  return fmt::format(
      "its path \"{}\" is {}, and a path in the index is one beneath the archive's root; give {}",
      base::printable(path, kMostShownBytes), address ? "an address" : "absolute",
      in_root ? "--strip-prefix " + base::one_line(shell_word(rule.root))
              : std::string("--strip-prefix with what stands before the path beneath the root"));
}

std::optional<std::string> place(const PathRule& rule, std::string& path) {
  if (path.empty()) return std::nullopt;
  std::string rest;
  if (path.front() == '/' || is_address(path)) {
    const auto found = cut(rule, path);
    if (!found) {
      if (!rule.strip.empty()) return "its file begins with nothing that --strip-prefix names";
      return std::string(is_address(path) ? "its file's address has no /RECORDINGS/ in it"
                                          : "its file is not beneath the archive's root") +
             ": say with --strip-prefix what stands before the path";
    }
    rest = *found;
  } else {
    rest = tidied(path);
  }
  path = rule.add.empty() ? rest : tidied(rule.add + "/" + rest);
  return std::nullopt;
}

}  // namespace expunge::intake
