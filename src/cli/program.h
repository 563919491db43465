#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace expunge::cli {

/// Another program, to be run without a shell.
struct Program {
  std::string path;
  std::vector<std::string> arguments;    ///< after its name
  std::vector<std::string> environment;  ///< `NAME=VALUE`; it gets no other
  std::chrono::seconds limit;
  int standard_input = -1;  ///< a descriptor to read from; -1: /dev/null
};

/// The little that such a program gets: a usual PATH, a plain locale, and whose log it is.
[[nodiscard]] std::vector<std::string> program_environment(const std::string& origin);

/// Runs it and waits for its end. It gets that standard input, our standard error as
/// standard output and standard error, no other descriptor, every signal at its default, a session
/// of its own, the umask 022, and `/` as its directory. What has not ended at the limit is sent
/// SIGTERM, with all of its process group, and SIGKILL five seconds later. What went wrong, in
/// words; nullopt when it ended with status 0.
[[nodiscard]] std::optional<std::string> run_program(const Program& program);

}  // namespace expunge::cli
