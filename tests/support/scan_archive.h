#pragma once

#include <string>
#include <vector>

#include "support/office.h"

namespace expunge::test {

/// Names with date, time and number, in any directory.
inline constexpr const char* kPattern =
    R"((?:.*/)?(?<date>\d{8})-(?<time>\d{6})_(?<subject>\d+)(?:-(?:in|out|all))?\.\w+)";

/// An office with files for scans.
class Archive : public Office {
 public:
  Archive() : index(scratch / "office/index.db") {}

  /// A file that nobody has written to for a day, with the directories above it.
  void put(const std::string& path, const std::string& content = "x") const;
  [[nodiscard]] Ended scan(std::vector<std::string> more = {},
                           const std::string& pattern = kPattern) const;
  /// All of them of Customer Services.
  [[nodiscard]] Ended scan_services(std::vector<std::string> more = {}) const;
  /// recorded_at of the recording that has the file; `none` when no recording has it.
  [[nodiscard]] std::string date(const std::string& path) const;
  [[nodiscard]] std::string value(const std::string& sql) const;
  /// Of the log.
  [[nodiscard]] std::string last_entry() const;

  std::string index;
};

}  // namespace expunge::test
