#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace expunge::report {

/// A metric, a gauge like all of them.
struct MetricFamily {
  std::string_view name;
  std::string_view help;
  std::string_view label{};                      ///< of its samples; empty: none
  std::vector<std::string_view> label_values{};  ///< all that there are
};

/// All metrics, in the order of the file.
[[nodiscard]] std::span<const MetricFamily> metric_families();

/// `name{label="value"}`.
[[nodiscard]] std::string sample_name(std::string_view name, std::string_view label,
                                      std::string_view value);

}  // namespace expunge::report
