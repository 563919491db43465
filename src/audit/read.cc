#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <thread>
#include <utility>

#include "audit/bookmark.h"
#include "audit/course.h"
#include "audit/log.h"
#include "audit/opened.h"
#include "base/error.h"
#include "base/io.h"

namespace expunge::audit {

base::Fd open_log(base::Sys& sys, const LogPlace& place, int flags,
                  const std::optional<Position>& remembered) {
  const std::string path = log_path(place.directory);
  const int raw = sys.openat(AT_FDCWD, path.c_str(), flags, 0);
  if (raw == -ENOENT || raw == -ENOTDIR) {
    const int directory = sys.openat(AT_FDCWD, place.directory.c_str(), O_PATH, 0);
    const base::Fd closes(directory);
    if (directory >= 0 || (remembered && remembered->size > 0)) {
      fail_untrusted(path + ": is missing");
    }
    throw base::Failure(base::ExitStatus::usage,
                        place.directory + ": there is no log; run: expunge init");
  }
  if (raw < 0) base::fail_errno(base::ExitStatus::usage, path, -raw);
  return base::Fd(raw);
}

void check_remembered(const Position& remembered, const Milestone& at, const std::string& path) {
  if (at.last_hash == remembered.last_hash) return;
  fail_untrusted(path + ": is not the log that the index remembers: its first " +
                     std::to_string(remembered.size) + " entries end in another one",
                 "see whether archive.index and log.directory in the configuration belong "
                 "together; if they do, the log was put back and then written to, or forged: "
                 "compare it with checkpoints kept elsewhere (expunge log verify --checkpoint)");
}

void check_reaches_checkpoint(std::uint64_t size, std::uint64_t expected, const std::string& path) {
  if (size >= expected) return;
  fail_untrusted(path + ": holds " + std::to_string(size) +
                 " entries, but its checkpoint speaks of " + std::to_string(expected) +
                 ": lines are missing");
}

void check_reaches_remembered(std::uint64_t size, const Position& remembered,
                              const std::string& path) {
  if (size >= remembered.size) return;
  fail_untrusted(path + ": holds " + std::to_string(size) + " entries, but the index remembers " +
                     std::to_string(remembered.size) +
                     ": this is an older copy of the log, or its end was cut off",
                 "keep it as it is, and put the newest copy of the log in its place");
}

namespace {

void check_key_file(base::Sys& sys, const LogPlace& place, const VerifierKey& key) {
  const std::string path = key_path(place.directory, key);
  const int raw = sys.openat(AT_FDCWD, path.c_str(), O_RDONLY, 0);
  if (raw == -ENOENT || raw == -ENOTDIR) fail_untrusted(path + ": is missing");
  if (raw < 0) base::fail_errno(base::ExitStatus::usage, path, -raw);
  const base::Fd fd(raw);
  std::string pem(4096, '\0');
  pem.resize(cached_reader(sys, fd.get(), path)(std::as_writable_bytes(std::span(pem)), 0));
  const auto published = VerifierKey::from_pem(place.origin, pem);
  if (!published || published->vkey() != key.vkey()) {
    fail_untrusted(path + ": is not the key that the log's first entry names");
  }
}

}  // namespace

void check_key_files(base::Sys& sys, const LogPlace& place, const Trail& trail) {
  check_key_file(sys, place, trail.first_key());
  if (trail.checkpoint_key()) check_key_file(sys, place, *trail.checkpoint_key());
}

namespace {

/// Follows the open log from where `trail` stands to its end. `remembered` must not lie before.
LogState read_on(base::Sys& sys, const LogPlace& place, int fd, Trail trail,
                 const std::optional<Position>& remembered) {
  const std::string path = log_path(place.directory);
  // The checkpoint first: what is appended meanwhile then only lies past it.
  const CheckpointFile checkpoint =
      read_checkpoint(sys, checkpoint_path(place.directory), place.origin);
  const std::uint64_t checkpoint_size = checkpoint.note.checkpoint.size;
  const std::uint64_t size_bytes = file_size(sys, fd, path);
  if (checkpoint_size < trail.size() || size_bytes < trail.end_bytes()) {
    fail_untrusted(path + ": ends before its bookmark");
  }

  LineReader reader(cached_reader(sys, fd, path), trail.end_bytes(), size_bytes);
  Course course{.trusted_size = checkpoint_size,
                .stops = {checkpoint_size},
                .workers = std::max(1U, std::thread::hardware_concurrency())};
  if (remembered) course.stops.push_back(remembered->size);
  const Followed followed = follow(trail, reader, course);
  if (followed.fault && !(followed.zeros && trail.size() >= checkpoint_size)) {
    fail_untrusted(path, *followed.fault);
  }
  check_reaches_checkpoint(trail.size(), std::max<std::uint64_t>(checkpoint_size, 1), path);
  const auto fault =
      find_checkpoint_fault(checkpoint.note, *find_milestone(followed, checkpoint_size), trail);
  if (fault) fail_untrusted(checkpoint_path(place.directory) + ": " + *fault);
  if (remembered) {
    check_reaches_remembered(trail.size(), *remembered, path);
    check_remembered(*remembered, *find_milestone(followed, remembered->size), path);
  }
  check_key_files(sys, place, trail);

  const std::uint64_t torn_bytes =
      followed.fault ? size_bytes - trail.end_bytes() : reader.rest_bytes();
  std::optional<std::string> checkpoint_vkey;
  if (trail.checkpoint_key()) checkpoint_vkey = trail.checkpoint_key()->vkey();
  return {trail.facts(),       {trail.size(), trail.last_hash()},
          checkpoint_size,     torn_bytes,
          trail.key().vkey(),  {},
          trail.predecessor(), std::move(checkpoint_vkey)};
}

/// Nullopt, and why in `why_not`, when the log must be read as a whole.
std::optional<LogState> read_from_bookmark(base::Sys& sys, const LogPlace& place, int fd,
                                           std::optional<Position> remembered,
                                           std::string& why_not) {
  Resumed resumed = resume(sys, place, fd, remembered, nullptr);
  if (!resumed.bookmark) {
    why_not = std::move(resumed.why_not);
    return std::nullopt;
  }
  const std::string vkey = resumed.bookmark->trail.key().vkey();
  if (remembered && remembered->size < resumed.bookmark->trail.size()) remembered.reset();
  try {
    LogState state = read_on(sys, place, fd, std::move(resumed.bookmark->trail), remembered);
    // Once a key is no longer in force, what it signed beside the log counts for nothing.
    if (state.vkey == vkey) return state;
    why_not = "the key was rotated after it was written";
  } catch (const base::Failure& failure) {
    // Perhaps only the bookmark's: the log itself has the last word.
    why_not = failure.what();
  }
  return std::nullopt;
}

/// Where to begin so as to meet entry `from_seq` near the log's end, and that line's number; the
/// beginning when it is not near, or the end is not as it should be.
std::pair<std::uint64_t, std::uint64_t> find_start(const ReadAt& read, std::uint64_t size_bytes,
                                                   std::uint64_t from_seq) {
  constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
  constexpr std::pair<std::uint64_t, std::uint64_t> kBeginning{0, 0};
  if (from_seq == 0) return kBeginning;
  // Past the end of the last complete line, and before its beginning.
  const auto last_lf = find_lf_backwards(read, size_bytes, 1, kMaxLineBytes + 1);
  if (!last_lf) return kBeginning;
  const auto lf_before = find_lf_backwards(read, *last_lf, 1, kMaxLineBytes + 1);
  if (!lf_before) return kBeginning;
  const auto seq_at = [&](std::uint64_t begin_bytes) -> std::optional<std::uint64_t> {
    LineReader reader(read, begin_bytes, std::min(size_bytes, begin_bytes + kMaxLineBytes + 1));
    const auto lines = reader.next();
    if (lines.empty()) return std::nullopt;
    const auto parts = take_apart(lines.front()).parts;
    if (!parts) return std::nullopt;
    return parts->seq;
  };
  const auto last_seq = seq_at(*lf_before + 1);
  if (last_seq && *last_seq + 1 == from_seq) return {*last_lf + 1, from_seq};
  if (!last_seq || *last_seq < from_seq || *last_seq - from_seq > from_seq) return kBeginning;
  const auto lf = find_lf_backwards(read, *lf_before + 1, *last_seq - from_seq + 1, kNoLimit);
  if (!lf || seq_at(*lf + 1) != from_seq) return kBeginning;
  return {*lf + 1, from_seq};
}

}  // namespace

LogState read_log(base::Sys& sys, const LogPlace& place, const std::optional<Position>& remembered,
                  Reading reading) {
  const base::Fd fd = open_log(sys, place, O_RDONLY, remembered);
  std::string why_whole = "asked for";
  if (reading == Reading::from_bookmark) {
    auto state = read_from_bookmark(sys, place, fd.get(), remembered, why_whole);
    if (state) return std::move(*state);
  }
  LogState state = read_on(sys, place, fd.get(), Trail(place.origin), remembered);
  state.why_whole = std::move(why_whole);
  return state;
}

void for_each_entry(base::Sys& sys, const LogPlace& place, std::uint64_t from_seq,
                    const std::function<bool(const EntryView&)>& each) {
  const std::string path = log_path(place.directory);
  const base::Fd fd = open_log(sys, place, O_RDONLY, std::nullopt);
  const ReadAt read = cached_reader(sys, fd.get(), path);
  const std::uint64_t size_bytes = file_size(sys, fd.get(), path);
  auto [offset_bytes, seq] = find_start(read, size_bytes, from_seq);
  LineReader reader(read, offset_bytes, size_bytes);
  for (auto lines = reader.next(); !lines.empty(); lines = reader.next()) {
    for (const std::string_view line : lines) {
      if (seq >= from_seq) {
        const TakenApart taken = take_apart(line);
        if (!taken.parts || taken.parts->seq != seq) {
          fail_untrusted(path, {seq + 1, offset_bytes, "is not entry " + std::to_string(seq)});
        }
        if (!each({seq, taken.parts->time, taken.parts->type, line})) return;
      }
      ++seq;
      offset_bytes += line.size() + 1;
    }
  }
}

}  // namespace expunge::audit
