#pragma once

#include <stdexcept>
#include <string>

namespace expunge::base {

/// What the process says to its caller; the same for every command.
enum class ExitStatus : int {
  done = 0,
  needs_person = 1,   ///< done, but something needs a person: attention, failures, overdue
  usage = 2,          ///< usage or configuration; nothing was touched
  braked = 3,         ///< a brake; nothing was destroyed
  log_untrusted = 4,  ///< the log does not verify; nothing was destroyed
  locked = 5,         ///< another run holds the lock
};

/// What ends a command: caught in `cli` alone, where the message becomes one line on standard
/// error. What concerns a single recording is never a Failure: it is a value, because it goes
/// into the log and the other recordings go on.
class Failure : public std::runtime_error {
 public:
  /// `message` names the thing, the place and the remedy; no trailing full stop or newline.
  Failure(ExitStatus status, const std::string& message);

  [[nodiscard]] ExitStatus status() const noexcept { return status_; }

 private:
  ExitStatus status_;
};

/// The text for an errno value, without touching errno.
[[nodiscard]] std::string errno_text(int error);

/// Throws Failure(`status`, "`what`: <text of error>"), with the way on for a disk that is full,
/// failing or read-only.
[[noreturn]] void fail_errno(ExitStatus status, const std::string& what, int error);

/// Prints the place and the condition on standard error and aborts. A programmer's mistake must
/// stop a program that destroys things, in release builds too.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace expunge::base

/// Holds in every build type; the condition must have no side effect.
#define EXPUNGE_ASSERT(condition)     \
  ((condition) ? static_cast<void>(0) \
               : ::expunge::base::assertion_failed(#condition, __FILE__, __LINE__))
