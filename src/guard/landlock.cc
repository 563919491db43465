#include "guard/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "base/fd.h"

namespace expunge::guard {
namespace {

// landlock(7). By number: the headers are often older than the kernel.
constexpr std::uint64_t kWriteFile = 1U << 1;
constexpr std::uint64_t kReadFile = 1U << 2;
constexpr std::uint64_t kReadDirectory = 1U << 3;
constexpr std::uint64_t kRemoveDirectory = 1U << 4;
constexpr std::uint64_t kRemoveFile = 1U << 5;
constexpr std::uint64_t kMakeDirectory = 1U << 7;
constexpr std::uint64_t kMakeFile = 1U << 8;
constexpr std::uint64_t kRefer = 1U << 13;        // version 2: link and rename to elsewhere
constexpr std::uint64_t kTruncate = 1U << 14;     // version 3
constexpr std::uint64_t kIoctlDevice = 1U << 15;  // version 5
constexpr std::uint64_t kAllOfVersion1 = (1U << 13) - 1;
constexpr std::uint64_t kTcp = 3;     // version 4: bind and connect
constexpr std::uint64_t kScopes = 3;  // version 6: signals and abstract sockets of others

constexpr std::uint64_t kRead = kReadFile | kReadDirectory;
constexpr std::uint64_t kWrite = kReadFile | kWriteFile | kTruncate;
constexpr std::uint64_t kChange =
    kRead | kWrite | kRemoveDirectory | kRemoveFile | kMakeDirectory | kMakeFile | kRefer;

/// As of version 6. A kernel takes one that is longer than its own if the rest is zeros.
struct Ruleset {
  std::uint64_t files;
  std::uint64_t network;
  std::uint64_t scopes;
};

std::uint64_t known_rights(int version) {
  std::uint64_t rights = kAllOfVersion1;
  if (version >= 2) rights |= kRefer;
  if (version >= 3) rights |= kTruncate;
  if (version >= 5) rights |= kIoctlDevice;
  return rights;
}

class Rules {
 public:
  explicit Rules(int version) : known_(known_rights(version)) {
    const Ruleset all{known_, version >= 4 ? kTcp : 0, version >= 6 ? kScopes : 0};
    fd_ = base::Fd(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0)));
    good_ = static_cast<bool>(fd_);
  }

  void allow(const std::vector<std::string>& paths, std::uint64_t rights) {
    for (const std::string& path : paths) allow(path, rights);
  }

  [[nodiscard]] bool enforce() const {
    return good_ && ::syscall(SYS_landlock_restrict_self, fd_.get(), 0) == 0;
  }

 private:
  void allow(const std::string& path, std::uint64_t rights) {
    const base::Fd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat status {};
    if (!place || ::fstat(place.get(), &status) != 0) return;
    if (!S_ISDIR(status.st_mode)) rights &= kWrite;
    landlock_path_beneath_attr rule{};
    rule.allowed_access = rights & known_;
    rule.parent_fd = place.get();
    good_ = good_ &&
            ::syscall(SYS_landlock_add_rule, fd_.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
  }

  std::uint64_t known_;
  base::Fd fd_;
  bool good_ = false;
};

}  // namespace

int landlock_version() {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

bool enforce_landlock(const Reach& reach, int version) {
  Rules rules(version);
  rules.allow(reach.changed, kChange);
  rules.allow(reach.written, kWrite);
  rules.allow(reach.read, kRead);
  return rules.enforce();
}

}  // namespace expunge::guard
