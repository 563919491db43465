#include "support/ptrace_calls.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace expunge::test {
namespace {

/// Where a call has the file that it is about.
enum class Where { fd, path, at, open, open_at, open_at2, target_fd, command };

struct Call {
  std::uint64_t number;
  std::string_view name;
  Where where;
};

#define EXPUNGE_CALL(name, where)   \
  Call {                            \
    SYS_##name, #name, Where::where \
  }

constexpr Call kCalls[] = {
    EXPUNGE_CALL(write, fd),
    EXPUNGE_CALL(pwrite64, fd),
    EXPUNGE_CALL(writev, fd),
    EXPUNGE_CALL(pwritev, fd),
    EXPUNGE_CALL(pwritev2, fd),
    EXPUNGE_CALL(ftruncate, fd),
    EXPUNGE_CALL(truncate, path),
    EXPUNGE_CALL(fallocate, fd),
    EXPUNGE_CALL(copy_file_range, target_fd),
    EXPUNGE_CALL(fsync, fd),
    EXPUNGE_CALL(fdatasync, fd),
    EXPUNGE_CALL(syncfs, fd),
    EXPUNGE_CALL(sync_file_range, fd),
    EXPUNGE_CALL(renameat2, at),
    EXPUNGE_CALL(linkat, at),
    EXPUNGE_CALL(unlinkat, at),
    EXPUNGE_CALL(mkdirat, at),
    EXPUNGE_CALL(mknodat, at),
    EXPUNGE_CALL(fchmod, fd),
    EXPUNGE_CALL(fchmodat, at),
    EXPUNGE_CALL(fchown, fd),
    EXPUNGE_CALL(fchownat, at),
    EXPUNGE_CALL(setxattr, path),
    EXPUNGE_CALL(lsetxattr, path),
    EXPUNGE_CALL(fsetxattr, fd),
    EXPUNGE_CALL(removexattr, path),
    EXPUNGE_CALL(lremovexattr, path),
    EXPUNGE_CALL(fremovexattr, fd),
    EXPUNGE_CALL(utimensat, at),
    EXPUNGE_CALL(ioctl, command),
    EXPUNGE_CALL(openat, open_at),
    EXPUNGE_CALL(openat2, open_at2),
#ifdef SYS_open  // and the other calls of old that new architectures lack
    EXPUNGE_CALL(open, open),
    EXPUNGE_CALL(creat, path),
    EXPUNGE_CALL(rename, path),
    EXPUNGE_CALL(link, path),
    EXPUNGE_CALL(unlink, path),
    EXPUNGE_CALL(mkdir, path),
    EXPUNGE_CALL(rmdir, path),
    EXPUNGE_CALL(chmod, path),
    EXPUNGE_CALL(chown, path),
    EXPUNGE_CALL(lchown, path),
#endif
#ifdef SYS_renameat
    EXPUNGE_CALL(renameat, at),
#endif
};

constexpr std::uint32_t kWrites = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;

bool changes_something(std::uint64_t command) {
  constexpr std::uint64_t kExt4Checkpoint = _IOW('f', 43, std::uint32_t);
  constexpr std::uint64_t kChanging[] = {kExt4Checkpoint, FIFREEZE, FITHAW,           FITRIM,
                                         FS_IOC_SETFLAGS, FICLONE,  FS_IOC_FSSETXATTR};
  return std::find(std::begin(kChanging), std::end(kChanging), command & 0xffffffffU) !=
         std::end(kChanging);
}

std::string name_of_fd(pid_t thread, std::uint64_t fd) {
  char path[PATH_MAX];
  const std::string link = "/proc/" + std::to_string(thread) + "/fd/" +
                           std::to_string(static_cast<int>(static_cast<std::uint32_t>(fd)));
  const ssize_t length = ::readlink(link.c_str(), path, sizeof path);
  return length < 0 ? "?" : std::string(path, static_cast<std::size_t>(length));
}

std::size_t read_memory(pid_t thread, std::uint64_t address, void* out, std::size_t bytes) {
  const iovec local{out, bytes};
  const iovec remote{reinterpret_cast<void*>(address), bytes};  // NOLINT: another process's
  const ssize_t got = ::process_vm_readv(thread, &local, 1, &remote, 1, 0);
  return got < 0 ? 0 : static_cast<std::size_t>(got);
}

std::string string_at(pid_t thread, std::uint64_t address) {
  constexpr std::size_t kPage = 4096;
  std::string text;
  char page[kPage];
  while (text.size() < PATH_MAX) {
    // Up to the end of a page: what lies behind it may not be there.
    const std::size_t got =
        read_memory(thread, address + text.size(), page, kPage - (address + text.size()) % kPage);
    if (got == 0) return "?";
    const char* const begin = page;
    const char* const end = std::find(begin, begin + got, '\0');
    text.append(begin, end);
    if (end != begin + got) break;
  }
  return text;
}

std::string path_at(pid_t thread, std::uint64_t dirfd, std::uint64_t address) {
  std::string path = string_at(thread, address);
  if (path.starts_with('/') || static_cast<std::int32_t>(dirfd) == AT_FDCWD) return path;
  return name_of_fd(thread, dirfd) + "/" + path;
}

}  // namespace

std::optional<NamedCall> as_mutation(const EnteredCall& entered) {
  const auto* const call =
      std::find_if(std::begin(kCalls), std::end(kCalls),
                   [&](const Call& each) { return each.number == entered.number; });
  if (call == std::end(kCalls)) return std::nullopt;
  NamedCall named{std::string(call->name), ""};
  const auto& [first, second, third, fourth, fifth, sixth] = entered.arguments;
  const pid_t thread = entered.thread;
  switch (call->where) {
    case Where::fd:
    case Where::target_fd: {
      const std::uint64_t fd = call->where == Where::fd ? first : third;
      if (fd <= STDERR_FILENO) return std::nullopt;
      named.path = name_of_fd(thread, fd);
      // The sanitizers ask the kernel with these whether memory can be read.
      if (named.path.starts_with("pipe:")) return std::nullopt;
      break;
    }
    case Where::command:
      if (!changes_something(second)) return std::nullopt;
      named.path = name_of_fd(thread, first);
      break;
    case Where::open:
      if ((second & kWrites) == 0) return std::nullopt;
      [[fallthrough]];
    case Where::path:
      named.path = string_at(thread, first);
      break;
    case Where::open_at:
      if ((third & kWrites) == 0) return std::nullopt;
      [[fallthrough]];
    case Where::at:
      named.path = path_at(thread, first, second);
      break;
    case Where::open_at2: {
      std::uint64_t flags = 0;
      if (read_memory(thread, third, &flags, sizeof flags) != sizeof flags) return std::nullopt;
      if ((flags & kWrites) == 0) return std::nullopt;
      named.path = path_at(thread, first, second);
      break;
    }
  }
  return named;
}

bool install_mutation_filter() {
#if defined(__x86_64__)
  constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
  constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
  constexpr std::uint32_t kArchitecture = 0;
#endif
  const auto load = [](std::size_t offset) {
    return sock_filter(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
  };
  const auto answer = [](std::uint32_t action) {
    return sock_filter(BPF_STMT(BPF_RET | BPF_K, action));
  };
  std::vector<sock_filter> program = {
      load(offsetof(seccomp_data, arch)),
      sock_filter(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0)),
      answer(SECCOMP_RET_ALLOW),
      load(offsetof(seccomp_data, nr)),
  };
  for (const Call& call : kCalls) {
    const bool opens = call.where == Where::open || call.where == Where::open_at;
    const std::uint8_t skipped = opens ? 4 : 1;
    program.push_back(
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call.number), 0, skipped));
    if (opens) {  // most only read, and need no stop
      const std::size_t flags = call.where == Where::open ? 1 : 2;
      program.push_back(load(offsetof(seccomp_data, args) + flags * sizeof(std::uint64_t)));
      program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kWrites, 1, 0));
      program.push_back(answer(SECCOMP_RET_ALLOW));
    }
    program.push_back(answer(SECCOMP_RET_TRACE));
  }
  program.push_back(answer(SECCOMP_RET_ALLOW));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  // Root needs no promise to gain no privileges, and the program is left as it is without.
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0) return true;
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace expunge::test
