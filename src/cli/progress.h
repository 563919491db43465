#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "cli/command.h"

namespace expunge::cli {

/// A line on standard error that says how far a long command is: on a terminal alone, and never
/// with --quiet; gone when this goes, or when clear() makes room for another message.
class Progress {
 public:
  /// `what` is counted: `files looked at`.
  Progress(const Invocation& call, std::string what);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  /// Draws a few times a second, however often it is called.
  void operator()(std::uint64_t count);
  void clear();

 private:
  bool draws_;
  bool drawn_ = false;
  std::string what_;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace expunge::cli
