#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "audit/base64.h"
#include "audit/batch.h"
#include "audit/course.h"
#include "audit/keys.h"
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
  bool failed = false;

  [[nodiscard]] std::uint64_t checkpoint_size() const { return checkpoint.note.checkpoint.size; }
  void read_below_checkpoint(const std::optional<Position>& remembered);
  void catch_up(const std::optional<Position>& remembered, base::Time now);
  void require_usable() const;
  void check_same_file();
  std::uint64_t follow_others(const std::optional<Position>& remembered, std::uint64_t end_bytes);
  void require_key_in_force();
  void write(const Batch& batch, const SigningKey* next);
  void write_checkpoint(const SigningKey* next);
};

/// Follows the log as far as the checkpoint covers it, without the lock: the rest is catch_up's.
void LogWriter::State::read_below_checkpoint(const std::optional<Position>& remembered) {
  LineReader reader(cached_reader(sys, fd.get(), path), 0, file_size(sys, fd.get(), path));
  Course course{.until_size = checkpoint_size(),
                .trusted_size = checkpoint_size(),
                .stops = {checkpoint_size()},
                .workers = workers};
  if (remembered) course.stops.push_back(remembered->size);
  const Followed followed = audit::follow(trail, reader, course);
  if (followed.fault) fail_untrusted(path, *followed.fault);
  check_reaches_checkpoint(trail.size(), std::max<std::uint64_t>(checkpoint_size(), 1), path);
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
  check_reaches_checkpoint(trail.size(), newest_size, path);
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
  const std::uint64_t end_bytes = file_size(sys, fd.get(), path);
  if (end_bytes < trail.end_bytes()) {
    fail_untrusted(path + ": has become shorter than it was");
  }
  const std::uint64_t covered_bytes = follow_others(remembered, end_bytes);
  std::optional<LogRecovered> recovered;
  if (covered_bytes < end_bytes) {
    if (const int error = sys.fdatasync(fd.get()); error != 0) {
      base::fail_errno(ExitStatus::needs_person, path, -error);
    }
    const ReadAt device = device_reader(sys, fd.get(), path);
    LineReader reader(device, covered_bytes, end_bytes);
    Course course{.workers = workers};
    if (remembered) course.stops.push_back(remembered->size);
    const Followed followed = audit::follow(trail, reader, course);
    if (followed.fault && !followed.zeros) fail_untrusted(path, *followed.fault);
    const Milestone* at = remembered ? find_milestone(followed, remembered->size) : nullptr;
    if (at != nullptr) check_remembered(*remembered, *at, path);
    if (remembered) check_reaches_remembered(trail.size(), *remembered, path);
    require_key_in_force();
    if (trail.end_bytes() < end_bytes) {
      recovered =
          put_tail_aside(sys, place.directory, fd.get(), device, trail.end_bytes(), end_bytes, now);
    }
  } else {
    if (remembered) check_reaches_remembered(trail.size(), *remembered, path);
    require_key_in_force();
  }
  if (recovered) {
    const Draft draft = to_draft(*recovered);
    write(make_batch(trail, key, {&draft, 1}, now, 1), nullptr);
  }
  position = {trail.size(), trail.last_hash()};
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
  trail = batch.after;
  write_checkpoint(next);
  position = {trail.size(), trail.last_hash()};
  failed = false;
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
  CheckpointFile checkpoint = read_checkpoint(sys, checkpoint_path(place.directory), place.origin);
  state_ = std::make_unique<State>(State{sys, place, key_path, log_path(place.directory),
                                         std::max(1U, workers), std::move(key), std::move(fd),
                                         Trail(place.origin), std::move(checkpoint), Position{}});
  state_->read_below_checkpoint(remembered);
  const AppendLock lock(sys, state_->fd.get(), state_->path);
  state_->catch_up(remembered, now);
  // Lines that a crash left past the checkpoint were flushed and read back: from now on their loss
  // would show. Not after a rotation: its checkpoint needs the old key too, and the next will do.
  if (state_->checkpoint_size() < state_->trail.size() && !state_->trail.handed_over()) {
    state_->write_checkpoint(nullptr);
  }
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
