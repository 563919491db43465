#pragma once

#include <string>
#include <vector>

#include "support/office.h"
#include "support/places.h"

namespace expunge::test {

/// Whether this process may give another one a login, as a session manager does: root's right, and
/// of kernels with audit.
[[nodiscard]] inline bool can_set_login() {
  return run_program({"sh", "-c", "echo 1 >/proc/self/loginuid && grep -qx 1 /proc/self/loginuid"})
             .status == 0;
}

/// Calls expunge in a session of this login, as root: as sudo would.
[[nodiscard]] inline Ended call_as(const Office& office, uid_t login,
                                   const std::vector<std::string>& words) {
  std::vector<std::string> all = {
      "sh",
      "-c",
      "echo " + std::to_string(login) + " >/proc/self/loginuid && exec \"$0\" \"$@\"",
      kBinary,
      "--config",
      office.config};
  all.insert(all.end(), words.begin(), words.end());
  return run_program(all);
}

/// Gives this process, and what it starts, a login for as long as it lives. Requires
/// can_set_login().
class LoginScope {
 public:
  explicit LoginScope(uid_t login) : before_(slurp(kPath)) { spill(kPath, std::to_string(login)); }
  LoginScope(const LoginScope&) = delete;
  LoginScope& operator=(const LoginScope&) = delete;
  ~LoginScope() { spill(kPath, before_); }

 private:
  static constexpr const char* kPath = "/proc/self/loginuid";
  std::string before_;
};

}  // namespace expunge::test
