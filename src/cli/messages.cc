#include "cli/messages.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "base/text.h"

namespace expunge::cli {
namespace {

MessagesTo direction = MessagesTo::standard_error;  // of the process, as its standard error is

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

}  // namespace

Level level_of(base::ExitStatus status) {
  if (status == base::ExitStatus::done) return Level::info;
  return status == base::ExitStatus::needs_person ? Level::warning : Level::error;
}

void direct_messages(MessagesTo to) {
  direction = to == MessagesTo::automatic ? found_out() : to;
  if (direction == MessagesTo::syslog) ::openlog("expunge", LOG_PID, LOG_CRON);
}

void open_events() {
  if (direction == MessagesTo::syslog) ::openlog("expunge", LOG_PID | LOG_NDELAY, LOG_CRON);
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
  if (direction != MessagesTo::syslog) return;
  ::syslog(priority(level), "%s", base::one_line(text).c_str());
}

}  // namespace expunge::cli
