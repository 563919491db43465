#pragma once

#include <sys/types.h>

#include "archive/index.h"
#include "base/fd.h"
#include "cli/config.h"
#include "cli/program.h"

namespace expunge::cli {

/// The program of `run.after`, which is told what was destroyed, so that the recorder's own
/// database knows. A run that has confined itself can start none: a process that is forked at once
/// does, and ends with this object, or with this process however that ends.
class AfterPost {
 public:
  /// Requires that there is no other thread, and that no lock is held that a copy of its descriptor
  /// would keep.
  explicit AfterPost(const Config& config);
  AfterPost(const AfterPost&) = delete;
  AfterPost& operator=(const AfterPost&) = delete;
  ~AfterPost();

  /// Tells the program, when there is one, of everything of which the index says that it was not
  /// told, and erases that there once it has ended well; else says on standard error what went
  /// wrong, and the next call tells it again. False then. Once at most; requires that all of it is
  /// in the log, durable, and that neither index nor log is locked: it may take its time. Where no
  /// program is configured any more, what is left is erased untold, and that is said.
  [[nodiscard]] bool tell(archive::Index& index);

 private:
  [[nodiscard]] bool write_lines(const archive::Index& index, std::int64_t newest);
  [[nodiscard]] bool write_all(const std::string& text);
  [[nodiscard]] std::string answer();

  Program program_;
  base::Fd line_, lines_;
  pid_t pid_ = -1;
};

}  // namespace expunge::cli
