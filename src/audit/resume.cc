#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "audit/bookmark.h"
#include "audit/course.h"
#include "audit/line.h"
#include "audit/opened.h"
#include "base/error.h"
#include "base/io.h"

namespace expunge::audit {
namespace {

/// Far more than the holds, departments and rotations of any council.
constexpr std::uint64_t kBookmarkLimitBytes = std::uint64_t{16} << 20;
/// How far back the index's memory is looked for: a night's largest batches.
constexpr std::uint64_t kMemoryLimitBytes = std::uint64_t{8} << 20;

/// Why a bookmark is passed over, in words.
struct Doubt {
  const char* why;
};

/// The line that begins at `begin_bytes`, without its LF.
std::string line_at(const ReadAt& read, std::uint64_t begin_bytes) {
  std::string line(kMaxLineBytes + 1, '\0');
  line.resize(read(std::as_writable_bytes(std::span(line)), begin_bytes));
  const auto lf = line.find('\n');
  if (lf == std::string::npos) throw Doubt{"the log does not have the lines that it speaks of"};
  line.resize(lf);
  return line;
}

/// Where entry `seq` begins in the log that `trail` has followed to its end.
std::uint64_t begin_of(const Trail& trail, const ReadAt& read, std::uint64_t seq) {
  if (seq == 0) return 0;
  const auto lf =
      find_lf_backwards(read, trail.end_bytes(), trail.size() - seq + 1, kMemoryLimitBytes);
  if (!lf) throw Doubt{"the index remembers a place that is too far back"};
  return *lf + 1;
}

/// That the last entry is the one that the trail ended in.
void check_last_line(const Trail& trail, const ReadAt& read) {
  const std::uint64_t begin_bytes = begin_of(trail, read, trail.size() - 1);
  const std::string line = line_at(read, begin_bytes);
  const auto parts = take_apart(line).parts;
  base::Sha256 sha;
  if (!parts || parts->seq + 1 != trail.size() || parts->key != trail.last_key_id() ||
      begin_bytes + line.size() + 1 != trail.end_bytes() ||
      hash_signed_bytes(sha, line) != trail.last_hash()) {
    throw Doubt{"the log ends in another line"};
  }
}

/// That the entries from the remembered one on are chained to the trail's end.
void check_memory(const Trail& trail, const ReadAt& read, const Position& remembered) {
  if (remembered.size > trail.size()) return;
  const Doubt doubt{"the log does not end as the index remembers"};
  if (remembered.size == 0 || remembered.size == trail.size()) {
    const base::Digest none{};
    if (remembered.last_hash != (remembered.size == 0 ? none : trail.last_hash())) throw doubt;
    return;
  }
  std::uint64_t seq = remembered.size - 1;
  LineReader reader(read, begin_of(trail, read, seq), trail.end_bytes());
  base::Sha256 sha;
  base::Digest hash{};
  for (auto lines = reader.next(); !lines.empty(); lines = reader.next()) {
    for (const std::string_view line : lines) {
      const auto parts = take_apart(line).parts;
      if (!parts || parts->seq != seq) throw doubt;
      const bool first = seq + 1 == remembered.size;
      if (!first && parts->prev != view(to_hex_digest(hash))) throw doubt;
      hash = hash_signed_bytes(sha, line);
      if (first && hash != remembered.last_hash) throw doubt;
      ++seq;
    }
  }
  if (seq != trail.size() || hash != trail.last_hash()) throw doubt;
}

Bookmark believed(base::Sys& sys, const LogPlace& place, int log,
                  const std::optional<Position>& remembered, const VerifierKey* own_key) {
  const std::string named = bookmark_path(place.directory);
  const int raw = sys.openat(AT_FDCWD, named.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
  const base::Fd fd(raw);
  if (raw == -ENOENT) throw Doubt{"there is none"};
  if (raw < 0) throw Doubt{"it cannot be read"};
  const std::uint64_t bytes = file_size(sys, raw, named);
  if (bytes > kBookmarkLimitBytes) throw Doubt{"it is too large"};
  std::string text(bytes, '\0');
  text.resize(cached_reader(sys, raw, named)(std::as_writable_bytes(std::span(text)), 0));

  const ReadAt read = cached_reader(sys, log, log_path(place.directory));
  auto bookmark = parse_bookmark(text, place.origin, line_at(read, 0));
  if (!bookmark) throw Doubt{"it is not signed by the log's key, or of another version"};
  const Trail& trail = bookmark->trail;
  if (own_key != nullptr && trail.key().vkey() != own_key->vkey()) {
    throw Doubt{"it is signed by another key"};
  }
  // After the bookmark was read: if they agree, nobody wrote in between.
  if (stamp_of(sys, log, named) != bookmark->stamp) {
    throw Doubt{"the log was changed after it was written"};
  }
  check_last_line(trail, read);
  if (remembered) check_memory(trail, read, *remembered);
  return std::move(*bookmark);
}

}  // namespace

Resumed resume(base::Sys& sys, const LogPlace& place, int fd,
               const std::optional<Position>& remembered, const VerifierKey* own_key) {
  try {
    return {believed(sys, place, fd, remembered, own_key), {}};
  } catch (const Doubt& doubt) {
    return {std::nullopt, doubt.why};
  } catch (const base::Failure& failure) {
    return {std::nullopt, failure.what()};
  }
}

}  // namespace expunge::audit
