#include "guard/path_walk.h"

#include <algorithm>
#include <deque>
#include <filesystem>

namespace expunge::guard {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;  // path_resolution(7)

void put_before(std::deque<std::string>& pending, const fs::path& path) {
  std::vector<std::string> parts;
  for (const fs::path& part : path.relative_path()) {
    if (!part.empty() && part != ".") parts.push_back(part.string());
  }
  pending.insert(pending.begin(), parts.begin(), parts.end());
}

}  // namespace

Walked walk(const std::string& path) {
  Walked walked;
  std::deque<std::string> pending;
  put_before(pending, path);
  Standing here{"/", {}};
  if (::lstat("/", &here.status) != 0) return walked;
  int links = 0;
  while (!pending.empty()) {
    if (!S_ISDIR(here.status.st_mode)) return walked;
    const bool known = std::any_of(walked.directories.begin(), walked.directories.end(),
                                   [&](const Standing& each) { return each.path == here.path; });
    if (!known) walked.directories.push_back(here);
    const std::string part = pending.front();
    pending.pop_front();
    fs::path next = fs::path(here.path) / part;
    if (part == "..") next = fs::path(here.path).parent_path();
    Standing there{next.string(), {}};
    if (::lstat(there.path.c_str(), &there.status) != 0) return walked;
    if (!S_ISLNK(there.status.st_mode)) {
      here = std::move(there);
      continue;
    }
    std::error_code error;
    const fs::path target = fs::read_symlink(next, error);
    if (error || ++links > kMostLinks) return walked;
    put_before(pending, target);
    if (target.is_absolute()) {
      here.path = "/";
      if (::lstat("/", &here.status) != 0) return walked;
    }
  }
  walked.end = std::move(here);
  return walked;
}

}  // namespace expunge::guard
