// Failing system calls of an append, a recovery, a rotation and a new log, and what is left then.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/torn_log.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;
using namespace expunge::test::torn_log;

namespace {

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

}  // namespace

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
