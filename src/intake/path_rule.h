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

/// The same where nobody has said what stands before the paths: one that begins with `/`, and an
/// address, is wrong, and the words say which option cures it.
[[nodiscard]] std::optional<std::string> place_relative(const PathRule& rule, std::string& path);

/// What `path` is beneath `root`, both absolute, without empty and `.` steps; nullopt: it is not
/// beneath it.
[[nodiscard]] std::optional<std::string> beneath(std::string_view root, std::string_view path);

}  // namespace expunge::intake
