// Torn tails, failing system calls, and what the next run makes of them.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "audit/line.h"
#include "audit/members.h"
#include "audit/note.h"
#include "base/fd.h"
#include "base/text.h"
#include "support/audit_vectors.h"
#include "support/catch.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;

namespace {

constexpr base::Time kNow =
    std::chrono::sys_days{std::chrono::year{2026} / 2 / 2} + std::chrono::hours{2};

std::vector<Draft> destroys(std::uint64_t from, std::uint64_t count) {
  std::vector<Draft> drafts;
  for (std::uint64_t i = from; i < from + count; ++i) drafts.push_back(destroy_draft(i));
  return drafts;
}

bool verified(const LogOnDisk& log) {
  const Verdict verdict = log.verify();
  if (verdict.fault) WARN(verdict.fault->line << ": " << verdict.fault->message);
  return verdict.outcome == Verdict::Outcome::verified;
}

/// A log of 1 + 4 entries with the checkpoint of the first, as after a crash.
struct Interrupted {
  LogOnDisk log;
  std::string first, whole;

  Interrupted() {
    first = log.text();
    const std::string checkpoint = slurp(log.file("checkpoint"));
    auto writer = log.writer(base::real_sys());
    writer.append(destroys(0, 4), kNow);
    whole = log.text();
    spill(log.file("checkpoint"), checkpoint);
  }
};

/// Fails one call: without its effect, with it, or with half of it when it is a write.
class FailingSys : public base::Sys {
 public:
  enum class How { without_effect, with_effect, half };
  FailingSys(int fail_at, How how) : fail_at_(fail_at), how_(how) {}
  [[nodiscard]] bool fired() const { return calls_ > fail_at_; }

  int openat(int dirfd, const char* path, int flags, mode_t mode) override {
    if ((flags & (O_CREAT | O_DIRECT)) == 0) return Sys::openat(dirfd, path, flags, mode);
    return now() ? -EIO : Sys::openat(dirfd, path, flags, mode);
  }
  ssize_t pread(int fd, void* buffer, std::size_t bytes, off_t offset_bytes) override {
    return now() ? -EIO : Sys::pread(fd, buffer, bytes, offset_bytes);
  }
  ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset_bytes) override {
    if (!now()) return Sys::pwrite(fd, buffer, bytes, offset_bytes);
    const std::size_t some = how_ == How::with_effect ? bytes : how_ == How::half ? bytes / 2 : 0;
    if (some > 0 && Sys::pwrite(fd, buffer, some, offset_bytes) < 0) std::abort();
    return -ENOSPC;
  }
  int ftruncate(int fd, off_t length_bytes) override {
    return fail([&] { return Sys::ftruncate(fd, length_bytes); });
  }
  int fsync(int fd) override {
    return fail([&] { return Sys::fsync(fd); });
  }
  int fdatasync(int fd) override {
    return fail([&] { return Sys::fdatasync(fd); });
  }
  int statx(int dirfd, const char* path, int flags, unsigned mask, struct statx& out) override {
    return now() ? -EIO : Sys::statx(dirfd, path, flags, mask, out);
  }
  int flock(int fd, int operation) override {
    // A failed unlock is nobody's business: the lock goes with the descriptor.
    return now() ? -EINTR : Sys::flock(fd, operation);
  }
  int mkdirat(int dirfd, const char* path, mode_t mode) override {
    return fail([&] { return Sys::mkdirat(dirfd, path, mode); });
  }
  int renameat2(int from, const char* old_path, int to, const char* new_path,
                unsigned flags) override {
    return fail([&] { return Sys::renameat2(from, old_path, to, new_path, flags); });
  }
  int unlinkat(int dirfd, const char* path, int flags) override {
    return fail([&] { return Sys::unlinkat(dirfd, path, flags); });
  }

 private:
  bool now() { return calls_++ == fail_at_; }
  template <typename Call>
  int fail(const Call& call) {
    if (!now()) return call();
    if (how_ == How::with_effect) static_cast<void>(call());
    return -EIO;
  }

  int fail_at_;
  How how_;
  int calls_ = 0;
};

constexpr FailingSys::How kHows[] = {FailingSys::How::without_effect, FailingSys::How::with_effect,
                                     FailingSys::How::half};

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

TEST_CASE("After any failing call of an append the next writer sees its entries or recovers") {
  for (const auto how : kHows) {
    int fail_at = 0;
    for (bool fired = true; fired; ++fail_at) {
      const LogOnDisk log;
      std::optional<Position> remembered;
      FailingSys sys(fail_at, how);
      const int status = failure_of([&] {
        auto writer = log.writer(sys, std::nullopt, 1);
        writer.append(destroys(0, 3), kNow);
        remembered = writer.position();
        const int again = failure_of([&] { writer.append(destroys(3, 3), kNow); });
        if (again != -1) {
          // It says so, and from then on refuses or has recovered; never does it pretend.
          const int third = failure_of([&] { writer.append(destroys(6, 1), kNow); });
          if (third == -1) remembered = writer.position();
          throw base::Failure(static_cast<base::ExitStatus>(again), "again");
        }
        remembered = writer.position();
        writer.freeze_checkpoint();
      });
      fired = sys.fired();
      INFO("call " << fail_at << " status " << status);
      REQUIRE((status == -1 || status == 1 || status == 2));
      REQUIRE(failure_of([&] { static_cast<void>(log.read(remembered)); }) == -1);
      auto next = log.writer(base::real_sys(), remembered);
      next.append(destroys(100, 1), kNow);
      REQUIRE(verified(log));
      // What was claimed is there, and nothing twice.
      const std::uint64_t destroyed = next.facts().destroyed;
      REQUIRE(destroyed >= 1 + (remembered ? 3U : 0U));
      REQUIRE(destroyed <= 8);
      if (status == -1) REQUIRE(destroyed == 7);
    }
    CHECK(fail_at > 20);
  }
}

TEST_CASE("After any failing call of a recovery the next writer recovers") {
  for (const auto how : kHows) {
    int fail_at = 0;
    for (bool fired = true; fired; ++fail_at) {
      const Interrupted crash;
      spill(crash.log.file("log.jsonl"), crash.whole + "torn");
      FailingSys sys(fail_at, how);
      const int status = failure_of([&] { static_cast<void>(crash.log.writer(sys)); });
      fired = sys.fired();
      INFO("call " << fail_at << " status " << status);
      REQUIRE((status == -1 || status == 1 || status == 2));
      auto next = crash.log.writer(base::real_sys());
      REQUIRE(verified(crash.log));
      REQUIRE(crash.log.text().starts_with(crash.whole));
      REQUIRE(next.facts().destroyed == 4);
      REQUIRE_FALSE(crash.log.names("log.torn-").empty());
    }
    CHECK(fail_at > 20);
  }
}

TEST_CASE("After any failing call of a rotation the log continues with one key or the other") {
  for (const auto how : kHows) {
    int fail_at = 0;
    for (bool fired = true; fired; ++fail_at) {
      const LogOnDisk log;
      FailingSys sys(fail_at, how);
      const int status = failure_of([&] {
        auto writer = log.writer(sys, std::nullopt, 1);
        writer.rotate_key(vector_key(2), "scheduled", kNow);
      });
      fired = sys.fired();
      INFO("call " << fail_at << " status " << status);
      REQUIRE((status == -1 || status == 1 || status == 2));
      // The old key recovers what is torn; if the rotation is whole, it is no longer in force.
      const bool rotated =
          failure_of([&] { static_cast<void>(log.writer(base::real_sys())); }) == 2;
      if (status == -1) REQUIRE(rotated);
      if (rotated) log.put_key(vector_key(2));
      auto next = log.writer(base::real_sys());
      next.append(destroys(0, 1), kNow);
      REQUIRE(verified(log));
      REQUIRE(log.verify().last_key_id == (rotated ? "90e1c859" : "900eecdc"));
    }
    CHECK(fail_at > 20);
  }
}

TEST_CASE("A new log is there as a whole or not at all whichever call fails") {
  for (const auto how : kHows) {
    int fail_at = 0;
    for (bool fired = true; fired; ++fail_at) {
      const LogOnDisk log;
      std::filesystem::remove_all(log.directory());
      FailingSys sys(fail_at, how);
      const auto open = vector_draft(0);
      const int status = failure_of([&] {
        create_log(sys, log.place(), vector_key(1), nullptr, {&open.draft, 1}, open.time);
      });
      fired = sys.fired();
      INFO("call " << fail_at << " status " << status);
      if (status == -1) REQUIRE(std::filesystem::exists(log.directory()));
      if (!std::filesystem::exists(log.directory())) {
        std::filesystem::remove_all(log.directory() + ".new");
        create_log(base::real_sys(), log.place(), vector_key(1), nullptr, {&open.draft, 1},
                   open.time);
      }
      REQUIRE(verified(log));
      REQUIRE(log.read().position.size == 1);
    }
    CHECK(fail_at > 10);
  }
}
