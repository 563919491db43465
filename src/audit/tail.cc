#include "audit/tail.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include "audit/course.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/sha256.h"
#include "base/text.h"

namespace expunge::audit {
namespace {

constexpr std::size_t kAlignmentBytes = 4096;
constexpr std::size_t kDirectBytes = std::size_t{1} << 20;
constexpr std::size_t kCopyBytes = std::size_t{1} << 20;

struct Freed {
  void operator()(std::byte* buffer) const noexcept { std::free(buffer); }
};

/// An aligned window over a file opened with O_DIRECT.
class DirectFile {
 public:
  DirectFile(base::Sys& sys, base::Fd fd, std::string path)
      : sys_(sys),
        fd_(std::move(fd)),
        path_(std::move(path)),
        window_(static_cast<std::byte*>(std::aligned_alloc(kAlignmentBytes, kDirectBytes))) {
    EXPUNGE_ASSERT(window_ != nullptr);
  }

  std::size_t read(std::span<std::byte> out, std::uint64_t offset_bytes) {
    std::size_t done = 0;
    while (done < out.size()) {
      const std::uint64_t at = offset_bytes + done;
      const std::uint64_t begin = at / kAlignmentBytes * kAlignmentBytes;
      const std::size_t got = load(begin);
      const std::size_t skip = at - begin;
      if (got <= skip) break;
      const std::size_t some = std::min(got - skip, out.size() - done);
      std::copy_n(window_.get() + skip, some, out.data() + done);
      done += some;
      if (got < kDirectBytes && done < out.size()) break;
    }
    return done;
  }

 private:
  std::size_t load(std::uint64_t begin_bytes) {
    for (;;) {
      const ssize_t got =
          sys_.pread(fd_.get(), window_.get(), kDirectBytes, static_cast<off_t>(begin_bytes));
      if (got == -EINTR) continue;
      if (got < 0) base::fail_errno(base::ExitStatus::usage, path_, static_cast<int>(-got));
      return static_cast<std::size_t>(got);
    }
  }

  base::Sys& sys_;
  base::Fd fd_;
  std::string path_;
  std::unique_ptr<std::byte, Freed> window_;
};

constexpr std::string_view kPrefix = "log.torn-";
constexpr std::string_view kAfter = ".after-";
constexpr int kMaxCopies = 1000;

std::string in(const std::string& directory, const std::string& name) {
  return directory + "/" + name;
}

/// `log.torn-TIME`, and `.1` and so on where that is taken.
std::string stem_of(base::Time now, int copy) {
  std::string time = base::to_text(now);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  std::string stem(kPrefix);
  stem.append(time);
  if (copy > 0) stem.append(1, '.').append(std::to_string(copy));
  return stem;
}

bool exists(base::Sys& sys, const std::string& path) {
  struct statx status {};
  return sys.statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_INO, status) != -ENOENT;
}

/// Calls `each` for the tail's bytes, block by block, and describes it.
template <typename Each>
LogRecovered walk(const Tail& tail, const Each& each) {
  std::vector<std::byte> buffer(
      std::min<std::uint64_t>(kCopyBytes, tail.end_bytes - tail.begin_bytes));
  base::Sha256 sha;
  std::uint64_t done_bytes = 0;
  bool only_zeros = true;
  while (tail.begin_bytes + done_bytes < tail.end_bytes) {
    const std::uint64_t wanted =
        std::min<std::uint64_t>(buffer.size(), tail.end_bytes - tail.begin_bytes - done_bytes);
    const std::size_t got =
        tail.read(std::span(buffer).first(wanted), tail.begin_bytes + done_bytes);
    if (got == 0) break;
    const auto part = std::span(buffer).first(got);
    each(part, done_bytes);
    sha.update(part);
    only_zeros = only_zeros && std::all_of(part.begin(), part.end(),
                                           [](std::byte b) { return b == std::byte{0}; });
    done_bytes += got;
  }
  return {done_bytes, base::to_hex(sha.finish()), only_zeros ? "zero bytes" : "torn line"};
}

}  // namespace

ReadAt device_reader(base::Sys& sys, int fd, const std::string& path) {
  const auto through_cache = [&] {
    static_cast<void>(::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED));
    return cached_reader(sys, fd, path);
  };
  const int raw = sys.openat(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECT, 0);
  if (raw == -EINVAL) return through_cache();
  if (raw < 0) base::fail_errno(base::ExitStatus::usage, path, -raw);
  const auto file = std::make_shared<DirectFile>(sys, base::Fd(raw), path);
  // Some file systems accept the flag and refuse the first read.
  const std::unique_ptr<std::byte, Freed> probe(
      static_cast<std::byte*>(std::aligned_alloc(kAlignmentBytes, kAlignmentBytes)));
  if (sys.pread(raw, probe.get(), kAlignmentBytes, 0) == -EINVAL) return through_cache();
  return [file](std::span<std::byte> out, std::uint64_t offset_bytes) {
    return file->read(out, offset_bytes);
  };
}

std::vector<PutAside> find_put_aside(base::Sys& sys, const std::string& directory) {
  std::vector<PutAside> found;
  std::error_code error;
  for (std::filesystem::directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    const auto mark = name.find(kAfter);
    if (!name.starts_with(kPrefix) || mark == std::string::npos) continue;
    const auto after = base::parse_number(std::string_view(name).substr(mark + kAfter.size()));
    if (after) found.push_back({name, *after, {}});
  }
  if (error) base::fail_errno(base::ExitStatus::usage, directory, error.value());
  std::sort(found.begin(), found.end(),
            [](const PutAside& a, const PutAside& b) { return a.name < b.name; });
  for (PutAside& aside : found) {
    const std::string path = in(directory, aside.name);
    const base::Fd fd = base::open_or_fail(sys, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const ReadAt read = cached_reader(sys, fd.get(), path);
    aside.entry = describe({read, 0, file_size(sys, fd.get(), path)});
  }
  return found;
}

LogRecovered describe(const Tail& tail) {
  return walk(tail, [](std::span<const std::byte>, std::uint64_t) {});
}

PutAside put_aside(base::Sys& sys, const std::string& directory, const Tail& tail,
                   std::uint64_t after, base::Time now) {
  const auto fail = [](const std::string& path, int error) {
    base::fail_errno(base::ExitStatus::needs_person, path, error);
  };
  PutAside aside{{}, after, {}};
  int copy = 0;
  do {
    aside.name = stem_of(now, copy).append(kAfter).append(std::to_string(after));
  } while (
      (exists(sys, in(directory, stem_of(now, copy))) || exists(sys, in(directory, aside.name))) &&
      ++copy < kMaxCopies);
  const std::string path = in(directory, aside.name);
  const std::string beside = in(directory, "log.torn.new");
  // Left by a crash, when the tail was still where it is now.
  if (const int gone = sys.unlinkat(AT_FDCWD, beside.c_str(), 0); gone != 0 && gone != -ENOENT) {
    fail(beside, -gone);
  }
  const int raw = sys.openat(AT_FDCWD, beside.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (raw < 0) fail(beside, -raw);
  const base::Fd fd(raw);
  if (const int error = base::settle_in(sys, raw, beside, 0644); error != 0) fail(beside, error);
  aside.entry = walk(tail, [&](std::span<const std::byte> part, std::uint64_t offset_bytes) {
    const int error = base::pwrite_all(sys, raw, part, offset_bytes);
    if (error != 0) fail(beside, error);
  });
  if (const int error = sys.fsync(raw); error != 0) fail(beside, -error);
  const int error =
      sys.renameat2(AT_FDCWD, beside.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE);
  if (error != 0) fail(path, -error);
  base::sync_directory(sys, directory);
  return aside;
}

void cut_log(base::Sys& sys, int fd, const std::string& path, std::uint64_t end_bytes) {
  int error = sys.ftruncate(fd, static_cast<off_t>(end_bytes));
  if (error == 0) error = sys.fsync(fd);
  if (error != 0) base::fail_errno(base::ExitStatus::needs_person, path, -error);
}

void call_logged(base::Sys& sys, const std::string& directory, const PutAside& aside) {
  const std::string from = in(directory, aside.name);
  const std::string stem = in(directory, aside.name.substr(0, aside.name.find(kAfter)));
  for (int copy = 0; copy < kMaxCopies; ++copy) {
    const std::string to = copy == 0 ? stem : stem + "." + std::to_string(copy);
    const int error = sys.renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
    if (error != -EEXIST) return;
  }
}

}  // namespace expunge::audit
