#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <thread>

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

LogState read_log(base::Sys& sys, const LogPlace& place,
                  const std::optional<Position>& remembered) {
  const std::string path = log_path(place.directory);
  // The checkpoint first: what is appended meanwhile then only lies past it.
  const base::Fd fd = open_log(sys, place, O_RDONLY, remembered);
  const CheckpointFile checkpoint =
      read_checkpoint(sys, checkpoint_path(place.directory), place.origin);
  const std::uint64_t checkpoint_size = checkpoint.note.checkpoint.size;
  const std::uint64_t size_bytes = file_size(sys, fd.get(), path);

  Trail trail(place.origin);
  LineReader reader(cached_reader(sys, fd.get(), path), 0, size_bytes);
  Course course{.trusted_size = checkpoint_size,
                .stops = {checkpoint_size},
                .workers = std::max(1U, std::thread::hardware_concurrency())};
  if (remembered) course.stops.push_back(remembered->size);
  const Followed followed = follow(trail, reader, course);
  if (followed.fault && !(followed.zeros && trail.size() >= checkpoint_size)) {
    fail_untrusted(path, *followed.fault);
  }
  check_reaches_checkpoint(trail.size(), std::max<std::uint64_t>(checkpoint_size, 1), path);
  const auto fault = find_checkpoint_fault(
      checkpoint.note, *find_milestone(followed, checkpoint_size), trail.first_key());
  if (fault) fail_untrusted(checkpoint_path(place.directory) + ": " + *fault);
  if (remembered) {
    check_reaches_remembered(trail.size(), *remembered, path);
    check_remembered(*remembered, *find_milestone(followed, remembered->size), path);
  }
  check_key_file(sys, place, trail.first_key());

  const std::uint64_t torn_bytes =
      followed.fault ? size_bytes - trail.end_bytes() : reader.rest_bytes();
  return {trail.facts(),
          {trail.size(), trail.last_hash()},
          checkpoint_size,
          torn_bytes,
          trail.key().vkey()};
}

void for_each_entry(base::Sys& sys, const LogPlace& place, std::uint64_t from_seq,
                    const std::function<bool(const EntryView&)>& each) {
  const std::string path = log_path(place.directory);
  const base::Fd fd = open_log(sys, place, O_RDONLY, std::nullopt);
  LineReader reader(cached_reader(sys, fd.get(), path), 0, file_size(sys, fd.get(), path));
  std::uint64_t seq = 0;
  std::uint64_t offset_bytes = 0;
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
