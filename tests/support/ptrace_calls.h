#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace expunge::test {

/// One system call at its entry into the kernel, as a tracer learns of it.
struct EnteredCall {
  pid_t thread = 0;
  std::uint64_t number = 0;  ///< __NR_…
  std::array<std::uint64_t, 6> arguments{};
};

struct NamedCall {
  std::string name;  ///< `pwrite64`
  std::string path;  ///< of its descriptor or its first name, as far as it can be told
};

/// What it is, when it may change a file or make a change durable; nullopt for all else, among it
/// whatever goes to standard output and standard error.
[[nodiscard]] std::optional<NamedCall> as_mutation(const EnteredCall& call);

/// Lets every system call of this process from here on pass, and stops those for a tracer that
/// as_mutation() may name. For a child before its exec; whether it could.
[[nodiscard]] bool install_mutation_filter();

}  // namespace expunge::test
