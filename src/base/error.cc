#include "base/error.h"

#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace expunge::base {

Failure::Failure(ExitStatus status, const std::string& message)
    : std::runtime_error(message), status_(status) {}

std::string errno_text(int error) {
  return std::generic_category().message(error);
}

void fail_errno(ExitStatus status, const std::string& what, int error) {
  throw Failure(status, what + ": " + errno_text(error));
}

void assertion_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "expunge: internal error: %s does not hold (%s:%d)\n", condition, file,
               line);
  std::abort();
}

}  // namespace expunge::base
