#pragma once

namespace expunge::cli {

/// Parses the command line, does what it says, and returns the exit status (base::ExitStatus). The
/// one place where Failure becomes a line on standard error. Never throws.
[[nodiscard]] int main_program(int argc, char** argv) noexcept;

}  // namespace expunge::cli
