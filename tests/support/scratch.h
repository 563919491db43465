#pragma once

#include <filesystem>
#include <string>

namespace expunge::test {

/// A directory of the test's own, with a space in its name, removed at the end.
class Scratch {
 public:
  Scratch();
  /// In that directory, instead of the one for temporary files.
  explicit Scratch(const std::filesystem::path& in);
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

[[nodiscard]] std::string slurp(const std::filesystem::path& path);
void spill(const std::filesystem::path& path, const std::string& data);

}  // namespace expunge::test
