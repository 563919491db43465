#include "cli/after.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <iostream>

#include "base/text.h"
#include "cli/command.h"
#include "report/told_line.h"

namespace expunge::cli {
namespace {

constexpr std::size_t kAtOnce = 1000;  ///< recordings read, or erased, in one go

ssize_t receive(int fd, char* buffer, std::size_t bytes) {
  ssize_t got = 0;
  do {
    got = ::recv(fd, buffer, bytes, 0);
  } while (got < 0 && errno == EINTR);
  return got;
}

/// The other process: waits for its turn, calls, answers. What stops a run must not stop it.
[[noreturn]] void serve(Program program, int line, int lines) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) std::signal(signal, SIG_IGN);
  constexpr int kLine = 3;
  constexpr int kLines = 4;
  constexpr int kOutOfTheWay = 10;
  const int line_copy = ::fcntl(line, F_DUPFD, kOutOfTheWay);
  const int lines_copy = ::fcntl(lines, F_DUPFD, kOutOfTheWay);
  if (::dup2(line_copy, kLine) < 0 || ::dup2(lines_copy, kLines) < 0) ::_exit(1);
  ::closefrom(kLines + 1);
  char turn = '\0';
  if (receive(kLine, &turn, 1) != 1) ::_exit(0);
  std::string answer = "y";
  try {
    program.standard_input = kLines;
    if (const auto fault = run_program(program)) answer = "n" + *fault;
  } catch (const std::exception&) {
    answer = "ncould not be run";
  }
  ::close(kLines);  // whoever still writes is to notice
  static_cast<void>(::send(kLine, answer.data(), answer.size(), MSG_NOSIGNAL));
  ::_exit(0);
}

void forget(archive::Index& index, std::int64_t newest) {
  for (bool more = true; more;) {
    archive::Index::Writing writing(index);
    more = writing.forget_untold(newest, kAtOnce);
    writing.commit();
  }
}

}  // namespace

AfterPost::AfterPost(const Config& config)
    : program_{config.after, {}, program_environment(config.log.origin), config.after_limit} {
  if (program_.path.empty()) return;
  int ends[2];
  int pipe_ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return;
  base::Fd mine(ends[0]);
  const base::Fd other(ends[1]);
  if (::pipe2(pipe_ends, O_CLOEXEC) != 0) return;
  const base::Fd read_end(pipe_ends[0]);
  base::Fd write_end(pipe_ends[1]);
  // Of this end alone: the program reads as from any pipe.
  if (::fcntl(write_end.get(), F_SETFL, O_NONBLOCK) != 0) return;
  pid_ = ::fork();
  if (pid_ == 0) {
    mine.reset();  // each ends when nobody has this end any more
    write_end.reset();
    serve(program_, other.get(), read_end.get());
  }
  if (pid_ < 0) return;
  line_ = std::move(mine);
  lines_ = std::move(write_end);
}

AfterPost::~AfterPost() {
  lines_.reset();
  line_.reset();
  if (pid_ <= 0) return;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

/// False when the program has ended, or its process, and wants no more.
bool AfterPost::write_all(const std::string& text) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::array<pollfd, 2> wait{{{lines_.get(), POLLOUT, 0}, {line_.get(), POLLIN, 0}}};
    if (::poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR) return false;
    if (wait[1].revents != 0) return false;
    const ssize_t written = ::write(lines_.get(), text.data() + at, text.size() - at);
    if (written < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (written > 0) at += static_cast<std::size_t>(written);
  }
  return true;
}

bool AfterPost::write_lines(const archive::Index& index, std::int64_t newest) {
  std::int64_t after = 0;
  for (;;) {
    const std::vector<archive::Untold> some = index.untold(after, kAtOnce);
    std::string text;
    for (const archive::Untold& untold : some) {
      if (untold.number > newest) break;
      text += report::told_line(untold);
    }
    if (text.empty()) return true;
    if (!write_all(text)) return false;
    after = some.back().number;
  }
}

/// Of the other process; empty when it ended well.
std::string AfterPost::answer() {
  std::array<char, 1024> words{};
  const ssize_t got = receive(line_.get(), words.data(), words.size());
  if (got < 1) return "could not be called: the process that was to call it is gone";
  return words[0] == 'y' ? "" : std::string(words.data() + 1, static_cast<std::size_t>(got) - 1);
}

bool AfterPost::tell(archive::Index& index) {
  const archive::Index::UntoldCount untold = index.count_untold();
  if (untold.recordings == 0) return true;
  const std::string count = base::grouped(untold.recordings);
  if (program_.path.empty()) {
    forget(index, untold.newest);
    message(
        "after: no program is configured any more; recordings of which nobody was told, and of "
        "which the recorder's own ids are erased now: " +
        count);
    return false;
  }
  std::cout.flush();
  std::string fault = "could not be called: no process could be made for it";
  if (line_) {
    const char turn = 'g';
    const bool begun = ::send(line_.get(), &turn, 1, MSG_NOSIGNAL) == 1;
    const bool all = begun && write_lines(index, untold.newest);
    lines_.reset();  // the end of its input
    fault = answer();
    if (fault.empty() && !all) fault = "ended before it had read all that it was told";
  }
  if (fault.empty()) {
    // A crash before this is durable has it told twice.
    forget(index, untold.newest);
    return true;
  }
  message(
      fmt::format("after: {} {}; destroyed or removed recordings of which it was not told: {}; "
                  "see why; the next run tells it",
                  base::printable(program_.path), fault, count));
  return false;
}

}  // namespace expunge::cli
