#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "base/text.h"

namespace expunge::cli {

Progress::Progress(const Invocation& call, std::string what)
    : draws_(!call.global.quiet && ::isatty(STDERR_FILENO) == 1), what_(std::move(what)) {}

void Progress::operator()(std::uint64_t count) {
  constexpr std::uint64_t kBetweenLooks = 256;  // at the clock
  if (!draws_ || count % kBetweenLooks != 0) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds{300};
  std::cerr << fmt::format("\r{}: {}", what_, base::grouped(count)) << std::flush;
  drawn_ = true;
}

void Progress::clear() {
  if (!drawn_) return;
  std::cerr << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace expunge::cli
