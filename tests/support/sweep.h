#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/cut_scene.h"

namespace expunge::test {

/// Whether every point is to be tried (EXPUNGE_SWEEP=all), or a sample.
[[nodiscard]] bool sweeps_all();

enum class Choice {
  as_asked,  ///< all where everything is to be tried
  some,      ///< so many in any case
};

/// Where the power can be cut in a course: after each event, with all, none and some of the
/// unflushed writes lost; or a sample of so many of these. Always where a promise was just made.
[[nodiscard]] std::vector<PowerCut> cuts_of(const CutScene::Course& course, std::size_t sample,
                                            Choice choice = Choice::as_asked);

[[nodiscard]] std::string words(const PowerCut& cut);

/// Counts what was tried, and prints `swept: NAME points=N failures=M` when it goes.
class Swept {
 public:
  explicit Swept(std::string name) : name_(std::move(name)) {}
  Swept(const Swept&) = delete;
  Swept& operator=(const Swept&) = delete;
  ~Swept();

  /// One point, with what was wrong there: it fails the test case.
  void point(const std::string& where, const std::vector<std::string>& faults);

 private:
  std::string name_;
  std::uint64_t points_ = 0, failures_ = 0;
};

}  // namespace expunge::test
