#include "cli/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "base/error.h"
#include "base/fd.h"

namespace expunge::cli {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kGrace{5};
constexpr std::chrono::milliseconds kLook{10};
constexpr int kReport = 3;  ///< where the new process says why it could not become the program

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> all;
  all.reserve(words.size() + 1);
  for (const std::string& word : words) all.push_back(const_cast<char*>(word.c_str()));
  all.push_back(nullptr);
  return all;
}

/// In the new process, where nothing may be allocated any more.
[[noreturn]] void become(const char* path, char* const* arguments, char* const* environment,
                         int input, int report) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // nobody else would end it at its limit
  ::setsid();
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (input < 0) input = ::open("/dev/null", O_RDONLY);
  bool ok = input >= 0 && ::dup2(input, STDIN_FILENO) >= 0;
  ok = ok && ::dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 && ::dup2(report, kReport) >= 0 &&
       ::fcntl(kReport, F_SETFD, FD_CLOEXEC) == 0 && ::chdir("/") == 0;
  if (ok) {
    ::closefrom(kReport + 1);
    ::umask(022);
    ::execve(path, arguments, environment);
    report = kReport;
  }
  const int error = errno;
  static_cast<void>(::write(report, &error, sizeof error) == sizeof error);
  ::_exit(127);
}

/// Whether it has ended by then. It stays to be waited for, so that its number is nobody else's.
bool ends_by(pid_t pid, steady_clock::time_point deadline) {
  for (;;) {
    siginfo_t info{};
    const int result = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT);
    if ((result == 0 && info.si_pid == pid) || (result != 0 && errno != EINTR)) return true;
    if (steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kLook);
  }
}

int reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::optional<std::string> words_of(int status) {
  if (WIFSIGNALED(status)) {
    return fmt::format("was ended by signal {} ({})", WTERMSIG(status),
                       ::strsignal(WTERMSIG(status)));
  }
  if (WEXITSTATUS(status) == 0) return std::nullopt;
  return fmt::format("ended with status {}", WEXITSTATUS(status));
}

}  // namespace

std::vector<std::string> program_environment(const std::string& origin) {
  return {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
          "EXPUNGE_LOG_ORIGIN=" + origin};
}

std::optional<std::string> run_program(const Program& program) {
  std::vector<std::string> words = {program.path};
  words.insert(words.end(), program.arguments.begin(), program.arguments.end());
  const std::vector<char*> arguments = pointers(words);
  const std::vector<char*> environment = pointers(program.environment);
  std::signal(SIGCHLD, SIG_DFL);  // ignored, as some callers leave it, nothing could be waited for
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return "cannot be run: " + base::errno_text(errno);
  const base::Fd read_end(ends[0]);
  base::Fd write_end(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return "cannot be run: " + base::errno_text(errno);
  if (pid == 0) {
    become(program.path.c_str(), arguments.data(), environment.data(), program.standard_input,
           ends[1]);
  }
  write_end.reset();
  int error = 0;
  ssize_t got = 0;
  do {
    got = ::read(read_end.get(), &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  if (got == sizeof error) {
    reap(pid);
    return "cannot be run: " + base::errno_text(error);
  }
  if (ends_by(pid, steady_clock::now() + program.limit)) return words_of(reap(pid));
  ::kill(-pid, SIGTERM);
  static_cast<void>(ends_by(pid, steady_clock::now() + kGrace));
  ::kill(-pid, SIGKILL);
  reap(pid);
  return fmt::format("had not ended after {} seconds, and was ended", program.limit.count());
}

}  // namespace expunge::cli
