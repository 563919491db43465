#include "shred/mounts.h"

#include <sys/stat.h>

#include <algorithm>
#include <sstream>

#include "shred/kernel_files.h"

namespace expunge::shred {
namespace {

/// A mount point as written: space, tab, newline and backslash are octal.
std::string decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '7'; };
    if (text[i] == '\\' && i + 3 < text.size() && digit(i + 1) && digit(i + 2) && digit(i + 3)) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                               (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

bool has_option(std::string_view options, std::string_view wanted) {
  while (!options.empty()) {
    const auto comma = options.find(',');
    if (options.substr(0, comma) == wanted) return true;
    if (comma == std::string_view::npos) return false;
    options.remove_prefix(comma + 1);
  }
  return false;
}

std::optional<std::vector<Mount>> read_mounts(base::Sys& sys) {
  const auto text = read_kernel_file(sys, "/proc/self/mountinfo");
  if (!text) return std::nullopt;
  std::vector<Mount> mounts;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    // Number, parent, device, root, point, options, any number of fields, a lone hyphen, then file
    // system, source and the super block's options.
    std::istringstream fields(line);
    Mount mount;
    std::string parent, root, word, source;
    fields >> mount.number >> parent >> mount.device >> root >> mount.point >> mount.options;
    while (fields >> word && word != "-") {
    }
    if (fields >> mount.filesystem >> source >> mount.super_options) {
      mount.point = decoded(mount.point);
      mounts.push_back(std::move(mount));
    }
  }
  return mounts;
}

std::optional<Mount> find_mount(const std::vector<Mount>& mounts, const struct statx& status) {
  const bool numbered = (status.stx_mask & STATX_MNT_ID) != 0;
  const std::string wanted =
      numbered ? std::to_string(status.stx_mnt_id)
               : std::to_string(status.stx_dev_major) + ":" + std::to_string(status.stx_dev_minor);
  const auto found = std::find_if(mounts.begin(), mounts.end(), [&](const Mount& mount) {
    return (numbered ? mount.number : mount.device) == wanted;
  });
  return found == mounts.end() ? std::nullopt : std::optional(*found);
}

std::vector<Mount> mounts_below(const std::vector<Mount>& mounts, const std::string& directory) {
  const std::string prefix = directory == "/" ? directory : directory + "/";
  std::vector<Mount> below;
  for (const Mount& mount : mounts) {
    if (mount.point.size() > prefix.size() && mount.point.starts_with(prefix)) {
      below.push_back(mount);
    }
  }
  return below;
}

}  // namespace expunge::shred
