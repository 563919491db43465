#include "run/phases.h"

#include <array>

namespace expunge::run {

std::string_view words(Phase phase) {
  static constexpr std::array<std::string_view, kPhases> kWords = {
      "plan",      "open", "fingerprint", "journal", "overwrite", "flush",
      "read-back", "log",  "remove",      "index",   "close"};
  return kWords[static_cast<std::size_t>(phase)];
}

Phases& Phases::operator=(const Phases& other) {
  if (this == &other) return *this;
  ticks_ = other.ticks_;
  for (std::size_t i = 0; i < kPhases; ++i) {
    times_ns_[i] = other.of(static_cast<Phase>(i)).count();
  }
  return *this;
}

std::chrono::nanoseconds Phases::sum() const {
  std::chrono::nanoseconds sum{0};
  for (std::size_t i = 0; i < kPhases; ++i) sum += of(static_cast<Phase>(i));
  return sum - of(Phase::fingerprint);
}

}  // namespace expunge::run
