#pragma once

#include <string>
#include <vector>

#include "support/council.h"
#include "support/program.h"

namespace expunge::test {

/// The program itself, called on a council that a test made in this process: so the program, whose
/// clock is the machine's, meets logs and indexes that were written at another time.
class CouncilProgram {
 public:
  /// Writes a configuration for the council as it is now, beside its index.
  explicit CouncilProgram(const Council& council);

  /// Sets a key of a section, in place of what was there, and writes the file again.
  void set(const std::string& key, const std::string& value);

  [[nodiscard]] Ended call(std::vector<std::string> words) const;
  /// The names of the brakes that these words, with `--format json` after them, show.
  [[nodiscard]] std::vector<std::string> planned_brakes() const;

  std::string config;

 private:
  void write() const;

  std::vector<std::pair<std::string, std::string>> values_;  // `section.key`
};

/// The council's clock as a test of the program wants it: the machine's, whole seconds.
[[nodiscard]] std::string machine_time(std::chrono::seconds from_now = std::chrono::seconds{0});

/// The machine's name, by which the program knows it: that of a council whose runs were here.
[[nodiscard]] std::string machine_name();

/// Name, size, mode, times and content of everything below a directory; a name that ends in one of
/// `but` is left out.
[[nodiscard]] std::string picture_of(const std::string& directory,
                                     const std::vector<std::string>& but = {});

}  // namespace expunge::test
