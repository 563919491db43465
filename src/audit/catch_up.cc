#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "audit/line.h"
#include "audit/opened.h"
#include "audit/writer_state.h"
#include "base/io.h"

namespace expunge::audit {

using base::ExitStatus;
using base::Failure;

/// Under the lock, so that no other writer stands between an append and its bookmark. False when
/// the log must be read as a whole; nothing has changed then.
bool LogWriter::State::go_on_from_bookmark(const std::optional<Position>& remembered) {
  Resumed resumed = resume(sys, place, fd.get(), remembered, &key.verifier());
  if (!resumed.bookmark) return false;
  Trail& resumed_trail = resumed.bookmark->trail;
  try {
    CheckpointFile newest = read_checkpoint(sys, checkpoint_path(place.directory), place.origin);
    const Milestone at = milestone_of(resumed_trail);
    if (newest.note.checkpoint.size != at.size) return false;
    if (find_checkpoint_fault(newest.note, at, resumed_trail)) return false;
    check_key_files(sys, place, resumed_trail);
    checkpoint = std::move(newest);
  } catch (const Failure&) {
    return false;  // reading the whole says it
  }
  trail = std::move(resumed_trail);
  known_good = resumed.bookmark->stamp;
  bookmark_size = trail.size();
  return true;
}

/// Follows the log as far as the checkpoint covers it, without the lock: the rest is catch_up's.
void LogWriter::State::read_below_checkpoint(const std::optional<Position>& remembered) {
  checkpoint = read_checkpoint(sys, checkpoint_path(place.directory), place.origin);
  known_good = stamp_of(sys, fd.get(), path);
  LineReader reader(cached_reader(sys, fd.get(), path), 0, known_good->size_bytes);
  Course course{.until_size = checkpoint_size(),
                .trusted_size = checkpoint_size(),
                .stops = {checkpoint_size()},
                .workers = workers};
  if (remembered) course.stops.push_back(remembered->size);
  const Followed followed = audit::follow(trail, reader, course);
  if (followed.fault) fail_untrusted(path, *followed.fault);
  check_reaches_checkpoint(trail.size(), std::max<std::uint64_t>(checkpoint_size(), 1), path);
  const auto fault =
      find_checkpoint_fault(checkpoint.note, *find_milestone(followed, checkpoint_size()), trail);
  if (fault) fail_untrusted(checkpoint_path(place.directory) + ": " + *fault);
  const Milestone* at = remembered ? find_milestone(followed, remembered->size) : nullptr;
  if (at != nullptr) check_remembered(*remembered, *at, path);
  check_key_files(sys, place, trail);
}

void LogWriter::State::check_same_file() {
  struct statx held {};
  struct statx named {};
  int error = sys.statx(fd.get(), "", AT_EMPTY_PATH, STATX_INO, held);
  if (error == 0) error = sys.statx(AT_FDCWD, path.c_str(), 0, STATX_INO, named);
  if (error == -ENOENT) fail_untrusted(path + ": is missing");
  if (error != 0) base::fail_errno(ExitStatus::usage, path, -error);
  if (held.stx_ino != named.stx_ino || held.stx_dev_major != named.stx_dev_major ||
      held.stx_dev_minor != named.stx_dev_minor) {
    fail_untrusted(path + ": was replaced by another file while it was in use");
  }
}

/// Verifies what others appended under a checkpoint of their own. Returns where that ends.
std::uint64_t LogWriter::State::follow_others(const std::optional<Position>& remembered,
                                              std::uint64_t end_bytes) {
  const std::string named = checkpoint_path(place.directory);
  CheckpointFile newest = read_checkpoint(sys, named, place.origin);
  LineReader reader(cached_reader(sys, fd.get(), path), trail.end_bytes(), end_bytes);
  const std::uint64_t newest_size = newest.note.checkpoint.size;
  Course course{.until_size = newest_size, .stops = {newest_size}, .workers = workers};
  if (remembered) course.stops.push_back(remembered->size);
  const Followed followed = audit::follow(trail, reader, course);
  if (followed.fault) fail_untrusted(path, *followed.fault);
  check_reaches_checkpoint(trail.size(), newest_size, path);
  const Milestone* at = find_milestone(followed, newest_size);
  if (newest.text != checkpoint.text) {
    // Without a milestone the trail is past it: it is older than what was read before.
    if (at == nullptr) fail_untrusted(named + ": was replaced by an older one");
    const auto fault = find_checkpoint_fault(newest.note, *at, trail);
    if (fault) fail_untrusted(named + ": " + *fault);
  }
  at = remembered ? find_milestone(followed, remembered->size) : nullptr;
  if (at != nullptr) check_remembered(*remembered, *at, path);
  checkpoint = std::move(newest);
  return trail.end_bytes();
}

/// Under the lock: takes in what others appended, believes a tail past the newest checkpoint only
/// as the device has it, and puts a torn one aside.
void LogWriter::State::catch_up(const std::optional<Position>& remembered, base::Time now) {
  check_same_file();
  const FileStamp found = stamp_of(sys, fd.get(), path);
  const std::uint64_t end_bytes = found.size_bytes;
  if (end_bytes < trail.end_bytes()) {
    fail_untrusted(path + ": has become shorter than it was");
  }
  const std::uint64_t covered_bytes = follow_others(remembered, end_bytes);
  keep_known_good(found);
  ReadAt device;
  if (covered_bytes < end_bytes) {
    if (const int error = sys.fdatasync(fd.get()); error != 0) {
      base::fail_errno(ExitStatus::needs_person, path, -error);
    }
    device = device_reader(sys, fd.get(), path);
    LineReader reader(device, covered_bytes, end_bytes);
    Course course{.workers = workers};
    if (remembered) course.stops.push_back(remembered->size);
    const Followed followed = audit::follow(trail, reader, course);
    if (followed.fault && !followed.zeros) fail_untrusted(path, *followed.fault);
    const Milestone* at = remembered ? find_milestone(followed, remembered->size) : nullptr;
    if (at != nullptr) check_remembered(*remembered, *at, path);
  }
  if (remembered) check_reaches_remembered(trail.size(), *remembered, path);
  require_key_in_force();
  require_checkpoint_key();
  settle_torn_tails({device, trail.end_bytes(), end_bytes}, now);
  position = {trail.size(), trail.last_hash()};
}

/// Puts a torn tail aside, and logs it and what an interrupted writer had put aside, each once.
void LogWriter::State::settle_torn_tails(const Tail& torn, base::Time now) {
  std::vector<PutAside> asides = find_put_aside(sys, place.directory);
  if (torn.begin_bytes < torn.end_bytes) {
    const LogRecovered entry = describe(torn);
    // A crash before the cut left it in both places.
    const bool is_aside = std::any_of(asides.begin(), asides.end(), [&](const PutAside& aside) {
      return aside.after == trail.size() && aside.entry == entry;
    });
    if (!is_aside) asides.push_back(put_aside(sys, place.directory, torn, trail.size(), now));
    cut_log(sys, fd.get(), path, trail.end_bytes());
  }
  if (asides.empty()) return;
  // A crash from here on leaves the copies, under names that say so.
  std::vector<Draft> drafts;
  for (PutAside& aside : not_logged(asides)) drafts.push_back(to_draft(aside.entry));
  if (!drafts.empty()) write(make_batch(trail, key, drafts, now, 1), nullptr);
  for (const PutAside& aside : asides) call_logged(sys, place.directory, aside);
}

/// Those that no entry speaks of yet.
std::vector<PutAside> LogWriter::State::not_logged(std::vector<PutAside> asides) {
  std::uint64_t from_seq = trail.size();
  for (const PutAside& aside : asides) from_seq = std::min(from_seq, aside.after);
  for_each_entry(sys, place, from_seq, [&](const EntryView& entry) {
    if (entry.type != "log.recovered") return true;
    const LineParts parts = take_apart(entry.line).parts.value();
    const auto said = std::find_if(asides.begin(), asides.end(), [&](const PutAside& aside) {
      return entry.seq >= aside.after && parts.members == to_draft(aside.entry).members;
    });
    if (said != asides.end()) asides.erase(said);
    return true;
  });
  return asides;
}

/// Whether all of the log is still known to be good now that it is as `now` says.
void LogWriter::State::keep_known_good(const FileStamp& now) {
  if (!known_good || *known_good == now) return;
  // Somebody wrote since: a writer that knew it to be good, and left a bookmark that says so?
  const Resumed resumed = resume(sys, place, fd.get(), std::nullopt, nullptr);
  if (resumed.bookmark && resumed.bookmark->stamp == now &&
      resumed.bookmark->trail.size() == trail.size() &&
      resumed.bookmark->trail.root() == trail.root() &&
      resumed.bookmark->trail.key().vkey() == trail.key().vkey()) {
    known_good = now;
  } else {
    known_good.reset();
  }
}

}  // namespace expunge::audit
