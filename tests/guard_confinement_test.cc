// What a confined process can do, and what not; each in a child of its own.

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <thread>

#include "base/error.h"
#include "guard/confinement.h"
#include "support/catch.h"
#include "support/guard_child.h"
#include "support/scratch.h"

using namespace expunge;
using test::in_child;
using test::Scratch;
namespace fs = std::filesystem;

namespace {

#if defined(__SANITIZE_THREAD__)
constexpr bool kThreadsAfterFork = false;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
constexpr bool kThreadsAfterFork = false;
#else
constexpr bool kThreadsAfterFork = true;
#endif
#else
constexpr bool kThreadsAfterFork = true;
#endif

/// Collects what went otherwise than it should.
class Account {
 public:
  void expect(const std::string& what, int expected, long result) {
    const int error = result < 0 ? errno : 0;
    if (error == expected) return;
    text_ += what + ": " + (error == 0 ? "succeeded" : base::errno_text(error)) + "\n";
  }
  void fails(const std::string& what, long result) {
    if (result >= 0) text_ += what + ": succeeded\n";
  }
  void succeeds(const std::string& what, long result) { expect(what, 0, result); }
  [[nodiscard]] std::string text() const { return text_; }

 private:
  std::string text_;
};

/// Opens and closes; the result of open().
int opens(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  const int error = errno;
  if (fd >= 0) ::close(fd);
  errno = error;
  return fd;
}

/// A directory that may be changed, one that may be read, one that is nothing of ours, and files.
struct Land {
  Land() {
    for (const char* name : {"changed", "changed/below", "read", "elsewhere"}) {
      fs::create_directory(scratch / name);
    }
    for (const char* name : {"changed/a", "read/a", "elsewhere/a", "elsewhere/ours"}) {
      test::spill(scratch / name, "text");
    }
  }
  [[nodiscard]] guard::Confinement confine() const {
    return guard::confine({{scratch / "changed"},
                           {scratch / "elsewhere/ours"},
                           {scratch / "read", scratch / "none"}});
  }
  [[nodiscard]] std::string at(const char* name) const { return scratch / name; }
  Scratch scratch;
};

}  // namespace

TEST_CASE("A confined process works where it may and is refused everywhere else") {
  const int version = guard::probe_confinement().landlock;
  if (version == 0) SKIP_TEST("the kernel has no Landlock of use");
  const Land land;
  const std::string wrong = in_child([&] {
    Account account;
    const int before = ::open(land.at("elsewhere/a").c_str(), O_RDWR | O_CLOEXEC);
    if (land.confine().landlock != version) return std::string("not in force");
    account.succeeds("make", opens(land.at("changed/new"), O_RDWR | O_CREAT | O_EXCL));
    account.succeeds("write", opens(land.at("changed/a"), O_RDWR | O_TRUNC));
    account.succeeds("nameless", opens(land.at("changed"), O_TMPFILE | O_RDWR));
    account.succeeds("mkdir", ::mkdir(land.at("changed/dir").c_str(), 0700));
    account.succeeds("list", opens(land.at("changed/below"), O_RDONLY | O_DIRECTORY));
    account.succeeds("link to another directory",
                     ::link(land.at("changed/a").c_str(), land.at("changed/below/a").c_str()));
    account.succeeds(
        "rename", ::rename(land.at("changed/new").c_str(), land.at("changed/below/new").c_str()));
    account.succeeds("unlink", ::unlink(land.at("changed/below/a").c_str()));
    account.succeeds("rmdir", ::rmdir(land.at("changed/dir").c_str()));
    account.succeeds("read", opens(land.at("read/a"), O_RDONLY));
    account.succeeds("write a file", opens(land.at("elsewhere/ours"), O_RDWR));
    account.succeeds("write what was open", ::pwrite(before, "x", 1, 0));
    account.succeeds("look", ::access(land.at("elsewhere/a").c_str(), F_OK));

    account.expect("write what is read", EACCES, opens(land.at("read/a"), O_WRONLY));
    account.expect("make beside it", EACCES, opens(land.at("read/b"), O_WRONLY | O_CREAT));
    account.expect("read elsewhere", EACCES, opens(land.at("elsewhere/a"), O_RDONLY));
    account.expect("write elsewhere", EACCES, opens(land.at("elsewhere/a"), O_WRONLY));
    account.expect("make elsewhere", EACCES, opens(land.at("elsewhere/b"), O_WRONLY | O_CREAT));
    account.expect("list elsewhere", EACCES, opens(land.at("elsewhere"), O_RDONLY | O_DIRECTORY));
    account.expect("unlink elsewhere", EACCES, ::unlink(land.at("elsewhere/a").c_str()));
    account.expect("unlink a file", EACCES, ::unlink(land.at("elsewhere/ours").c_str()));
    account.expect("mkdir elsewhere", EACCES, ::mkdir(land.at("elsewhere/dir").c_str(), 0700));
    account.fails("rename to elsewhere",
                  ::rename(land.at("changed/a").c_str(), land.at("elsewhere/b").c_str()));
    account.fails("link from elsewhere",
                  ::link(land.at("elsewhere/a").c_str(), land.at("changed/b").c_str()));
    account.expect("symlink", EACCES, ::symlink("a", land.at("changed/link").c_str()));
    account.fails("pipe", ::mkfifo(land.at("changed/pipe").c_str(), 0600));
    if (version >= 3) {
      account.expect("truncate elsewhere", EACCES, ::truncate(land.at("elsewhere/a").c_str(), 0));
    }
    if (kThreadsAfterFork) {
      std::thread([&] {
        account.expect("a thread's write", EACCES, opens(land.at("elsewhere/a"), O_WRONLY));
      }).join();
    }
    return account.text();
  });
  CHECK(wrong == "");
}

TEST_CASE("A confined process opens no socket and starts no program and mounts nothing") {
  if (!guard::probe_confinement().filter) SKIP_TEST("the kernel filters no system calls");
  const Land land;
  const std::string wrong = in_child([&] {
    Account account;
    if (!land.confine().filter) return std::string("not in force");
    for (const int family : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_PACKET}) {
      account.expect("socket", EPERM, ::socket(family, SOCK_STREAM, 0));
    }
    char program[] = "/bin/su";
    char* const arguments[] = {program, nullptr};
    account.expect("program", EPERM, ::execv(program, arguments));
    account.expect("mount", EPERM, ::mount("none", "/mnt", "tmpfs", 0, nullptr));
    account.expect("unshare", EPERM, ::syscall(SYS_unshare, 0));
    account.expect("io_uring", EPERM, ::syscall(SYS_io_uring_setup, 1, nullptr));
    account.expect("bpf", EPERM, ::syscall(SYS_bpf, 0, nullptr, 0));
#ifndef EXPUNGE_SANITIZED
    account.expect("ptrace", EPERM, ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
#endif
    if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return std::string("new privileges");
    account.succeeds("a harmless call", ::getppid());
    return account.text();
  });
  CHECK(wrong == "");
}

TEST_CASE("Confining one process leaves the one that started it as it was") {
  const Land land;
  CHECK(in_child([&] {
          static_cast<void>(land.confine());
          return std::string(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? "" : "free");
        }) == "");
  CHECK(opens(land.at("elsewhere/a"), O_RDWR) >= 0);
  CHECK(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
}
