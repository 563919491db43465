#include "cli/anchor.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <iostream>
#include <utility>

#include "audit/course.h"
#include "audit/frozen.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/program.h"

namespace expunge::cli {
namespace {

ssize_t read_again(int fd, void* buffer, std::size_t bytes) {
  ssize_t got = 0;
  do {
    got = ::read(fd, buffer, bytes);
  } while (got < 0 && errno == EINTR);
  return got;
}

/// The other process: waits for one size, calls, answers. What stops a run must not stop it: the
/// run still finishes its batch, and has a checkpoint then.
[[noreturn]] void serve(const Anchor& anchor, int line) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) std::signal(signal, SIG_IGN);
  // Such as a caller's pipe, which would not end while this process has it.
  constexpr int kLine = 3;
  if (::dup2(line, kLine) < 0) ::_exit(1);
  ::closefrom(kLine + 1);
  std::uint64_t size = 0;
  if (read_again(kLine, &size, sizeof size) != sizeof size) ::_exit(0);
  char answer = 'n';
  try {
    if (anchor.call(size)) answer = 'y';
  } catch (const std::exception&) {
    answer = 'n';
  }
  static_cast<void>(::send(kLine, &answer, 1, MSG_NOSIGNAL) == 1);
  ::_exit(0);
}

}  // namespace

std::vector<std::string> programs_of(const Config& config) {
  std::vector<std::string> programs;
  for (const std::string& program : {config.anchor, config.after}) {
    if (!program.empty()) programs.push_back(program);
  }
  return programs;
}

Anchor::Anchor(const Config& config)
    : program_(config.anchor),
      directory_(config.log.directory),
      origin_(config.log.origin),
      limit_(config.anchor_limit) {}

bool Anchor::call(std::uint64_t frozen_size) const {
  if (!is_set()) return true;
  std::cout.flush();  // what was done stands before what then went wrong
  const std::string file = frozen_size == 0 ? audit::checkpoint_path(directory_)
                                            : audit::frozen_path(directory_, frozen_size);
  const auto fault = run_program({program_, {file}, program_environment(origin_), limit_});
  if (!fault) return true;
  message(fmt::format("anchor: {} {}; the log is whole; see why, and call it again with {}",
                      base::printable(program_), *fault, base::printable(file)));
  return false;
}

AnchorPost::AnchorPost(Anchor anchor) : anchor_(std::move(anchor)) {
  if (!anchor_.is_set()) return;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return;
  line_ = base::Fd(ends[0]);
  const base::Fd other(ends[1]);
  pid_ = ::fork();
  if (pid_ == 0) {
    line_.reset();  // it ends when nobody has this end any more
    serve(anchor_, other.get());
  }
  if (pid_ < 0) line_.reset();
}

AnchorPost::~AnchorPost() {
  line_.reset();
  if (pid_ <= 0) return;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

bool AnchorPost::call(std::uint64_t frozen_size) {
  if (!anchor_.is_set()) return true;
  std::cout.flush();
  char answer = '\0';
  const bool answered =
      line_ &&
      ::send(line_.get(), &frozen_size, sizeof frozen_size, MSG_NOSIGNAL) == sizeof frozen_size &&
      read_again(line_.get(), &answer, 1) == 1;
  if (!answered) {
    message("anchor: the process that was to call it is gone; call it with the log's checkpoint");
  }
  return answer == 'y';
}

}  // namespace expunge::cli
