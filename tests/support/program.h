#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace expunge::test {

struct Ended {
  int status = -1;  ///< exit status, or 128 + signal
  std::string out, err;
  long most_resident_kib = 0;  ///< of its memory, or this process's when it began if that is more
};

/// Runs a program found on PATH, with standard input from `input`, and waits for it. `uid` other
/// than 0: as that user (needs root).
[[nodiscard]] Ended run_program(const std::vector<std::string>& words,
                                const std::string& input = "", uid_t uid = 0);

/// Runs the expunge that was built.
[[nodiscard]] Ended expunge(std::vector<std::string> words, const std::string& input = "",
                            uid_t uid = 0);

/// Runs the expunge that was built, sends it a signal when `wait` returns, and waits until it is
/// gone.
[[nodiscard]] Ended expunge_signalled(int signal, const std::function<void()>& wait,
                                      std::vector<std::string> words);

/// Whether a program is on PATH.
[[nodiscard]] bool has_program(const std::string& name);

}  // namespace expunge::test
