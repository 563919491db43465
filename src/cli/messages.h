#pragma once

#include <string_view>

#include "base/error.h"

namespace expunge::cli {

/// How grave a message is, for those who sort them (syslog(3)).
enum class Level { error, warning, info };

/// `done` is info, `needs_person` a warning, all else an error.
[[nodiscard]] Level level_of(base::ExitStatus status);

/// Where messages go (`messages.to`, expunge.conf(5)).
enum class MessagesTo {
  automatic,       ///< the first of the next three that fits
  standard_error,  ///< a terminal
  journal,         ///< standard error is the journal's: each line begins with its priority
  syslog,          ///< standard error, and events to the system's log
};

/// Decides for the rest of the process; before the first call, messages go to standard error alone.
void direct_messages(MessagesTo to);

/// Makes the connection that event() needs, when it needs one: for a process that will confine
/// itself, and can open no socket then.
void open_events();

/// `expunge: TEXT` on standard error, always one line: base::one_line() is the last thing that any
/// message passes through.
void message(std::string_view text, Level level = Level::warning);

/// message() for each line of `text`; none for an empty one.
void messages(std::string_view text, Level level = Level::warning);

/// Something for whoever watches machines: to the journal, or to the system's log as `expunge` of
/// the facility cron; nowhere else. `text` is of `key=value` and holds no path, nothing that
/// somebody wrote and nothing about a person: these logs are read by more people than the
/// destruction log, and kept for longer. Waits for nobody; that nobody takes it is not noticed.
void event(std::string_view text, Level level);

}  // namespace expunge::cli
