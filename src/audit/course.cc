#include "audit/course.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/io.h"

namespace expunge::audit {
namespace {

constexpr std::uint64_t kCheckpointLimitBytes = std::uint64_t{64} << 10;

/// How many of `count` lines can be taken before the course changes.
std::size_t lines_until_turn(std::uint64_t size, std::size_t count, const Course& course) {
  std::uint64_t turn = size + count;
  const auto consider = [&](std::uint64_t at) {
    if (at > size) turn = std::min(turn, at);
  };
  consider(course.until_size);
  consider(course.trusted_size);
  for (const std::uint64_t stop : course.stops) consider(stop);
  return turn - size;
}

Fault to_fault(const Trail& trail, std::span<const std::string_view> lines, LineFault fault) {
  Fault result{trail.size() + fault.index + 1, trail.end_bytes(), std::move(fault.message)};
  for (const std::string_view line : lines.first(fault.index)) {
    result.offset_bytes += line.size() + 1;
  }
  return result;
}

}  // namespace

Milestone milestone_of(const Trail& trail) {
  Milestone at{trail.size(), trail.root(), trail.last_hash(), std::nullopt, std::nullopt};
  if (trail.size() > 0) {
    at.key = trail.key();
    at.handed_over = trail.handed_over();
  }
  return at;
}

Followed follow(Trail& trail, LineReader& reader, const Course& course) {
  Followed followed;
  const auto remember = [&] {
    if (std::find(course.stops.begin(), course.stops.end(), trail.size()) != course.stops.end()) {
      followed.milestones.push_back(milestone_of(trail));
    }
  };
  remember();
  while (trail.size() < course.until_size) {
    std::span<const std::string_view> lines = reader.next();
    if (lines.empty()) break;
    while (!lines.empty() && trail.size() < course.until_size) {
      const auto part = lines.first(lines_until_turn(trail.size(), lines.size(), course));
      const Scrutiny scrutiny =
          trail.size() < course.trusted_size ? Scrutiny::chained : Scrutiny::everything;
      if (auto fault = trail.follow(part, scrutiny, course.workers)) {
        const std::size_t index = fault->index;
        followed.zeros = part[index].find('\0') != std::string_view::npos;
        followed.fault = to_fault(trail, part, std::move(*fault));
        // What stands before zero bytes may yet be believed.
        if (followed.zeros && scrutiny == Scrutiny::everything) {
          const auto again = trail.follow(part.first(index), scrutiny, course.workers);
          EXPUNGE_ASSERT(!again);
        }
        return followed;
      }
      remember();
      lines = lines.subspan(part.size());
    }
  }
  return followed;
}

const Milestone* find_milestone(const Followed& followed, std::uint64_t size) {
  const auto found = std::find_if(followed.milestones.begin(), followed.milestones.end(),
                                  [&](const Milestone& at) { return at.size == size; });
  return found == followed.milestones.end() ? nullptr : &*found;
}

std::optional<std::string> find_checkpoint_fault(const SignedCheckpoint& note, const Milestone& at,
                                                 const Trail& trail) {
  if (note.checkpoint.origin != trail.origin()) {
    return "expected origin " + trail.origin() + ", found " + note.checkpoint.origin;
  }
  if (const auto& own = trail.checkpoint_key()) {
    if (!is_signed_by(note, *own)) {
      return "expected a signature by key " + own->id_hex() +
             ", which signs this log's checkpoints, found none that verifies";
    }
  } else {
    const VerifierKey& key = at.key ? *at.key : trail.first_key();
    if (!is_signed_by(note, key)) {
      return "expected a signature by key " + key.id_hex() + ", in force at its size " +
             std::to_string(at.size) + ", found none that verifies";
    }
    if (at.handed_over && !is_signed_by(note, *at.handed_over)) {
      return "expected at the rotation also a signature by key " + at.handed_over->id_hex() +
             ", found none that verifies";
    }
  }
  if (note.checkpoint.root != at.root) {
    return "expected the root over the log's first " + std::to_string(at.size) +
           " lines, found another: a line was changed, or the checkpoint is of another log";
  }
  return std::nullopt;
}

CheckpointFile read_checkpoint(base::Sys& sys, const std::string& path, const std::string& origin) {
  const int raw = sys.openat(AT_FDCWD, path.c_str(), O_RDONLY, 0);
  if (raw == -ENOENT || raw == -ENOTDIR) fail_untrusted(path + ": is missing");
  if (raw < 0) base::fail_errno(base::ExitStatus::usage, path, -raw);
  const base::Fd fd(raw);
  std::string text(kCheckpointLimitBytes, '\0');
  text.resize(cached_reader(sys, fd.get(), path)(std::as_writable_bytes(std::span(text)), 0));
  auto note = parse_checkpoint(text);
  if (!note) fail_untrusted(path + ": is no signed checkpoint");
  if (note->checkpoint.origin != origin) {
    fail_untrusted(path + ": is of the log " + note->checkpoint.origin + ", expected " + origin,
                   "see whether log.directory and log.origin in the configuration belong together");
  }
  return {std::move(text), std::move(*note)};
}

void fail_untrusted(const std::string& what, const std::string& remedy) {
  throw base::Failure(base::ExitStatus::log_untrusted, what + "; nothing was written: " + remedy);
}

void fail_untrusted(const std::string& path, const Fault& fault) {
  fail_untrusted(path + ": line " + std::to_string(fault.line) + ", at byte " +
                 std::to_string(fault.offset_bytes) + ": " + fault.message);
}

std::string log_path(const std::string& directory) {
  return directory + "/log.jsonl";
}

std::string checkpoint_path(const std::string& directory) {
  return directory + "/checkpoint";
}

std::string bookmark_path(const std::string& directory) {
  return directory + "/bookmark";
}

std::string key_path(const std::string& directory, const VerifierKey& key) {
  return directory + "/keys/" + key.id_hex() + ".pub.pem";
}

std::uint64_t file_size(base::Sys& sys, int fd, const std::string& path) {
  struct statx status {};
  const int error = sys.statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, status);
  if (error != 0) base::fail_errno(base::ExitStatus::usage, path, -error);
  return status.stx_size;
}

}  // namespace expunge::audit
