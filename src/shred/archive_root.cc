#include <fcntl.h>
#include <linux/openat2.h>

#include <cerrno>
#include <csignal>
#include <mutex>

#include "base/error.h"
#include "base/io.h"
#include "shred/beneath.h"
#include "shred/ground.h"
#include "shred/target.h"

namespace expunge::shred {
namespace {

constexpr std::size_t kMaxPathBytes = 4095;
constexpr std::size_t kMaxNameBytes = 255;

/// The kernel tells a lease's holder with SIGIO that somebody wants the file, which by default ends
/// the process. A handler that the process has set is its own affair.
void ignore_lease_signals() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction current {};
    if (::sigaction(SIGIO, nullptr, &current) != 0 || current.sa_handler != SIG_DFL) return;
    struct sigaction ignored {};
    ignored.sa_handler = SIG_IGN;
    ::sigaction(SIGIO, &ignored, nullptr);
  });
}

}  // namespace

ArchiveRoot::ArchiveRoot(base::Sys& sys, const std::string& path)
    : sys_(sys), fd_(base::open_or_fail(sys, path, O_RDONLY | O_DIRECTORY)) {
  ground_ = std::make_shared<const Ground>(find_ground(sys, fd_.get()));
  ignore_lease_signals();
}

std::string ArchiveRoot::identity() const {
  struct statx status {};
  const int error = sys_.statx(fd_.get(), "", AT_EMPTY_PATH, status_mask(), status);
  if (error != 0) base::fail_errno(base::ExitStatus::usage, "the archive root", -error);
  const Identity root = identity_of(status);
  return std::to_string(root.inode) + " " + std::to_string(root.birth_ns);
}

bool ArchiveRoot::has_file(const std::string& path) const {
  if (!stays_within_root(path)) return false;
  const auto opened = open_beneath(*this, path.c_str(), O_PATH | O_NOFOLLOW);
  const auto* const fd = std::get_if<base::Fd>(&opened);
  if (fd == nullptr) return open_refusal(std::get<int>(opened)).reason == Reason::unreadable;
  struct statx status {};
  return sys_.statx(fd->get(), "", AT_EMPTY_PATH, STATX_TYPE, status) == 0 &&
         S_ISREG(status.stx_mode);
}

bool stays_within_root(std::string_view path) {
  if (path.size() > kMaxPathBytes || path.find('\0') != std::string_view::npos) return false;
  for (;;) {
    const auto slash = path.find('/');
    const auto name = path.substr(0, slash);
    if (name.empty() || name == "." || name == ".." || name.size() > kMaxNameBytes) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace expunge::shred
