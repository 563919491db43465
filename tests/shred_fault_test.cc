// System calls that fail, fall short or are interrupted.

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "base/parallel.h"
#include "support/catch.h"
#include "support/loop_image.h"
#include "support/shred_files.h"

using namespace expunge;
using namespace expunge::shred;
using namespace expunge::test;
namespace fs = std::filesystem;

namespace {

const std::string& content() {
  static const std::string text = marked("DUE RECORDING", (1 << 20) + 70'000);
  return text;
}

/// Fails the call of that number, with or without having done it.
class FailingAt : public base::Sys {
 public:
  enum class Effect { done, not_done };
  FailingAt(int number, Effect effect) : left_(number), effect_(effect) {}
  [[nodiscard]] bool failed() const { return left_ < 0; }

  int openat2(int d, const char* p, const open_how& h) override {
    return strike<int>([&] { return Sys::openat2(d, p, h); }, Effect::not_done);
  }
  ssize_t pread(int f, void* b, std::size_t n, off_t o) override {
    return strike<ssize_t>([&] { return Sys::pread(f, b, n, o); });
  }
  ssize_t pwrite(int f, const void* b, std::size_t n, off_t o) override {
    return strike<ssize_t>([&] { return Sys::pwrite(f, b, n, o); });
  }
  int fsync(int f) override {
    return strike<int>([&] { return Sys::fsync(f); });
  }
  int fdatasync(int f) override {
    return strike<int>([&] { return Sys::fdatasync(f); });
  }
  int statx(int d, const char* p, int f, unsigned m, struct statx& s) override {
    return strike<int>([&] { return Sys::statx(d, p, f, m, s); });
  }
  int fcntl(int f, int c, long a) override {
    return strike<int>([&] { return Sys::fcntl(f, c, a); });
  }
  int ioctl(int f, unsigned long r, void* a) override {
    return strike<int>([&] { return Sys::ioctl(f, r, a); });
  }
  ssize_t flistxattr(int f, char* l, std::size_t n) override {
    return strike<ssize_t>([&] { return Sys::flistxattr(f, l, n); });
  }
  int renameat2(int a, const char* p, int b, const char* q, unsigned f) override {
    return strike<int>([&] { return Sys::renameat2(a, p, b, q, f); });
  }
  int unlinkat(int d, const char* p, int f) override {
    return strike<int>([&] { return Sys::unlinkat(d, p, f); });
  }

 private:
  template <typename T, typename Call>
  T strike(Call call) {
    return strike<T>(call, effect_);
  }
  template <typename T, typename Call>
  T strike(Call call, Effect effect) {
    if (left_-- != 0) return call();
    if (effect == Effect::done) static_cast<void>(call());
    return -EIO;
  }
  int left_;
  Effect effect_;
};

/// How far a destruction came.
enum class Stage { untouched, touched, proven, removed };

Stage destroy(const ArchiveRoot& root, const std::string& path, const StreamKey& key) {
  auto result = open_target(root, {path, {}, {}}, Fingerprint::yes);
  auto* const target = std::get_if<Target>(&result);
  if (target == nullptr) return Stage::untouched;
  if (overwritten(root, *target, key)) return Stage::touched;
  NoWatch nobody;
  return remove_names(root, std::span(&target, 1), nobody)[0] ? Stage::proven : Stage::removed;
}

}  // namespace

TEST_CASE("Whichever call fails no more is claimed than happened and the next run finishes it") {
  REQUIRE_LOOP_IMAGE();
  const bool xfs = GENERATE(false, true);
  const auto effect = GENERATE(FailingAt::Effect::done, FailingAt::Effect::not_done);
  LoopImage image(xfs ? "mkfs.xfs -q" : "mkfs.ext4 -q", "", 320 << 20);
  int number = 0;
  for (bool failed = true; failed; ++number) {
    REQUIRE(number < 200);
    const std::string path = "d/" + std::to_string(100'000 + number) + ".wav";
    put(image / path, content());
    FailingAt sys(number, effect);
    const StreamKey key = new_stream_key();
    std::optional<ArchiveRoot> root;
    root.emplace(sys, image.root());
    const Stage stage = destroy(*root, path, key);
    failed = sys.failed();
    INFO("call " << number << " stage " << static_cast<int>(stage));
    if (stage == Stage::untouched) CHECK(slurp(image / path) == content());
    if (stage == Stage::removed) CHECK_FALSE(fs::exists(image / path));
    if (!failed) CHECK(stage == Stage::removed);
    const ArchiveRoot again(base::real_sys(), image.root());
    if (again.has_file(path)) CHECK(destroy(again, path, key) == Stage::removed);
    CHECK(fs::remove(image / "d"));
  }
  CHECK(number > 12);
  CHECK(image.raw_hits("DUE RECORDING") == 0);
}

TEST_CASE("Short and interrupted reads and writes are gone on with") {
  REQUIRE_LOOP_IMAGE();
  struct Faltering : base::Sys {
    ssize_t pread(int fd, void* buffer, std::size_t bytes, off_t offset) override {
      if (++calls % 3 == 0) return -EINTR;
      return Sys::pread(fd, buffer, cut(bytes), offset);
    }
    ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset) override {
      if (++calls % 3 == 0) return -EINTR;
      return Sys::pwrite(fd, buffer, cut(bytes), offset);
    }
    static std::size_t cut(std::size_t bytes) {
      return std::max<std::size_t>(4096, bytes / 3 / 4096 * 4096);
    }
    int calls = 0;
  } sys;
  LoopImage image("mkfs.ext4 -q -b 4096");
  put(image / "file", content());
  {
    const ArchiveRoot root(sys, image.root());
    Target target = opened(root, "file");
    CHECK(target.fingerprint == base::sha256(content()));
    CHECK_FALSE(overwritten(root, target, new_stream_key()));
  }
  CHECK(image.raw_hits("DUE RECORDING") == 0);
}

TEST_CASE("A read or write that stops inside a unit is taken up at the unit's start") {
  REQUIRE_LOOP_IMAGE();
  struct Odd : base::Sys {
    ssize_t pread(int fd, void* buffer, std::size_t bytes, off_t offset) override {
      return lie(Sys::pread(fd, buffer, bytes, offset));
    }
    ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset) override {
      return lie(Sys::pwrite(fd, buffer, bytes, offset));
    }
    static ssize_t lie(ssize_t result) { return result > 8192 ? result - 5000 : result; }
  } sys;
  LoopImage image("mkfs.ext4 -q -b 4096");
  put(image / "file", content());
  const ArchiveRoot root(sys, image.root());
  Target target = opened(root, "file");
  CHECK(target.fingerprint == base::sha256(content()));
  CHECK_FALSE(overwritten(root, target, new_stream_key()));
}

TEST_CASE("A write that makes no progress fails instead of going on for ever") {
  REQUIRE_LOOP_IMAGE();
  struct Stuck : base::Sys {
    ssize_t pwrite(int, const void*, std::size_t, off_t) override { return 0; }
  } sys;
  LoopImage image("mkfs.ext4 -q");
  put(image / "file", content());
  const ArchiveRoot root(sys, image.root());
  Target target = opened(root, "file");
  const auto refusal = overwritten(root, target, new_stream_key());
  REQUIRE(refusal);
  CHECK(refusal->reason == Reason::write_failed);
}

TEST_CASE("A write that is reported and never made is found by reading back") {
  REQUIRE_LOOP_IMAGE();
  struct Lying : base::Sys {
    ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset) override {
      return offset == 0 ? Sys::pwrite(fd, buffer, bytes, offset) : static_cast<ssize_t>(bytes);
    }
  } sys;
  LoopImage image("mkfs.ext4 -q -b 4096");
  put(image / "file", content());
  const ArchiveRoot root(sys, image.root());
  Target target = opened(root, "file");
  const auto refusal = overwritten(root, target, new_stream_key());
  REQUIRE(refusal);
  CHECK(refusal->reason == Reason::read_back_differs);
}

TEST_CASE("A sector that cannot be read back is unreadable whatever the kernel calls it") {
  REQUIRE_LOOP_IMAGE();
  struct Unreadable : base::Sys {
    ssize_t pread(int fd, void* buffer, std::size_t bytes, off_t offset) override {
      return written ? -error : Sys::pread(fd, buffer, bytes, offset);
    }
    ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset) override {
      written = true;
      return Sys::pwrite(fd, buffer, bytes, offset);
    }
    int error = EIO;
    bool written = false;
  } sys;
  sys.error = GENERATE(EIO, ENODATA);  // the second is a medium error's
  LoopImage image("mkfs.ext4 -q");
  put(image / "file", content());
  const ArchiveRoot root(sys, image.root());
  Target target = opened(root, "file");
  const auto refusal = overwritten(root, target, new_stream_key());
  REQUIRE(refusal);
  CHECK(refusal->reason == Reason::unreadable);
}

TEST_CASE("A file that the disk keeps from being overwritten is not unlinked instead") {
  REQUIRE_LOOP_IMAGE();
  struct BadMap : base::Sys {
    int ioctl(int fd, unsigned long request, void* argument) override {
      if (request == failing) return -error;
      return Sys::ioctl(fd, request, argument);
    }
    unsigned long failing = 0;
    int error = 0;
  } sys;
  const bool xfs = GENERATE(false, true);
  const auto flags = xfs ? FS_IOC_FSGETXATTR : FS_IOC_GETFLAGS;
  LoopImage image(xfs ? "mkfs.xfs -q" : "mkfs.ext4 -q", "", 320 << 20);
  put(image / "file", content());
  const ArchiveRoot root(sys, image.root());
  const auto open = [&](unsigned long failing, int error) {
    sys.failing = failing;
    sys.error = error;
    return open_target(root, {"file", {}, {}}, Fingerprint::no, Accept::unlinked);
  };
  for (const unsigned long failing : {FS_IOC_FIEMAP, flags}) {
    for (const int error : {EIO, EUCLEAN, EBADMSG, ENOSPC, ENOMEM}) {
      const auto result = open(failing, error);
      REQUIRE(std::holds_alternative<Refusal>(result));
      CHECK(std::get<Refusal>(result).reason == Reason::unreadable);
    }
    const auto result = open(failing, EOPNOTSUPP);
    REQUIRE(std::holds_alternative<Target>(result));
    CHECK(std::get<Target>(result).method == Method::unlink);
  }
}

TEST_CASE("Where the disk does not say whether a file is there it may be there") {
  const Scratch dir;
  spill(dir / "file", "x");
  struct NoLookup : base::Sys {
    int openat2(int, const char*, const open_how&) override { return -error; }
    int error = EIO;
  } sys;
  const ArchiveRoot root(sys, dir / "");
  for (const int error : {EIO, EUCLEAN, EBADMSG, ENOMEM}) {
    sys.error = error;
    CHECK(root.has_file("file"));
  }
  sys.error = ENOENT;
  CHECK_FALSE(root.has_file("file"));
}

TEST_CASE("A failed flush is never tried again") {
  REQUIRE_LOOP_IMAGE();
  struct NoFlush : base::Sys {
    int fdatasync(int) override {
      ++calls;
      return -error;
    }
    int error = EIO;
    int calls = 0;
  } sys;
  sys.error = GENERATE(EIO, EINTR, EBADF);
  LoopImage image("mkfs.ext4 -q");
  put(image / "file", content());
  const ArchiveRoot root(sys, image.root());
  Target target = opened(root, "file");
  const auto refusal = overwritten(root, target, new_stream_key());
  REQUIRE(refusal);
  CHECK(refusal->reason == Reason::flush_failed);
  CHECK(sys.calls == 1);
}

TEST_CASE("One flush does for all files of a device") {
  REQUIRE_LOOP_IMAGE();
  struct Counting : base::Sys {
    int fdatasync(int fd) override {
      ++flushes;
      return Sys::fdatasync(fd);
    }
    int flushes = 0;
  } sys;
  LoopImage image("mkfs.ext4 -q");
  const ArchiveRoot root(sys, image.root());
  const StreamKey key = new_stream_key();
  std::vector<Target> targets;
  for (const char* name : {"empty", "small", "large"}) {
    put(image / name, content().substr(0, targets.size() * 500'000));
    targets.push_back(opened(root, name));
  }
  std::vector<Target*> pointers;
  for (Target& target : targets) {
    KeyStream stream(key, 0);
    REQUIRE_FALSE(overwrite(root, target, stream));
    pointers.push_back(&target);
  }
  CHECK_FALSE(flush(root, pointers));
  CHECK(sys.flushes == 1);
  CHECK_FALSE(flush(root, std::span(pointers.data(), 1)));
  CHECK(sys.flushes == 1);
}

TEST_CASE("The calls are made at once from several threads without harm") {
  REQUIRE_LOOP_IMAGE();
  LoopImage image("mkfs.ext4 -q -b 4096");
  constexpr std::size_t kFiles = 64;
  for (std::size_t i = 0; i < kFiles; ++i) {
    put(image / std::to_string(i), marked("DUE RECORDING", 1000 + i * 5000));
  }
  {
    const ArchiveRoot root(base::real_sys(), image.root());
    const StreamKey key = new_stream_key();
    std::vector<std::optional<Target>> targets(kFiles);
    std::vector<Target*> pointers(kFiles);
    base::parallel_for(kFiles, 4, [&](std::size_t i) {
      targets[i] = opened(root, std::to_string(i));
      pointers[i] = &*targets[i];
      KeyStream stream(key, static_cast<std::uint32_t>(i));
      if (overwrite(root, *targets[i], stream)) throw std::runtime_error("overwrite");
    });
    CHECK_FALSE(flush(root, pointers));
    base::parallel_for(kFiles, 4, [&](std::size_t i) {
      KeyStream stream(key, static_cast<std::uint32_t>(i));
      if (read_back(root, *targets[i], stream)) throw std::runtime_error("read back");
    });
  }
  CHECK(image.raw_hits("DUE RECORDING") == 0);
}
