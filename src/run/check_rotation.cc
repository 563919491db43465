#include <fcntl.h>
#include <fmt/format.h>

#include "base/fd.h"
#include "run/check_parts.h"
#include "run/key_rotation.h"
#include "shred/ground.h"

namespace expunge::run {

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
