#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "cli/messages.h"

namespace expunge::cli {

/// Options that every command takes, before or after its name.
struct Global {
  std::string config;
  bool quiet = false;
  bool verbose = false;
};

/// One call of one command.
struct Invocation {
  Global global;
  std::string command;             ///< as typed, `hold place` included
  std::vector<std::string> words;  ///< options and arguments after it
  base::Clock clock;
};

/// A command, or a family of them.
struct Command {
  std::string_view name;
  std::string_view summary;
  base::ExitStatus (*call)(Invocation);
};

[[nodiscard]] base::ExitStatus init_command(Invocation call);
[[nodiscard]] base::ExitStatus import_command(Invocation call);
[[nodiscard]] base::ExitStatus plan_command(Invocation call);
[[nodiscard]] base::ExitStatus approve_command(Invocation call);
[[nodiscard]] base::ExitStatus run_command(Invocation call);
[[nodiscard]] base::ExitStatus acknowledge_command(Invocation call);
[[nodiscard]] base::ExitStatus correct_command(Invocation call);
[[nodiscard]] base::ExitStatus destroy_command(Invocation call);
[[nodiscard]] base::ExitStatus hold_command(Invocation call);
[[nodiscard]] base::ExitStatus explain_command(Invocation call);
[[nodiscard]] base::ExitStatus log_command(Invocation call);
[[nodiscard]] base::ExitStatus key_command(Invocation call);
[[nodiscard]] base::ExitStatus check_command(Invocation call);
[[nodiscard]] base::ExitStatus status_command(Invocation call);

/// Takes the first word as the name of one of `commands` and calls it with the rest; without one,
/// or with --help, prints the list.
[[nodiscard]] base::ExitStatus dispatch(const std::vector<Command>& commands, Invocation call);

}  // namespace expunge::cli
