#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "audit/base64.h"
#include "audit/opened.h"
#include "audit/writer_state.h"
#include "base/io.h"

namespace expunge::audit {

using base::ExitStatus;
using base::Failure;

void LogWriter::State::require_usable() const {
  if (!failed) return;
  throw Failure(ExitStatus::needs_person, path + ": an append failed before; start again to go on");
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
  // Rotated by another process since this one began, which puts the new key in its place, or died
  // before it could. The last look is for one that did so between the first two.
  for (const std::string& file : {key_files.entries, next_key_path(key_files), key_files.entries}) {
    const int raw = sys.openat(AT_FDCWD, file.c_str(), O_PATH | O_NOFOLLOW, 0);
    const base::Fd closes(raw);
    if (raw == -ENOENT) continue;
    try {
      SigningKey reread = SigningKey::from_file(sys, place.origin, file, passphrase);
      if (reread.verifier().vkey() != trail.key().vkey()) continue;
      key = std::move(reread);
      return;
    } catch (const Failure&) {
      if (file == key_files.entries) throw;  // the other may be torn: then it is nobody's key yet
    }
  }
  throw Failure(ExitStatus::usage, key_files.entries + ": is key " + key.verifier().id_hex() +
                                       ", but the log's key in force is " + trail.key().id_hex() +
                                       "; put that one in place");
}

void LogWriter::State::require_checkpoint_key() const {
  const auto& expected = trail.checkpoint_key();
  const std::string found = checkpoint_key ? checkpoint_key->verifier().id_hex() : "";
  if (expected && !checkpoint_key) {
    throw Failure(ExitStatus::usage, place.directory + ": its checkpoints are signed by key " +
                                         expected->id_hex() +
                                         "; name that key's file as log.checkpoint-key");
  }
  if (!expected && checkpoint_key) {
    throw Failure(ExitStatus::usage, key_files.checkpoints +
                                         ": the log was opened without a key for its checkpoints; "
                                         "take log.checkpoint-key out of the configuration");
  }
  if (expected && expected->vkey() != checkpoint_key->verifier().vkey()) {
    throw Failure(ExitStatus::usage, key_files.checkpoints + ": is key " + found +
                                         ", but the log's checkpoints are signed by key " +
                                         expected->id_hex() + "; put that one in place");
  }
}

/// Those that must sign a checkpoint now; at a rotation, that is before `next` is in force.
std::vector<const SigningKey*> LogWriter::State::checkpoint_signers(const SigningKey* next) const {
  if (checkpoint_key) return {&*checkpoint_key};
  if (next != nullptr) return {&key, next};
  return {&key};
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
  std::string text = sign_checkpoint(newest, checkpoint_signers(next));
  base::replace_file(sys, checkpoint_path(place.directory), text, 0644);
  auto note = parse_checkpoint(text);
  EXPUNGE_ASSERT(note.has_value());
  checkpoint = {std::move(text), std::move(*note)};
}

LogWriter::LogWriter(base::Sys& sys, const LogPlace& place, const KeyFiles& keys,
                     const std::optional<Position>& remembered, unsigned workers, base::Time now) {
  Secret passphrase = read_passphrase(sys, keys.passphrase_file);
  SigningKey key = SigningKey::from_file(sys, place.origin, keys.entries, passphrase);
  std::optional<SigningKey> checkpoint_key;
  if (!keys.checkpoints.empty()) {
    checkpoint_key = SigningKey::from_file(sys, place.origin, keys.checkpoints, passphrase);
  }
  base::Fd fd = open_log(sys, place, O_RDWR, remembered);
  state_ = std::make_unique<State>(State{sys, place, keys, log_path(place.directory),
                                         std::max(1U, workers), std::move(passphrase),
                                         std::move(key), std::move(checkpoint_key), std::move(fd),
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
  // would show. Not after a rotation whose checkpoint needs the old key too: the next will do.
  if (state.checkpoint_size() < state.trail.size() &&
      (state.checkpoint_key || !state.trail.handed_over())) {
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

std::uint64_t LogWriter::freeze_checkpoint() {
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
    return state.checkpoint_size();
  }
  if (error != -ENOENT) base::fail_errno(ExitStatus::needs_person, path, -error);
  base::replace_file(state.sys, path, state.checkpoint.text, 0644);
  return state.checkpoint_size();
}

const Position& LogWriter::position() const {
  return state_->position;
}

const VerifierKey& LogWriter::key() const {
  return state_->key.verifier();
}

const LogFacts& LogWriter::facts() const {
  return state_->trail.facts();
}

}  // namespace expunge::audit
