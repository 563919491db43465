#include "shred/kernel_files.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/text.h"

namespace expunge::shred {

std::optional<std::string> read_kernel_file(base::Sys& sys, const std::string& path) {
  constexpr std::uint64_t kLimitBytes = 64 << 20;
  try {
    return base::read_file(sys, path, kLimitBytes);
  } catch (const base::Failure&) {
    return std::nullopt;
  }
}

std::optional<std::string> read_kernel_word(base::Sys& sys, const std::string& path) {
  const auto text = read_kernel_file(sys, path);
  if (!text) return std::nullopt;
  return std::string(base::trim(std::string_view(*text).substr(0, text->find('\n'))));
}

std::optional<std::vector<std::string>> list_kernel_directory(base::Sys& sys,
                                                              const std::string& path) {
  const int fd = sys.openat(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY, 0);
  if (fd < 0) return std::nullopt;
  struct Close {
    void operator()(DIR* directory) const { ::closedir(directory); }
  };
  const std::unique_ptr<DIR, Close> directory(::fdopendir(fd));
  if (directory == nullptr) {
    const base::Fd closes(fd);
    return std::nullopt;
  }
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool kernel_has(base::Sys& sys, const std::string& path) {
  const base::Fd fd(sys.openat(AT_FDCWD, path.c_str(), O_PATH, 0));
  return static_cast<bool>(fd);
}

std::string value_in(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == '=') {
      return line.substr(name.size() + 1);
    }
  }
  return "";
}

}  // namespace expunge::shred
