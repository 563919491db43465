#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/program.h"

namespace expunge::test {

/// A system call of a traced program that may change a file or make a change durable, at its entry
/// into the kernel. Opening a file to write counts; writing to standard output does not.
struct Mutation {
  std::uint64_t number = 0;  ///< from 0, over all threads, in the order in which they enter
  std::string call;          ///< `pwrite64`
  std::string path;          ///< of its descriptor or its first name, as far as it can be told
};

/// What becomes of the call, or of the program.
struct Blow {
  enum class Kind {
    none,
    kill_before,  ///< SIGKILL to the program, the call not carried out
    kill_after,   ///< SIGKILL, the call carried out
    fail,         ///< not carried out, and reports `number`, an errno value
    fail_after,   ///< carried out, and reports `number` all the same
    signal,       ///< carried out, and the program gets the signal `number`
  };
  Kind kind = Kind::none;
  int number = 0;
};

/// Asked at every mutation. Its thread stands still meanwhile; others go on to their next mutation.
using Judge = std::function<Blow(const Mutation&)>;

struct Traced {
  Ended ended;
  std::uint64_t mutations = 0;  ///< how many were entered
};

struct TraceSetting {
  unsigned descriptors = 0;  ///< limit on open files, soft and hard; 0: as it is
};

/// Why programs cannot be traced here; empty when they can.
[[nodiscard]] std::string tracing_unavailable();

/// Runs a program as run_program() does, all its threads traced, and waits for its end. A filter of
/// the program's own (seccomp) goes on to work beside it; what that refuses is not counted.
[[nodiscard]] Traced run_traced(const std::vector<std::string>& words, const Judge& judge,
                                TraceSetting setting = {});

/// `blow` at mutation `number`, and nothing else.
[[nodiscard]] Judge at(std::uint64_t number, Blow blow);

}  // namespace expunge::test

/// In tests that need to trace.
#define REQUIRE_TRACING()                                                   \
  do {                                                                      \
    const std::string missing_trace = expunge::test::tracing_unavailable(); \
    if (!missing_trace.empty()) SKIP_TEST(missing_trace);                   \
  } while (false)
