#include "support/ptrace_run.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <stdexcept>

#include "base/fd.h"
#include "support/ptrace_calls.h"
#include "support/scratch.h"

namespace expunge::test {
namespace {

constexpr int kNoFilter = 125;

long trace(int request, pid_t thread, std::uintptr_t address, std::uintptr_t data) {
  return ::ptrace(static_cast<__ptrace_request>(request), thread,
                  reinterpret_cast<void*>(address),  // NOLINT: numbers, by its interface
                  reinterpret_cast<void*>(data));    // NOLINT
}

template <typename T>
std::uintptr_t address_of(T& object) {
  return reinterpret_cast<std::uintptr_t>(&object);
}

/// Instead of the call that a thread is about to enter, nothing, with this result.
void skip_call(pid_t thread, long result) {
#if defined(__x86_64__)
  user_regs_struct registers{};
  if (trace(PTRACE_GETREGS, thread, 0, address_of(registers)) != 0) return;
  registers.orig_rax = static_cast<unsigned long long>(-1);
  registers.rax = static_cast<unsigned long long>(result);
  trace(PTRACE_SETREGS, thread, 0, address_of(registers));
#elif defined(__aarch64__)
  int none = -1;
  iovec call{&none, sizeof none};
  trace(PTRACE_SETREGSET, thread, NT_ARM_SYSTEM_CALL, address_of(call));
  user_regs_struct registers{};
  iovec all{&registers, sizeof registers};
  if (trace(PTRACE_GETREGSET, thread, NT_PRSTATUS, address_of(all)) != 0) return;
  registers.regs[0] = static_cast<unsigned long long>(result);
  trace(PTRACE_SETREGSET, thread, NT_PRSTATUS, address_of(all));
#else
  static_cast<void>(thread);
  static_cast<void>(result);
#endif
}

/// What the call that a thread is coming back from reports.
void change_result(pid_t thread, long result) {
#if defined(__x86_64__)
  user_regs_struct registers{};
  if (trace(PTRACE_GETREGS, thread, 0, address_of(registers)) != 0) return;
  registers.rax = static_cast<unsigned long long>(result);
  trace(PTRACE_SETREGS, thread, 0, address_of(registers));
#elif defined(__aarch64__)
  user_regs_struct registers{};
  iovec all{&registers, sizeof registers};
  if (trace(PTRACE_GETREGSET, thread, NT_PRSTATUS, address_of(all)) != 0) return;
  registers.regs[0] = static_cast<unsigned long long>(result);
  trace(PTRACE_SETREGSET, thread, NT_PRSTATUS, address_of(all));
#else
  static_cast<void>(thread);
  static_cast<void>(result);
#endif
}

[[noreturn]] void become(const std::vector<std::string>& words, const Scratch& files, int gate,
                         const TraceSetting& setting) {
  const int in = ::open("/dev/null", O_RDONLY);
  const int out = ::open((files / "out").c_str(), O_WRONLY | O_CREAT, 0600);
  const int err = ::open((files / "err").c_str(), O_WRONLY | O_CREAT, 0600);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  if (setting.descriptors != 0) {
    const rlimit limit{setting.descriptors, setting.descriptors};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  const char* asan = std::getenv("ASAN_OPTIONS");
  const std::string options = std::string(asan == nullptr ? "" : asan) + ":detect_leaks=0";
  ::setenv("ASAN_OPTIONS", options.c_str(), 1);  // it traces too, and only one can
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  char go = 0;
  if (::read(gate, &go, 1) != 1 || !install_mutation_filter()) ::_exit(kNoFilter);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

std::string slurp_if_there(const std::string& path) {
  return std::filesystem::exists(path) ? slurp(path) : "";
}

class Tracer {
 public:
  Tracer(pid_t program, const Judge& judge) : program_(program), judge_(judge) {}

  /// Until the program and all its children are gone.
  void follow() {
    for (;;) {
      int status = 0;
      const pid_t thread = ::waitpid(-1, &status, __WALL | __WNOTHREAD);
      if (thread < 0 && errno == EINTR) continue;
      if (thread < 0) return;
      if (WIFSTOPPED(status)) {
        stopped(thread, status);
      } else if (thread == program_) {
        status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      }
    }
  }

  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] std::uint64_t mutations() const { return mutations_; }

 private:
  void stopped(pid_t thread, int status) {
    const int signal = WSTOPSIG(status);
    const int event = status >> 16;
    if (event == PTRACE_EVENT_SECCOMP) {
      entered(thread);
    } else if (event != 0) {
      resume(PTRACE_CONT, thread);
    } else if (signal == (SIGTRAP | 0x80)) {
      left(thread);
    } else {
      resume(PTRACE_CONT, thread, signal);
    }
  }

  void entered(pid_t thread) {
    __ptrace_syscall_info entry{};
    if (trace(PTRACE_GET_SYSCALL_INFO, thread, sizeof entry, address_of(entry)) <= 0 ||
        entry.op != PTRACE_SYSCALL_INFO_SECCOMP) {
      return resume(PTRACE_CONT, thread);
    }
    EnteredCall call;
    call.thread = thread;
    call.number = entry.seccomp.nr;
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
      call.arguments[i] = entry.seccomp.args[i];
    }
    auto named = as_mutation(call);
    if (!named) return resume(PTRACE_CONT, thread);
    const Blow blow = judge_({mutations_++, std::move(named->name), std::move(named->path)});
    switch (blow.kind) {
      case Blow::Kind::none:
        break;
      case Blow::Kind::kill_before:
        return kill(thread);
      case Blow::Kind::fail:
        skip_call(thread, -blow.number);
        break;
      case Blow::Kind::kill_after:
      case Blow::Kind::fail_after:
        on_return_[thread] = blow;
        return resume(PTRACE_SYSCALL, thread);
      case Blow::Kind::signal:
        ::kill(program_, blow.number);
        break;
    }
    resume(PTRACE_CONT, thread);
  }

  void left(pid_t thread) {
    const auto found = on_return_.find(thread);
    if (found != on_return_.end()) {
      const Blow blow = found->second;
      on_return_.erase(found);
      if (blow.kind == Blow::Kind::kill_after) return kill(thread);
      change_result(thread, -blow.number);
    }
    resume(PTRACE_CONT, thread);
  }

  void kill(pid_t thread) {
    ::kill(program_, SIGKILL);
    // A helper process that the program forked dies with it, as in a cgroup that is killed.
    if (thread != program_) ::kill(thread, SIGKILL);
  }

  static void resume(int request, pid_t thread, int signal = 0) {
    trace(request, thread, 0, static_cast<std::uintptr_t>(signal));  // fails when it was killed
  }

  pid_t program_;
  const Judge& judge_;
  std::map<pid_t, Blow> on_return_;
  std::uint64_t mutations_ = 0;
  int status_ = -1;
};

}  // namespace

Traced run_traced(const std::vector<std::string>& words, const Judge& judge, TraceSetting setting) {
  const Scratch files;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  const base::Fd gate(ends[0]);
  const base::Fd opens(ends[1]);
  const pid_t pid = ::fork();
  if (pid == 0) become(words, files, gate.get(), setting);
  if (pid < 0) throw std::runtime_error("fork");
  constexpr std::uintptr_t kOptions = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD |
                                      PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                                      PTRACE_O_TRACEVFORK | PTRACE_O_TRACESECCOMP;
  if (trace(PTRACE_SEIZE, pid, 0, kOptions) != 0) {
    const int error = errno;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    throw std::runtime_error(std::string("ptrace: ") + std::strerror(error));
  }
  if (::write(opens.get(), "", 1) != 1) throw std::runtime_error("write");
  Tracer tracer(pid, judge);
  tracer.follow();
  if (tracer.status() == kNoFilter) throw std::runtime_error("seccomp filter refused");
  return {{tracer.status(), slurp_if_there(files / "out"), slurp_if_there(files / "err"), 0},
          tracer.mutations()};
}

Judge at(std::uint64_t number, Blow blow) {
  return [number, blow](const Mutation& mutation) {
    return mutation.number == number ? blow : Blow{};
  };
}

std::string tracing_unavailable() {
#if !defined(__x86_64__) && !defined(__aarch64__)
  return "tracing is known on x86-64 and aarch64 alone";
#else
  static const std::string kReason = [] {
    try {
      const Traced probe = run_traced({"true"}, [](const Mutation&) { return Blow{}; });
      return std::string(probe.ended.status == 0 ? "" : "cannot trace programs here");
    } catch (const std::runtime_error& error) {
      return std::string("cannot trace programs here: ") + error.what();
    }
  }();
  return kReason;
#endif
}

}  // namespace expunge::test
