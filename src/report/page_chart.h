#pragma once

#include <string>

#include "report/page.h"

namespace expunge::report {

/// The picture of a chart as one SVG element, whose figures are those of its bars; `id` is its own
/// within the page.
[[nodiscard]] std::string chart_svg(const Chart& chart, const std::string& id);

}  // namespace expunge::report
