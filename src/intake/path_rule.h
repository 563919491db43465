#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace expunge::intake {

/// How the path or address that a recorder has for a file becomes the path beneath the archive's
/// root.
struct PathRule {
  /// What is cut off a path that begins with `/`, and off an address; one of them must fit. Empty:
  /// `root` off the one, all up to `/RECORDINGS/` off the other.
  std::vector<std::string> strip;
  std::string root;  ///< the archive's, absolute
  std::string add;   ///< put before what is then left
};

/// Puts `path` under the rule; empty and `.` steps fall away, so that one file has one path.
/// Returns what is wrong with it, in words, or nullopt. Relative paths are only added to.
[[nodiscard]] std::optional<std::string> place(const PathRule& rule, std::string& path);

}  // namespace expunge::intake
