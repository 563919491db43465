#include <fcntl.h>
#include <fmt/format.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <sstream>

#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/text.h"
#include "run/check_parts.h"
#include "run/key_rotation.h"
#include "shred/ground.h"

namespace expunge::run {
namespace {

/// Whether what is swapped out to it can be read by nobody: it is encrypted, or memory itself.
bool keeps_nothing(base::Sys& sys, const std::string& device) {
  struct stat status {};
  if (::stat(device.c_str(), &status) != 0 || !S_ISBLK(status.st_mode)) return false;
  const shred::Medium medium =
      shred::find_medium(sys, major(status.st_rdev), minor(status.st_rdev));
  return medium.has(shred::Medium::Kind::crypt) || medium.has(shred::Medium::Kind::memory);
}

/// By proc_swaps(5).
void check_swap(base::Sys& sys, Findings& findings) {
  std::string text;
  try {
    text = base::read_file(sys, "/proc/swaps");
  } catch (const base::Failure&) {
    return;  // a kernel without swap space
  }
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);  // the heading
  while (std::getline(lines, line)) {
    const std::string device = line.substr(0, line.find_first_of(" \t"));
    if (device.empty() || keeps_nothing(sys, device)) continue;
    findings.note("key",
                  base::printable(device) +
                      " is swap space that is not encrypted: a copy of a key that was in memory "
                      "may outlive it there",
                  "encrypt it (crypttab(5)), or swapoff " + base::printable(device));
  }
}

}  // namespace

void check_rotation(const CheckSetting& setting, Findings& findings) {
  if (is_next_key_there(setting.sys, setting.log_keys)) {
    findings.warning("key",
                     audit::next_key_path(setting.log_keys) +
                         " is left of a rotation that was interrupted, or one is on",
                     "the next run, or expunge key rotate, finishes it");
  }
  if (setting.rotate == Rotate::never) return;
  const int raw =
      setting.sys.openat(AT_FDCWD, setting.log_keys.entries.c_str(), O_PATH | O_NOFOLLOW, 0);
  const base::Fd fd(raw);
  if (raw < 0) return;  // the key itself is looked at elsewhere
  check_swap(setting.sys, findings);
  struct statx status {};
  if (setting.sys.statx(raw, "", AT_EMPTY_PATH, STATX_TYPE, status) == 0 &&
      S_ISLNK(status.stx_mode)) {
    return findings.warning(
        "key", base::printable(setting.log_keys.entries) + " is a symbolic link: no key is rotated",
        "name the file itself as log.key in the configuration");
  }
  const shred::Ground ground = shred::find_ground(setting.sys, raw);
  if (ground.cause == shred::Cause::none) {
    findings.ok("key",
                fmt::format("each run destroys the one before it, on {}", ground.filesystem));
  } else {
    findings.warning("key",
                     fmt::format("each run removes the one before it, without overwriting it: {}",
                                 words(ground.cause)),
                     "keep the log's keys on ext4 or XFS");
  }
}

}  // namespace expunge::run
