#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace expunge::intake {

/// What a group of a pattern may be called, in the order of kGroupNames.
enum class Group : std::size_t {
  year,
  month,
  day,
  hour,
  minute,
  second,
  date,
  time,
  epoch,
  department,
  subject,
  agent,
  call,
  id,
  role,
  extension,
};

inline constexpr std::array<std::string_view, 16> kGroupNames = {
    "year",  "month",      "day",     "hour",  "minute", "second", "date", "time",
    "epoch", "department", "subject", "agent", "call",   "id",     "role", "extension"};

/// What the groups of a pattern found in one path; empty where a group found nothing.
struct Captured {
  std::array<std::string_view, kGroupNames.size()> text;

  [[nodiscard]] std::string_view at(Group group) const {
    return text[static_cast<std::size_t>(group)];
  }
};

/// A regular expression (PCRE2, UTF-8) that says what the path of a file tells of its recording, by
/// named groups.
class ScanPattern {
 public:
  /// Throws Failure(usage): with the place of the fault in `pattern`, or naming a group that is
  /// none of ours.
  explicit ScanPattern(const std::string& pattern);
  ScanPattern(ScanPattern&&) noexcept;
  ~ScanPattern();

  [[nodiscard]] bool has(Group group) const;
  /// Whether it says on which day a call was: year, month and day, or date, or epoch.
  [[nodiscard]] bool has_date() const;

  enum class Match { yes, no, too_costly };
  /// Whether the whole of `path`, which must be UTF-8, fits. `captured` points into `path`. Time
  /// and memory are bounded: too_costly.
  [[nodiscard]] Match match(std::string_view path, Captured& captured) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace expunge::intake
