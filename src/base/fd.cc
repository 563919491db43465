#include "base/fd.h"

#include <unistd.h>

namespace expunge::base {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Fd::reset() noexcept {
  // Linux frees the descriptor even when close() reports EINTR or EIO: never twice.
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace expunge::base
