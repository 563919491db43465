#include "guard/confinement.h"

#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <type_traits>

#include "guard/landlock.h"

namespace expunge::guard {
namespace {

/// What a run never does. All else is allowed: which calls a C library makes changes from version
/// to version, and a list of those would one night end a run half way.
constexpr auto kRefused = std::to_array<const char*>({
    // The network, and other programs' sockets.
    "socket",
    "connect",
    "bind",
    "listen",
    "accept",
    "accept4",
    // Calls that go past this filter.
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    // Programs, and other processes.
    "execve",
    "execveat",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "pidfd_getfd",
    "kcmp",
    // File systems and name spaces.
    "mount",
    "umount",
    "umount2",
    "mount_setattr",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "pivot_root",
    "chroot",
    "setns",
    "unshare",
    "swapon",
    "swapoff",
    "quotactl",
    "quotactl_fd",
    "open_by_handle_at",
    "mknod",
    "mknodat",
    // The kernel and the machine.
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "kexec_load",
    "kexec_file_load",
    "init_module",
    "finit_module",
    "delete_module",
    "reboot",
    "iopl",
    "ioperm",
    "syslog",
    "acct",
    "add_key",
    "request_key",
    "keyctl",
    "sethostname",
    "setdomainname",
    "settimeofday",
    "clock_settime",
    "clock_settime64",
    "clock_adjtime",
    "clock_adjtime64",
    "adjtimex",
});

/// The leak checker of a sanitizer stops the process's threads by tracing them.
bool leaves_free([[maybe_unused]] std::string_view call) {
#ifdef EXPUNGE_SANITIZED
  return call == "ptrace";
#else
  return false;
#endif
}

bool can_filter() {
  const std::uint32_t action = SECCOMP_RET_ERRNO;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

struct Release {
  void operator()(void* filter) const { ::seccomp_release(filter); }
};

bool refuse_calls() {
  constexpr std::uint32_t kPermissionDenied = SCMP_ACT_ERRNO(EPERM);
  const std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, Release> filter(
      ::seccomp_init(SCMP_ACT_ALLOW));
  if (!filter) return false;
  // Calls by the numbers of another architecture would go past the list.
  if (::seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, kPermissionDenied) != 0) {
    return false;
  }
  // Against what the kernel guards by slowing a filtered process down: it runs nobody else's code.
  static_cast<void>(::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_SSB, 1));
  for (const char* const name : kRefused) {
    const int call = ::seccomp_syscall_resolve_name(name);
    if (call == __NR_SCMP_ERROR || leaves_free(name)) continue;  // younger than the library
    if (::seccomp_rule_add(filter.get(), kPermissionDenied, call, 0) != 0) return false;
  }
  return ::seccomp_load(filter.get()) == 0;
}

}  // namespace

Confinement probe_confinement() {
  const int version = landlock_version();
  return {version >= kLeastLandlock ? version : 0, can_filter()};
}

Confinement confine(const Reach& reach) {
  Confinement confinement = probe_confinement();
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return {};
  if (confinement.landlock != 0 && !enforce_landlock(reach, confinement.landlock)) {
    confinement.landlock = 0;
  }
  confinement.filter = confinement.filter && refuse_calls();
  return confinement;
}

}  // namespace expunge::guard
