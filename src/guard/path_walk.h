#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

namespace expunge::guard {

/// What stands at a path without symbolic links.
struct Standing {
  std::string path;
  struct stat status {};
};

/// A path as the kernel walks it.
struct Walked {
  std::vector<Standing> directories;  ///< every one that was passed through, from `/` on
  std::optional<Standing> end;        ///< nullopt: not there, or not to be looked at
};

/// Follows an absolute path component by component, and symbolic links. Never throws for what is
/// not there.
[[nodiscard]] Walked walk(const std::string& path);

}  // namespace expunge::guard
