#pragma once

#include <string>

namespace expunge::base {

/// The directory that holds `path`, as it is written: `.` for a bare name, `/` for what lies there.
[[nodiscard]] inline std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace expunge::base
