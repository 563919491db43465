#include "base/error.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace expunge::base {

Failure::Failure(ExitStatus status, const std::string& message)
    : std::runtime_error(message), status_(status) {}

std::string errno_text(int error) {
  return std::generic_category().message(error);
}

namespace {

/// The way on, where the text alone leaves it open.
const char* remedy(int error) {
  switch (error) {
    case ENOSPC:
      return "; make room there and try again";
    case EDQUOT:
      return "; make room there, or raise the quota, and try again";
    case EROFS:
      return "; find out why (the kernel's log), make it writable and try again";
    case EIO:
      return "; look at the disk and the kernel's log";
    default:
      return "";
  }
}

}  // namespace

void fail_errno(ExitStatus status, const std::string& what, int error) {
  throw Failure(status, what + ": " + errno_text(error) + remedy(error));
}

void assertion_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "expunge: internal error: %s does not hold (%s:%d)\n", condition, file,
               line);
  std::abort();
}

}  // namespace expunge::base
