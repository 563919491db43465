#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace expunge::intake {

/// Which department a recorder's queue, number, campaign or directory belongs to, as an operator
/// wrote it down.
class DepartmentMap {
 public:
  /// Lines `PATTERN = Department`; blank ones and those that begin with `#` do not count. Throws
  /// Failure(usage), with `name` and the line, for any other, and when there is none.
  static DepartmentMap read(std::istream& in, const std::string& name);

  /// The department of the first line whose pattern, by fnmatch(3), is `value`; empty where the
  /// line has `-` for a department: the value says nothing of it. nullopt: no line knows it.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view value) const;

 private:
  struct Line {
    std::string pattern, department;
    bool literal;  // no character of the pattern stands for others
  };
  std::vector<Line> lines_;
};

}  // namespace expunge::intake
