#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audit/course.h"
#include "audit/keys.h"
#include "audit/log.h"
#include "audit/trail.h"
#include "base/sys.h"

// The file `bookmark` beside the log: how far a writer had followed it and what it had learned, so
// that a start need not read the log from its first line. A cache, and never evidence:
//
//   expunge-log-bookmark/1           the version; also keeps this text apart from all else that the
//   {"log":…,"size":…}               key signs; where the log ended
//   {"destroyed":…,"open_holds":…}   what the entries up to there say (LogFacts)
//   {"v":1,…,"type":"key.rotate",…   each rotation's line, as it stands in the log
//   <88 base64>                      the signature of the key in force over the lines above
//
// The root over the frontier is compared with the checkpoint's, but the facts (holds in force, the
// last run, …) are in no root. So it is believed only
// - when the key that is in force after its last entry signed it: whoever has that key can forge
//   the log itself. That key is derived from the log's own first line and the rotations, and a
//   writer compares it with its own;
// - when log.jsonl is, by inode, size and time of change, as the writer left it: whoever changes an
//   old line, by whatever means, or puts another copy in its place, makes the log be read whole;
// - when the log's last line is the one that it speaks of.
// Any doubt means that the log is read from its first line, which alone finds faults. Nothing is
// ever refused because of this file.
namespace expunge::audit {

/// What tells a file from another one, and from itself once it was changed.
struct FileStamp {
  std::uint64_t inode = 0, size_bytes = 0;
  std::int64_t changed_s = 0;  ///< st_ctime, which no call can set
  std::uint32_t changed_ns = 0;
  bool operator==(const FileStamp&) const = default;
};
/// Throws Failure(usage) naming the path.
[[nodiscard]] FileStamp stamp_of(base::Sys& sys, int fd, const std::string& path);

struct Bookmark {
  FileStamp stamp;
  Trail trail;
};

/// Requires an entry, `stamp` to be that of the log right after the trail's last line was flushed,
/// and `key` to be the one in force.
[[nodiscard]] std::string format_bookmark(const Trail& trail, const FileStamp& stamp,
                                          const SigningKey& key);

/// nullopt when `text` is no bookmark of the log `origin` that begins with `first_line`, or not
/// signed by the key in force at its end. Never throws, whatever the text.
[[nodiscard]] std::optional<Bookmark> parse_bookmark(std::string_view text,
                                                     const std::string& origin,
                                                     std::string_view first_line);

/// Replaces the bookmark, not durably: a crash leaves the old one, the new one, or one that is not
/// believed. A failure is nobody's business.
void put_bookmark(base::Sys& sys, const std::string& directory, const std::string& text);

/// The bookmark of the open log, when it can be believed, or why it cannot, in words.
struct Resumed {
  std::optional<Bookmark> bookmark;
  std::string why_not;
};
/// On success the log was then exactly as the bookmark says, and `remembered`, unless it lies past
/// the bookmark, is on its way; the checkpoint is still to be compared. Reads no more than the
/// log's first and last lines, and those from `remembered` on. `own_key`, when given, must be in
/// force. Never throws for what the files hold, nor for what cannot be read.
[[nodiscard]] Resumed resume(base::Sys& sys, const LogPlace& place, int fd,
                             const std::optional<Position>& remembered, const VerifierKey* own_key);

}  // namespace expunge::audit
