#include "audit/tail.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <vector>

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

std::string free_name(base::Sys& sys, const std::string& directory, base::Time now, base::Fd& fd) {
  std::string time = base::to_text(now);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  for (int copy = 0;; ++copy) {
    std::string path = directory;
    path.append("/log.torn-").append(time);
    if (copy > 0) path.append(1, '.').append(std::to_string(copy));
    const int raw = sys.openat(AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (raw == -EEXIST && copy < 1000) continue;
    if (raw < 0) base::fail_errno(base::ExitStatus::needs_person, path, -raw);
    fd = base::Fd(raw);
    if (const int denied = base::settle_in(sys, raw, path, 0644); denied != 0) {
      base::fail_errno(base::ExitStatus::needs_person, path, denied);
    }
    return path;
  }
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

LogRecovered put_tail_aside(base::Sys& sys, const std::string& directory, int fd,
                            const ReadAt& read, std::uint64_t begin_bytes, std::uint64_t end_bytes,
                            base::Time now) {
  base::Fd aside;
  const std::string path = free_name(sys, directory, now, aside);
  std::vector<std::byte> buffer(std::min<std::uint64_t>(kCopyBytes, end_bytes - begin_bytes));
  base::Sha256 sha;
  std::uint64_t copied_bytes = 0;
  bool only_zeros = true;
  while (begin_bytes + copied_bytes < end_bytes) {
    const std::uint64_t wanted =
        std::min<std::uint64_t>(buffer.size(), end_bytes - begin_bytes - copied_bytes);
    const std::size_t got = read(std::span(buffer).first(wanted), begin_bytes + copied_bytes);
    if (got == 0) break;
    const auto part = std::span(buffer).first(got);
    const int error = base::pwrite_all(sys, aside.get(), part, copied_bytes);
    if (error != 0) base::fail_errno(base::ExitStatus::needs_person, path, error);
    sha.update(part);
    only_zeros = only_zeros && std::all_of(part.begin(), part.end(),
                                           [](std::byte b) { return b == std::byte{0}; });
    copied_bytes += got;
  }
  if (const int error = sys.fsync(aside.get()); error != 0) {
    base::fail_errno(base::ExitStatus::needs_person, path, -error);
  }
  base::sync_directory(sys, directory);
  // A crash before this line leaves the torn tail and a copy of it; after it, the copy alone, and
  // no entry that speaks of it.
  int error = sys.ftruncate(fd, static_cast<off_t>(begin_bytes));
  if (error == 0) error = sys.fsync(fd);
  if (error != 0) base::fail_errno(base::ExitStatus::needs_person, directory, -error);
  return {copied_bytes, base::to_hex(sha.finish()), only_zeros ? "zero bytes" : "torn line"};
}

}  // namespace expunge::audit
