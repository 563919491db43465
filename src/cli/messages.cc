#include "cli/messages.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <iostream>

#include "base/fd.h"
#include "base/text.h"

namespace expunge::cli {
namespace {

MessagesTo direction = MessagesTo::standard_error;  // of the process, as its standard error is
base::Fd system_log;                                // connected when it is first needed

int priority(Level level) {
  switch (level) {
    case Level::error:
      return LOG_ERR;
    case Level::warning:
      return LOG_WARNING;
    case Level::info:
      return LOG_INFO;
  }
  return LOG_ERR;
}

/// systemd.exec(5): the variable is inherited by programs whose standard error is another one.
bool is_journals_own(int fd) {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(fd, &status) != 0) return false;
  return fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

MessagesTo found_out() {
  if (::isatty(STDERR_FILENO) == 1) return MessagesTo::standard_error;
  return is_journals_own(STDERR_FILENO) ? MessagesTo::journal : MessagesTo::syslog;
}

/// Not syslog(3)'s, which waits for as long as a logger that has stopped does not read.
void connect_system_log() {
  system_log = base::Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const sockaddr_un address{AF_UNIX, "/dev/log"};
  if (::connect(system_log.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) !=
      0) {
    system_log.reset();
  }
}

/// As syslog(3) writes it: RFC 3164, local time, and names of months in no language but that one.
std::string system_log_line(std::string_view text, Level level) {
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t now = std::time(nullptr);
  std::tm time{};
  ::localtime_r(&now, &time);
  return fmt::format("<{}>{} {:2} {:02}:{:02}:{:02} expunge[{}]: {}", LOG_CRON | priority(level),
                     kMonths[time.tm_mon], time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec,
                     ::getpid(), base::one_line(text));
}

/// A queue that is full is left alone; a logger that was started anew is looked for once.
void send_to_system_log(const std::string& line) {
  for (int tries = 0; tries < 2; ++tries) {
    const auto sent =
        ::send(system_log.get(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0 || errno == EAGAIN) return;
    connect_system_log();
  }
}

}  // namespace

Level level_of(base::ExitStatus status) {
  if (status == base::ExitStatus::done) return Level::info;
  return status == base::ExitStatus::needs_person ? Level::warning : Level::error;
}

void direct_messages(MessagesTo to) {
  direction = to == MessagesTo::automatic ? found_out() : to;
}

void open_events() {
  if (direction != MessagesTo::syslog) return;
  ::tzset();  // it reads a file
  connect_system_log();
}

void message(std::string_view text, Level level) {
  const bool has_priority = direction == MessagesTo::journal;  // sd-daemon(3)
  // In one piece: programs that are called write to the same standard error.
  std::cerr << fmt::format("{}expunge: {}\n",
                           has_priority ? fmt::format("<{}>", priority(level)) : "",
                           base::one_line(text));
}

void messages(std::string_view text, Level level) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    message(text.substr(0, end), level);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
}

void event(std::string_view text, Level level) {
  if (direction == MessagesTo::journal) return message(text, level);
  if (direction == MessagesTo::syslog) send_to_system_log(system_log_line(text, level));
}

}  // namespace expunge::cli
