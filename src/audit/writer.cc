#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "audit/base64.h"
#include "audit/batch.h"
#include "audit/bookmark.h"
#include "audit/course.h"
#include "audit/keys.h"
#include "audit/line.h"
#include "audit/log.h"
#include "audit/opened.h"
#include "audit/tail.h"
#include "base/error.h"
#include "base/io.h"

namespace expunge::audit {
namespace {

using base::ExitStatus;
using base::Failure;

/// The log's own lock, held for one append.
class AppendLock {
 public:
  AppendLock(base::Sys& sys, int fd, const std::string& path) : sys_(sys), fd_(fd) {
    int error = 0;
    do {
      error = sys_.flock(fd_, LOCK_EX);
    } while (error == -EINTR);
    if (error != 0) base::fail_errno(ExitStatus::needs_person, path + ": lock", -error);
  }
  AppendLock(const AppendLock&) = delete;
  AppendLock& operator=(const AppendLock&) = delete;
  ~AppendLock() { static_cast<void>(sys_.flock(fd_, LOCK_UN)); }

 private:
  base::Sys& sys_;
  int fd_;
};

}  // namespace

struct LogWriter::State {
  base::Sys& sys;
  LogPlace place;
  std::string key_file;
  std::string path;
  unsigned workers;
  SigningKey key;
  base::Fd fd;
  Trail trail;
  CheckpointFile checkpoint;
  Position position;
  /// The log as it was when all of it was known to be good, so that a line that somebody changes
  /// under a long-lived writer is not vouched for by its next bookmark; nullopt from then on.
  std::optional<FileStamp> known_good{};
  std::uint64_t bookmark_size = 0;  ///< of the one last written or gone on from
  bool failed = false;

  [[nodiscard]] std::uint64_t checkpoint_size() const { return checkpoint.note.checkpoint.size; }
  [[nodiscard]] bool go_on_from_bookmark(const std::optional<Position>& remembered);
  void read_below_checkpoint(const std::optional<Position>& remembered);
  void catch_up(const std::optional<Position>& remembered, base::Time now);
  void require_usable() const;
  void check_same_file();
  std::uint64_t follow_others(const std::optional<Position>& remembered, std::uint64_t end_bytes);
  void require_key_in_force();
  void settle_torn_tails(const Tail& torn, base::Time now);
  [[nodiscard]] std::vector<PutAside> not_logged(std::vector<PutAside> asides);
  void write(const Batch& batch, const SigningKey* next);
  void write_checkpoint(const SigningKey* next);
  void keep_known_good(const FileStamp& now);
  [[nodiscard]] std::optional<FileStamp> stamp_or_none() const;
  void put_bookmark();
};

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
    if (find_checkpoint_fault(newest.note, at, resumed_trail.first_key())) return false;
    check_key_file(sys, place, resumed_trail.first_key());
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
  check_reaches(trail.size(), std::max<std::uint64_t>(checkpoint_size(), 1), path,
                "its checkpoint");
  const auto fault = find_checkpoint_fault(
      checkpoint.note, *find_milestone(followed, checkpoint_size()), trail.first_key());
  if (fault) fail_untrusted(checkpoint_path(place.directory) + ": " + *fault);
  const Milestone* at = remembered ? find_milestone(followed, remembered->size) : nullptr;
  if (at != nullptr) check_remembered(*remembered, *at, path);
  check_key_file(sys, place, trail.first_key());
}

void LogWriter::State::require_usable() const {
  if (!failed) return;
  throw Failure(ExitStatus::needs_person, path + ": an append failed before; start again to go on");
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
  check_reaches(trail.size(), newest_size, path, "its checkpoint");
  const Milestone* at = find_milestone(followed, newest_size);
  if (newest.text != checkpoint.text) {
    // Without a milestone the trail is past it: it is older than what was read before.
    if (at == nullptr) fail_untrusted(named + ": was replaced by an older one");
    const auto fault = find_checkpoint_fault(newest.note, *at, trail.first_key());
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
  if (remembered) check_reaches(trail.size(), remembered->size, path, "the index");
  require_key_in_force();
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

std::optional<FileStamp> LogWriter::State::stamp_or_none() const {
  try {
    return stamp_of(sys, fd.get(), path);
  } catch (const Failure&) {
    return std::nullopt;
  }
}

/// Not after a rotation whose checkpoint is not the newest: the next append will do.
void LogWriter::State::put_bookmark() {
  if (!known_good || checkpoint_size() != trail.size()) return;
  // A file system that keeps whole seconds would not show a change within the same one.
  if (known_good->changed_ns == 0 || known_good->size_bytes != trail.end_bytes()) return;
  bookmark_size = trail.size();
  audit::put_bookmark(sys, place.directory, format_bookmark(trail, *known_good, key));
}

void LogWriter::State::require_key_in_force() {
  if (key.verifier().vkey() == trail.key().vkey()) return;
  // Rotated by another process since this one began: its caller has put the new key in place.
  SigningKey reread = SigningKey::from_file(sys, place.origin, key_file);
  if (reread.verifier().vkey() != trail.key().vkey()) {
    throw Failure(ExitStatus::usage, key_file + ": is key " + reread.verifier().id_hex() +
                                         ", but the log's key in force is " + trail.key().id_hex() +
                                         "; put that one in place");
  }
  key = std::move(reread);
}

void LogWriter::State::write(const Batch& batch, const SigningKey* next) {
  // A crash in here leaves a tail past the checkpoint: whole lines that the next writer reads back
  // and believes, or a torn one that it puts aside.
  failed = true;
  int error = base::pwrite_all(sys, fd.get(), base::as_bytes(batch.text), trail.end_bytes());
  if (error == 0) error = -sys.fdatasync(fd.get());
  if (error != 0) base::fail_errno(ExitStatus::needs_person, path, error);
  if (known_good) known_good = stamp_or_none();
  trail = batch.after;
  write_checkpoint(next);
  position = {trail.size(), trail.last_hash()};
  failed = false;
  if (next == nullptr) put_bookmark();
}

void LogWriter::State::write_checkpoint(const SigningKey* next) {
  const Checkpoint newest{place.origin, trail.size(), trail.root()};
  const SigningKey* const keys[] = {&key, next};
  const auto signers = std::span(keys).first(next == nullptr ? 1 : 2);
  std::string text = sign_checkpoint(newest, signers);
  base::replace_file(sys, checkpoint_path(place.directory), text, 0644);
  auto note = parse_checkpoint(text);
  EXPUNGE_ASSERT(note.has_value());
  checkpoint = {std::move(text), std::move(*note)};
}

LogWriter::LogWriter(base::Sys& sys, const LogPlace& place, const std::string& key_path,
                     const std::optional<Position>& remembered, unsigned workers, base::Time now) {
  SigningKey key = SigningKey::from_file(sys, place.origin, key_path);
  base::Fd fd = open_log(sys, place, O_RDWR, remembered);
  state_ = std::make_unique<State>(State{sys, place, key_path, log_path(place.directory),
                                         std::max(1U, workers), std::move(key), std::move(fd),
                                         Trail(place.origin), CheckpointFile{}, Position{}});
  State& state = *state_;
  std::optional<AppendLock> lock(std::in_place, sys, state.fd.get(), state.path);
  if (!state.go_on_from_bookmark(remembered)) {
    lock.reset();  // others may append meanwhile
    state.read_below_checkpoint(remembered);
    lock.emplace(sys, state.fd.get(), state.path);
  }
  state.catch_up(remembered, now);
  // Lines that a crash left past the checkpoint were flushed and read back: from now on their loss
  // would show. Not after a rotation: its checkpoint needs the old key too, and the next will do.
  if (state.checkpoint_size() < state.trail.size() && !state.trail.handed_over()) {
    state.write_checkpoint(nullptr);
  }
  if (state.bookmark_size != state.trail.size()) state.put_bookmark();
}

LogWriter::LogWriter(LogWriter&&) noexcept = default;
LogWriter::~LogWriter() = default;

std::uint64_t LogWriter::append(std::span<const Draft> drafts, base::Time now) {
  State& state = *state_;
  state.require_usable();
  for (const Draft& draft : drafts) EXPUNGE_ASSERT(draft.type != "key.rotate");
  const AppendLock lock(state.sys, state.fd.get(), state.path);
  state.catch_up(std::nullopt, now);
  const std::uint64_t seq = state.trail.size();
  if (!drafts.empty()) {
    state.write(make_batch(state.trail, state.key, drafts, now, state.workers), nullptr);
  }
  return seq;
}

void LogWriter::rotate_key(SigningKey next, const std::string& reason, base::Time now) {
  State& state = *state_;
  const VerifierKey& verifier = next.verifier();
  state.require_usable();
  EXPUNGE_ASSERT(verifier.origin() == state.place.origin);
  const AppendLock lock(state.sys, state.fd.get(), state.path);
  state.catch_up(std::nullopt, now);
  const Signature proof = next.sign(possession_message(
      state.place.origin, state.trail.size(), state.key.verifier().id_hex(), verifier.vkey()));
  const Draft draft = to_draft(KeyRotate{verifier.vkey(), to_base64(proof), reason});
  const Batch batch = make_batch(state.trail, state.key, {&draft, 1}, now, 1);
  // Before the entry, so that whoever reads the entry finds the key.
  base::replace_file(state.sys, audit::key_path(state.place.directory, verifier), verifier.to_pem(),
                     0644);
  state.write(batch, &next);
  state.key = std::move(next);
  state.put_bookmark();
}

void LogWriter::freeze_checkpoint() {
  State& state = *state_;
  const std::string path =
      state.place.directory + "/checkpoints/" + std::to_string(state.checkpoint_size()) + ".ckpt";
  struct statx status {};
  const int error = state.sys.statx(AT_FDCWD, path.c_str(), 0, STATX_SIZE, status);
  if (error == 0) {
    const CheckpointFile kept = read_checkpoint(state.sys, path, state.place.origin);
    if (kept.note.body != state.checkpoint.note.body) {
      fail_untrusted(path + ": speaks of another log than this one");
    }
    return;
  }
  if (error != -ENOENT) base::fail_errno(ExitStatus::needs_person, path, -error);
  base::replace_file(state.sys, path, state.checkpoint.text, 0644);
}

const Position& LogWriter::position() const {
  return state_->position;
}

const LogFacts& LogWriter::facts() const {
  return state_->trail.facts();
}

}  // namespace expunge::audit
