// Torn tails, and what the next writer makes of them.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "audit/line.h"
#include "base/fd.h"
#include "base/text.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/torn_log.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;
using namespace expunge::test::torn_log;

namespace {

/// Notes the calls that make things durable, in order.
class RecordingSys : public base::Sys {
 public:
  std::vector<std::string> calls;

  ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset_bytes) override {
    calls.emplace_back("pwrite");
    return Sys::pwrite(fd, buffer, bytes, offset_bytes);
  }
  int ftruncate(int fd, off_t length_bytes) override {
    calls.emplace_back("ftruncate");
    return Sys::ftruncate(fd, length_bytes);
  }
  int fsync(int fd) override {
    calls.emplace_back("fsync");
    return Sys::fsync(fd);
  }
  int fdatasync(int fd) override {
    calls.emplace_back("fdatasync");
    return Sys::fdatasync(fd);
  }
  int flock(int fd, int operation) override {
    calls.emplace_back("flock");
    return Sys::flock(fd, operation);
  }
  int renameat2(int from, const char* old_path, int to, const char* new_path,
                unsigned flags) override {
    calls.emplace_back("renameat2");
    return Sys::renameat2(from, old_path, to, new_path, flags);
  }
};

/// Gives the bytes past `from_bytes` as the device lost them: zeros, when read with O_DIRECT.
class LyingCache : public base::Sys {
 public:
  explicit LyingCache(std::uint64_t from_bytes) : from_bytes_(from_bytes) {}
  [[nodiscard]] bool has_flushed_first() const { return flushed_ && !read_before_flush_; }

  int openat(int dirfd, const char* path, int flags, mode_t mode) override {
    const int fd = Sys::openat(dirfd, path, flags, mode);
    if ((flags & O_DIRECT) != 0) direct_ = fd;
    return fd;
  }
  int fdatasync(int fd) override {
    flushed_ = true;
    return Sys::fdatasync(fd);
  }
  ssize_t pread(int fd, void* buffer, std::size_t bytes, off_t offset_bytes) override {
    const ssize_t got = Sys::pread(fd, buffer, bytes, offset_bytes);
    if (fd != direct_ || got < 0) return got;
    if (!flushed_) read_before_flush_ = true;
    for (ssize_t i = 0; i < got; ++i) {
      if (static_cast<std::uint64_t>(offset_bytes + i) >= from_bytes_) {
        static_cast<char*>(buffer)[i] = '\0';
      }
    }
    return got;
  }

 private:
  std::uint64_t from_bytes_;
  int direct_ = -1;
  bool flushed_ = false, read_before_flush_ = false;
};

}  // namespace

TEST_CASE("A tail cut at any byte past the checkpoint is put aside and recorded") {
  const Interrupted crash;
  const std::string checkpoint = slurp(crash.log.file("checkpoint"));
  std::size_t recoveries = 0;
  for (std::size_t size = crash.first.size(); size <= crash.whole.size(); size += 3) {
    const std::string text = crash.whole.substr(0, size);
    spill(crash.log.file("log.jsonl"), text);
    spill(crash.log.file("checkpoint"), checkpoint);
    const std::size_t whole_bytes = text.rfind('\n') + 1;
    INFO("cut to " << size);
    const LogState state = crash.log.read();
    REQUIRE(state.torn_bytes == size - whole_bytes);
    const std::uint64_t lines = lines_of(text.substr(0, whole_bytes)).size();
    REQUIRE(state.position.size == lines);
    auto writer = crash.log.writer(base::real_sys());
    const bool torn = whole_bytes < size;
    REQUIRE(writer.position().size == lines + (torn ? 1 : 0));
    REQUIRE(crash.log.text().starts_with(text.substr(0, whole_bytes)));
    REQUIRE(verified(crash.log));
    REQUIRE(crash.log.read().checkpoint_size == writer.position().size);
    if (!torn) continue;
    const std::string last = lines_of(crash.log.text()).back();
    const LineParts parts = take_apart(last).parts.value();
    REQUIRE(parts.type == "log.recovered");
    const std::string cut = text.substr(whole_bytes);
    REQUIRE(
        parts.members ==
        to_draft(LogRecovered{cut.size(), base::to_hex(base::sha256(cut)), "torn line"}).members);
    ++recoveries;
    REQUIRE(crash.log.names("log.torn-").size() == recoveries);
  }
  REQUIRE(recoveries > 100);
  const std::string name = crash.log.names("log.torn-20260201T020000.000Z").front();
  CHECK(name.starts_with("log.torn-20260201T020000.000Z"));
}

TEST_CASE("What is put aside is what was cut off") {
  const Interrupted crash;
  spill(crash.log.file("log.jsonl"), crash.whole + "half a li");
  auto writer = crash.log.writer(base::real_sys());
  REQUIRE(crash.log.names("log.torn-").size() == 1);
  CHECK(slurp(crash.log.file(crash.log.names("log.torn-").front())) == "half a li");
  CHECK(crash.log.text().starts_with(crash.whole + "{\"v\":1"));
}

TEST_CASE("An append and a recovery make their calls in the order that makes them durable") {
  using Calls = std::vector<std::string>;
  const Calls entries = {"pwrite", "fdatasync"};
  const Calls checkpoint = {"pwrite", "fsync", "renameat2", "fsync"};
  const Calls bookmark = {"pwrite", "renameat2"};
  const Calls aside = {"fdatasync", "pwrite", "fsync", "renameat2", "fsync", "ftruncate", "fsync"};
  const Calls logged = {"renameat2"};
  const auto locked = [](std::initializer_list<Calls> parts) {
    Calls calls = {"flock"};
    for (const Calls& part : parts) calls.insert(calls.end(), part.begin(), part.end());
    calls.emplace_back("flock");
    return calls;
  };
  const Interrupted crash;
  spill(crash.log.file("log.jsonl"), crash.whole + "torn");
  RecordingSys sys;
  auto writer = crash.log.writer(sys);
  Calls whole = {"flock",
                 "flock"};  // read without the lock, as there was no bookmark to go on from
  const Calls recovery = locked({aside, entries, checkpoint, bookmark, logged});
  whole.insert(whole.end(), recovery.begin(), recovery.end());
  CHECK(sys.calls == whole);
  sys.calls.clear();
  writer.append(destroys(4, 100), kNow);
  CHECK(sys.calls == locked({entries, checkpoint, bookmark}));
  sys.calls.clear();
  writer.freeze_checkpoint();
  CHECK(sys.calls == checkpoint);
  sys.calls.clear();
  writer.rotate_key(vector_key(2), "scheduled", kNow);
  CHECK(sys.calls == locked({checkpoint, entries, checkpoint, bookmark}));  // the public key first
}

TEST_CASE("Zero bytes past the checkpoint are torn and below it they are tampering") {
  const Interrupted crash;
  const LogOnDisk& log = crash.log;
  const std::string checkpoint = slurp(log.file("checkpoint"));
  const std::string zeros(std::size_t{5} << 20, '\0');
  const auto recovers = [&](const std::string& text, std::uint64_t kept) {
    spill(log.file("log.jsonl"), text);
    spill(log.file("checkpoint"), checkpoint);
    const LogState state = log.read();
    CHECK(state.position.size == kept);
    CHECK(state.torn_bytes > 0);
    auto writer = log.writer(base::real_sys());
    CHECK(writer.position().size == kept + 1);
    CHECK(verified(log));
  };
  recovers(crash.first + std::string(1, '\0'), 1);
  recovers(crash.first + zeros, 1);
  CHECK(lines_of(log.text()).back().find("\"zero bytes\"") != std::string::npos);
  recovers(crash.whole + zeros, 5);
  recovers(crash.first + zeros + "\n", 1);
  const std::string longest = std::string(20000, 'x') + zeros + std::string(20000, 'x');
  recovers(crash.first + longest + "\n", 1);
  recovers(crash.whole + longest + "\n" + longest, 5);
  // A hole in the middle of what was written: later blocks reached the disk, earlier ones not.
  std::string hole = crash.whole;
  const std::size_t middle =
      crash.first.size() + (crash.whole.size() - crash.first.size()) / 2 + 50;
  hole.replace(middle, 300, 300, '\0');
  recovers(hole, lines_of(crash.whole.substr(0, middle)).size() - 1);

  std::string below = crash.whole;
  below[10] = '\0';
  spill(log.file("log.jsonl"), below);
  spill(log.file("checkpoint"), checkpoint);
  CHECK(failure_of([&] { static_cast<void>(log.read()); }) == 4);
  CHECK(failure_of([&] { static_cast<void>(log.writer(base::real_sys())); }) == 4);
  CHECK(log.text() == below);
}

TEST_CASE("A whole line past the checkpoint that is not an entry is tampering") {
  const Interrupted crash;
  const auto lines = lines_of(crash.whole);
  for (const std::string& text :
       {crash.whole + "\n", crash.whole + "{}\n", crash.whole + lines[4] + "\n",
        crash.first + lines[2] + "\n", crash.whole + "torn\ntorn"}) {
    spill(crash.log.file("log.jsonl"), text);
    CHECK(failure_of([&] { static_cast<void>(crash.log.writer(base::real_sys())); }) == 4);
    CHECK(crash.log.text() == text);
    CHECK(crash.log.names("log.torn-").empty());
  }
}

TEST_CASE("A torn tail that the index remembers as whole is tampering") {
  const Interrupted crash;
  base::Sha256 sha;
  const auto lines = lines_of(crash.whole);
  const Position remembered{5, hash_signed_bytes(sha, lines[4])};
  const std::string cut = crash.whole.substr(0, crash.whole.size() - 1);
  spill(crash.log.file("log.jsonl"), cut);
  CHECK(failure_of([&] { static_cast<void>(crash.log.writer(base::real_sys(), remembered)); }) ==
        4);
  CHECK(crash.log.text() == cut);
  spill(crash.log.file("log.jsonl"), crash.whole);
  CHECK(crash.log.writer(base::real_sys(), remembered).position().size == 5);
}

TEST_CASE("Lines past the checkpoint are believed as the device has them and only after a flush") {
  const Interrupted crash;
  const base::Fd direct(::open(crash.log.file("log.jsonl").c_str(), O_RDONLY | O_DIRECT));
  if (!direct) SKIP_TEST("no O_DIRECT in the temporary directory");
  LyingCache sys(crash.first.size() + 100);
  auto writer = crash.log.writer(sys);
  CHECK(sys.has_flushed_first());
  CHECK(writer.position().size == 2);
  CHECK(take_apart(lines_of(crash.log.text()).back()).parts->type == "log.recovered");
  CHECK(verified(crash.log));
}

TEST_CASE("A file system without O_DIRECT is read through the cache") {
  class NoDirect : public base::Sys {
    int openat(int dirfd, const char* path, int flags, mode_t mode) override {
      return (flags & O_DIRECT) != 0 ? -EINVAL : Sys::openat(dirfd, path, flags, mode);
    }
  };
  const Interrupted crash;
  spill(crash.log.file("log.jsonl"), crash.whole + "torn");
  NoDirect sys;
  CHECK(crash.log.writer(sys).position().size == 6);
  CHECK(verified(crash.log));
}

TEST_CASE("Another process's torn append is recovered at the next append") {
  const LogOnDisk log;
  auto writer = log.writer(base::real_sys());
  writer.append(destroys(0, 2), kNow);
  spill(log.file("log.jsonl"), log.text() + "{\"v\":1,\"log\":\"exp");
  CHECK(writer.append(destroys(2, 1), kNow) == 4);
  CHECK(verified(log));
  CHECK(log.names("log.torn-").size() == 1);
}
