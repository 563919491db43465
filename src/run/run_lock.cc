#include "run/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "base/error.h"
#include "base/io.h"

namespace expunge::run {

using base::ExitStatus;

base::Fd take_run_lock(base::Sys& sys, const std::string& log_directory) {
  const std::string path = log_directory + "/run.lock";
  base::Fd fd = base::open_or_fail(sys, path, O_RDWR | O_CREAT, 0600);
  // Root, once, must not lock the service's own user out.
  if (const int denied = base::settle_in(sys, fd.get(), path, 0600); denied != 0) {
    base::fail_errno(ExitStatus::usage, path, denied);
  }
  const int error = sys.flock(fd.get(), LOCK_EX | LOCK_NB);
  if (error == -EWOULDBLOCK) {
    throw base::Failure(ExitStatus::locked, "another run holds " + path + "; let it finish");
  }
  if (error != 0) base::fail_errno(ExitStatus::usage, path, -error);
  return fd;
}

}  // namespace expunge::run
