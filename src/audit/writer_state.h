#pragma once

#include <sys/file.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/batch.h"
#include "audit/bookmark.h"
#include "audit/course.h"
#include "audit/keys.h"
#include "audit/log.h"
#include "audit/tail.h"
#include "audit/trail.h"
#include "base/error.h"
#include "base/fd.h"

// What LogWriter is inside: writer.cc appends, catch_up.cc reads what it appends to.
namespace expunge::audit {

/// The log's own lock, held for one append.
class AppendLock {
 public:
  AppendLock(base::Sys& sys, int fd, const std::string& path) : sys_(sys), fd_(fd) {
    int error = 0;
    do {
      error = sys_.flock(fd_, LOCK_EX);
    } while (error == -EINTR);
    if (error != 0) base::fail_errno(base::ExitStatus::needs_person, path + ": lock", -error);
  }
  AppendLock(const AppendLock&) = delete;
  AppendLock& operator=(const AppendLock&) = delete;
  ~AppendLock() { static_cast<void>(sys_.flock(fd_, LOCK_UN)); }

 private:
  base::Sys& sys_;
  int fd_;
};

struct LogWriter::State {
  base::Sys& sys;
  LogPlace place;
  KeyFiles key_files;
  std::string path;
  unsigned workers;
  Secret passphrase;
  SigningKey key;
  std::optional<SigningKey> checkpoint_key;  ///< as configured; the log must have the same
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
  void require_checkpoint_key() const;
  [[nodiscard]] std::vector<const SigningKey*> checkpoint_signers(const SigningKey* next) const;
  void settle_torn_tails(const Tail& torn, base::Time now);
  [[nodiscard]] std::vector<PutAside> not_logged(std::vector<PutAside> asides);
  void write(const Batch& batch, const SigningKey* next);
  void write_checkpoint(const SigningKey* next);
  void keep_known_good(const FileStamp& now);
  [[nodiscard]] std::optional<FileStamp> stamp_or_none() const;
  void put_bookmark();
};

}  // namespace expunge::audit
