#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "cli/config.h"

namespace expunge::cli {

/// The program of `log.anchor`, which carries checkpoints to where this machine's administrators
/// cannot change them.
class Anchor {
 public:
  explicit Anchor(const Config& config);

  [[nodiscard]] bool is_set() const { return !program_.empty(); }

  /// Calls it, if there is one, with the checkpoint that a run froze at this size, or, for 0, with
  /// the newest; and says on standard error when it failed. False then. Requires that no lock is
  /// held: it may take its time.
  [[nodiscard]] bool call(std::uint64_t frozen_size) const;

 private:
  std::string program_, directory_, origin_;
  std::chrono::seconds limit_;
};

/// A process that calls the anchor for one that will have confined itself by then, and can start
/// none. It is forked at once, and ends with this object, or with this process however that ends.
class AnchorPost {
 public:
  /// Requires that there is no other thread, and that no lock is held that a copy of its descriptor
  /// would keep.
  explicit AnchorPost(Anchor anchor);
  AnchorPost(const AnchorPost&) = delete;
  AnchorPost& operator=(const AnchorPost&) = delete;
  ~AnchorPost();

  /// As Anchor::call. Once at most.
  [[nodiscard]] bool call(std::uint64_t frozen_size);

 private:
  Anchor anchor_;
  base::Fd line_;
  pid_t pid_ = -1;
};

/// The programs that a configuration has called.
[[nodiscard]] std::vector<std::string> programs_of(const Config& config);

/// The status of a command that went so, whose anchor did or did not what it should.
[[nodiscard]] inline base::ExitStatus with_anchor(base::ExitStatus status, bool anchored) {
  return status == base::ExitStatus::done && !anchored ? base::ExitStatus::needs_person : status;
}

}  // namespace expunge::cli
