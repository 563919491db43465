#include "shred/attributes.h"

#include <sys/xattr.h>

#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"

namespace expunge::shred {
namespace {

/// Whether the value is anything that its writer liked; an access list holds numbers of users.
bool is_free_text(std::string_view name) {
  return name.starts_with("user.") || name.starts_with("trusted.");
}

}  // namespace

std::vector<std::string> attribute_names(base::Sys& sys, int fd) {
  // The kernel's limit for the list, XATTR_LIST_MAX; most files have none.
  std::vector<char> list(256);
  ssize_t bytes = sys.flistxattr(fd, list.data(), list.size());
  if (bytes == -ERANGE) {
    list.resize(65536);
    bytes = sys.flistxattr(fd, list.data(), list.size());
  }
  std::vector<std::string> names;
  std::string_view rest(list.data(), bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
  while (!rest.empty()) {
    names.emplace_back(rest.substr(0, rest.find('\0')));
    rest.remove_prefix(names.back().size() + 1);
  }
  return names;
}

bool scramble_attributes(base::Sys& sys, int fd) {
  const std::vector<std::string> names = attribute_names(sys, fd);
  for (const std::string& name : names) {
    if (!is_free_text(name)) continue;
    const ssize_t bytes = sys.fgetxattr(fd, name.c_str(), nullptr, 0);
    if (bytes <= 0) continue;
    std::vector<std::byte> noise(static_cast<std::size_t>(bytes));
    base::fill_random(noise);
    static_cast<void>(sys.fsetxattr(fd, name.c_str(), noise.data(), noise.size(), XATTR_REPLACE));
  }
  return !names.empty();
}

void drop_attributes(base::Sys& sys, int fd) {
  for (const std::string& name : attribute_names(sys, fd)) {
    static_cast<void>(sys.fremovexattr(fd, name.c_str()));
  }
}

}  // namespace expunge::shred
